/**
 * A ladder of what is happening, a line for each segment as it passes: our state after it, the
 * segment as RFC 9293 writes it, the time since the first one. The peer's states are its own affair,
 * so B has no column of its own.
 */
import type { HostObserver } from '../../stack/host.ts';
import type { PacketEvent } from '../../stack/packet-event.ts';
import type { TcpSocket } from '../../stack/tcp-socket.ts';
import { IpHeader, Protocol, readIp } from '../../wire/ip.ts';
import { printWords } from '../../wire/address.ts';
import { printPacket, printSegment } from '../../wire/print.ts';
import { RST, Segment, segLen } from '../../wire/segment.ts';
import { add, diff, gt, type Seq } from '../../wire/seq.ts';
import { destinationPort, readTcp, sourcePort } from '../../wire/tcp.ts';

export interface LiveLadderOptions {
  /** Our name in the head line. */
  readonly us: string;
  readonly peer: string;
}

const TIME = 9; //   characters: @0.001s and room to 999 s
const STATE = 12; // SYN-RECEIVED and ESTABLISHED are the longest but one
const LABEL = 4;
const SEGMENT = 48; // a usual one between its arrows

export class LiveLadder implements HostObserver {
  readonly #write: (line: string) => void;
  readonly #options: LiveLadderOptions;
  readonly #ip: IpHeader = new IpHeader();
  readonly #seg: Segment = new Segment();
  readonly #sent = new WeakMap<TcpSocket, Seq>(); // one past the last that left
  #began: number | undefined = undefined; // ms, time of the first line
  #lines = 0;
  #because = ''; // of the line before
  #pair = ''; // of the line before

  /** `write` gets whole lines, without their ends. */
  constructor(write: (line: string) => void, options: LiveLadderOptions) {
    this.#write = write;
    this.#options = options;
  }

  packet(event: PacketEvent): void {
    const { bytes, view, start, end, direction } = event;
    const ip = this.#ip;
    const seg = this.#seg;
    const readable =
      readIp(ip, view, start, end) === undefined &&
      ip.protocol === Protocol.TCP &&
      ip.fragmentOffset === 0 &&
      readTcp(seg, bytes, view, ip.payloadStart, ip.payloadEnd) === undefined;
    if (!readable || (event.drop !== undefined && event.socket === undefined && !answered(event))) {
      if (concernsUs(event)) this.#remark(event);
      return;
    }
    this.#head(event);
    const arrow = direction === 'out' ? '-->' : '<--';
    const comments = this.#comments(event);
    const text = [
      `${++this.#lines}.`.padEnd(LABEL),
      this.#time(event.now).padEnd(TIME),
      (event.after ?? 'CLOSED').padEnd(STATE),
      arrow,
      printSegment(seg, { wnd: true, up: true, options: true }),
      ...(comments.length === 0 ? [] : [` # ${comments.join('; ')}`]),
    ].join(' ');
    this.#write(text);
  }

  #time(now: number): string {
    this.#began ??= now;
    return `@${((now - this.#began) / 1000).toFixed(3)}s`;
  }

  /** Says whose segments follow, when they are another connection's than before. */
  #head({ direction, view }: PacketEvent): void {
    const { version, src0, src1, src2, src3, dst0, dst1, dst2, dst3, payloadStart } = this.#ip;
    const from = `${printWords(version, src0, src1, src2, src3)} port ${sourcePort(view, payloadStart)}`;
    const to = `${printWords(version, dst0, dst1, dst2, dst3)} port ${destinationPort(view, payloadStart)}`;
    const [ours, theirs] = direction === 'out' ? [from, to] : [to, from];
    const pair = `${ours} ${theirs}`;
    if (pair === this.#pair) return;
    this.#pair = pair;
    const { us, peer } = this.#options;
    const column = ' '.repeat(LABEL + 1 + TIME + 1);
    this.#write(`# TCP Peer A is ${us}, ${ours}; TCP Peer B is ${peer}, ${theirs}`);
    this.#write(`${column}TCP Peer A${' '.repeat(SEGMENT)}TCP Peer B`);
  }

  #comments(event: PacketEvent): string[] {
    const { direction, socket, drop, because } = event;
    const comments: string[] = [];
    if (drop !== undefined) comments.push(`dropped: ${drop}`);
    if (direction === 'out' && socket !== undefined && this.#again(socket)) {
      comments.push('retransmission');
    }
    // What leaves of its own accord still names the rule of the last arrival.
    const decided = because !== '' && (direction === 'in' || because !== this.#because);
    const tells = drop !== undefined || this.#seg.ctl & RST || /drop|ignore/.test(because);
    if (decided && tells) comments.push(because);
    this.#because = because;
    return comments;
  }

  /** Has any of this left before? Notes that it has now. */
  #again(socket: TcpSocket): boolean {
    const seg = this.#seg;
    const length = segLen(seg);
    if (length === 0) return false;
    const last = this.#sent.get(socket);
    const end = add(seg.seq, length);
    if (last === undefined || gt(end, last)) this.#sent.set(socket, end);
    return last !== undefined && diff(seg.seq, last) < 0;
  }

  /** What is no segment of a connection. */
  #remark({ now, direction, bytes, start, end, drop }: PacketEvent): void {
    const what = direction === 'out' ? 'sent' : 'received';
    const fate = drop === undefined ? '' : `, dropped: ${drop}`;
    this.#write(`# ${this.#time(now)} ${what} ${printPacket(bytes, start, end)}${fate}`);
  }
}

/** Dropped, but not without an answer: a segment for no connection. */
const answered = ({ drop }: PacketEvent): boolean => drop === 'tcp-no-connection';

/** The kernel talks to routers and groups on every interface: not worth a line. */
const concernsUs = ({ drop }: PacketEvent): boolean =>
  drop !== 'ip-destination' &&
  drop !== 'ip-protocol' &&
  drop !== 'icmp-type' &&
  drop !== 'icmp-broadcast';
