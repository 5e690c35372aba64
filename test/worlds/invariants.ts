/** What must hold of a connection at any time, looked at after every event. */
import { LARGEST_BLOCK } from '../../src/tcp/block-pool.ts';
import { receiveCapacity } from '../../src/tcp/receive-autotune.ts';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import type { Tcb } from '../../src/tcp/tcb.ts';
import { add, diff, lt, toU32, type Seq } from '../../src/wire/seq.ts';

const SMALLEST_BLOCK = 4096; // octets, tcp/block-pool.ts

/** Throws when one does not hold. */
export class Invariants {
  readonly #name: string;
  readonly #socket: TcpSocket;
  #tcb: Tcb; // the last one: in TIME-WAIT it becomes a record
  #known = false; // of what follows
  #edge: Seq | undefined = undefined;
  #nxt: Seq | undefined = undefined;
  #una: Seq | undefined = undefined;

  constructor(name: string, socket: TcpSocket) {
    this.#name = name;
    this.#socket = socket;
    this.#tcb = socket.connection.tcb;
  }

  /** Octets of memory that its buffers hold. */
  get held(): number {
    return this.#tcb.sendBuffer.held + this.#tcb.receiveBuffer.held;
  }

  check(): void {
    this.#tcb = this.#socket.tcbHeld?.tcb ?? this.#tcb;
    const { state } = this.#tcb;
    if (state === 'CLOSED' || state === 'LISTEN') {
      this.#known = false;
      return;
    }
    if (!this.#known) this.#edge = this.#nxt = this.#una = undefined;
    this.#known = true;
    this.#checkSending();
    if (state !== 'SYN-SENT') this.#checkReceiving();
    this.#checkMemory();
  }

  #checkSending(): void {
    const { snd, sendBuffer, sender, options, finSent, synAcked } = this.#tcb;
    const outstanding = diff(snd.nxt, snd.una);
    this.#must(outstanding >= 0, 'SND.UNA =< SND.NXT');
    if (this.#nxt !== undefined) this.#must(!lt(snd.nxt, this.#nxt), 'SND.NXT never goes back');
    if (this.#una !== undefined) this.#must(!lt(snd.una, this.#una), 'SND.UNA never goes back');
    this.#nxt = snd.nxt;
    this.#una = snd.una;
    const text = outstanding - (synAcked ? 0 : 1) - (finSent ? 1 : 0);
    this.#must(text >= 0 || outstanding === 0, 'what is outstanding is SYN, text and FIN');
    this.#must(text <= sendBuffer.length, 'what is sent is still in the buffer');
    this.#must(
      sendBuffer.length <= Math.max(options.sendBuffer, options.sendBufferMax),
      'SEND takes no more than the buffer',
    );
    if (sender === undefined) return;
    const { queue, congestion } = sender;
    this.#must(queue.lostOctets >= 0 && queue.lostOctets <= outstanding, 'lost =< outstanding');
    this.#must(congestion.cwnd >= 0 && congestion.cwnd < 2 ** 31, `cwnd ${congestion.cwnd}`);
  }

  #checkReceiving(): void {
    const { rcv, receiveBuffer } = this.#tcb;
    this.#must(rcv.wnd >= 0, `RCV.WND ${rcv.wnd}`);
    const edge = add(rcv.nxt, rcv.wnd);
    if (this.#edge !== undefined) {
      this.#must(!lt(edge, this.#edge), 'SHLD-14: the right window edge never moves left');
    }
    this.#edge = edge;
    const promised = receiveBuffer.unread + rcv.wnd;
    this.#must(promised <= receiveCapacity(this.#tcb), `${promised} octets promised or unread`);
    const beyond = receiveBuffer.reassembly?.end ?? 0;
    this.#must(beyond <= rcv.wnd, 'what is held beyond gaps lies inside the window');
  }

  #checkMemory(): void {
    const { sendBuffer, receiveBuffer, options } = this.#tcb;
    const most = Math.max(options.sendBuffer, options.sendBufferMax);
    this.#must(sendBuffer.held <= blockFor(most), 'memory of the send buffer');
    this.#must(
      receiveBuffer.held <= blockFor(receiveCapacity(this.#tcb)),
      'memory of the receive buffer',
    );
  }

  #must(holds: boolean, what: string): void {
    if (holds) return;
    const { state, snd, rcv } = this.#tcb;
    throw new Error(
      `${this.#name} in ${state}: broken: ${what}; SND.UNA=${toU32(snd.una)} SND.NXT=${toU32(snd.nxt)}` +
        ` SND.WND=${snd.wnd} RCV.NXT=${toU32(rcv.nxt)} RCV.WND=${rcv.wnd}`,
    );
  }
}

/** One block of a power of two, or as many of 64 KiB as octets can lie in. */
function blockFor(capacity: number): number {
  if (capacity > LARGEST_BLOCK) return LARGEST_BLOCK * (Math.ceil(capacity / LARGEST_BLOCK) + 1);
  return Math.max(SMALLEST_BLOCK, 2 ** Math.ceil(Math.log2(Math.max(capacity, 1))));
}
