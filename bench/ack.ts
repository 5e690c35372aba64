/**
 * What one acknowledgment costs a sender of whose segments 10,000 are SACKed, against one of whose
 * segments 10 are (CVE-2019-11477 ff.). Each SACKs one segment more and says again what is known, at
 * places that move; what may leave then, leaves. A process of its own: `npm run bench` starts it.
 */
import { Connection, controllerFor, type TcpDefaults } from 'estab/tcp';
import { ACK, Segment, seq, SYN } from 'estab/wire';
import { TwoHosts } from './two-hosts.ts';

const FEW = 10;
const MANY = 10_000;
const ACKS = 2000; // per round
const ROUNDS = 7;
const MSS = 1000; // octets
const OUR_ISS = 100;
const FIRST = OUR_ISS + 1;
const THEIR_ISS = 300;

type Recovery = TcpDefaults['recovery'];
/** One run of SACKed segments, or every second one. */
type Shape = 'run' | 'holes';

/** Those that a host makes for its connections. */
const LINUX = new TwoHosts(false, { profile: 'linux' }).connect(1).connection.tcb.options;

function connection(recovery: Recovery, flight: number): Connection {
  const beginning = { iss: OUR_ISS, srtt: -1, selectiveAcks: true };
  const reno = controllerFor('reno', LINUX, beginning);
  const sender = new Connection(
    {
      ...LINUX,
      recovery,
      timestamps: false, // four blocks then
      sendBuffer: flight,
      sendBufferMax: flight,
      receiveMss: MSS,
      defaultSendMss: MSS,
      pathMss: MSS,
      leastPathMss: MSS,
      congestion: () => reno,
    },
    undefined,
  );
  sender.openActive(seq(OUR_ISS));
  flush(sender);
  arrives(sender, THEIR_ISS, SYN | ACK, []);
  arrives(sender, THEIR_ISS + 1, ACK, []); // its window is scaled
  sender.send(0, new Uint8Array(MSS));
  flush(sender); // the sender exists
  reno.cwnd = 2 * flight;
  sender.send(0, new Uint8Array(flight - MSS));
  flush(sender);
  return sender;
}

const out = new Segment();
out.bytes = new Uint8Array(2 * MSS);

function flush(sender: Connection): void {
  while (sender.poll(0, out));
}

const seg = new Segment();

/** All acknowledge nothing new; `blocks`: their edges. */
function arrives(sender: Connection, at: number, ctl: number, blocks: readonly number[]): void {
  seg.clear();
  seg.seq = seq(at);
  seg.ack = seq(FIRST);
  seg.ctl = ctl;
  seg.wnd = 65_535;
  if (ctl & SYN) {
    seg.mss = MSS;
    seg.wscale = 14;
    seg.sackPermitted = true;
  }
  seg.sackCount = blocks.length / 2;
  seg.sack.set(blocks);
  sender.segmentArrives(0, seg);
}

/** Octet 0 of the `index`th segment. */
const edge = (index: number): number => FIRST + MSS * index;

/** Nanoseconds per acknowledgment with `sacked` segments SACKed. The first one is missing. */
function cost(recovery: Recovery, shape: Shape, sacked: number): number {
  const step = shape === 'run' ? 1 : 2;
  const sender = connection(recovery, MSS * (1 + step * (sacked + ACKS)));
  const one = (i: number): [number, number] => [edge(1 + step * i), edge(2 + step * i)];
  for (let i = 0; i < sacked; i++) acknowledge(sender, one(i));
  const begin = performance.now();
  for (let i = 0; i < ACKS; i++) {
    const last = sacked + i;
    const known = (i * 7919) % last; // anywhere
    const run: [number, number] = shape === 'run' ? [edge(1), edge(1 + last)] : one(last - 1);
    acknowledge(sender, [...one(last), ...run, ...one(known), ...one(last - 1 - known)]);
  }
  const took = performance.now() - begin;
  if (sender.tcb.sender?.queue.sackedCount !== sacked + ACKS) throw new Error('not all is SACKed');
  return (took / ACKS) * 1e6;
}

function acknowledge(sender: Connection, blocks: readonly number[]): void {
  arrives(sender, THEIR_ISS + 1, ACK, blocks);
  flush(sender);
}

const median = (values: number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

let worst = { few: NaN, many: NaN, ratio: 0 };
for (const recovery of ['rack', 'sack'] as const) {
  for (const shape of ['run', 'holes'] as const) {
    const few: number[] = [];
    const many: number[] = [];
    const ratios: number[] = [];
    for (let round = -1; round < ROUNDS; round++) {
      const a = cost(recovery, shape, FEW);
      const b = cost(recovery, shape, MANY);
      if (round < 0) continue; // code that is compiled once
      few.push(a);
      many.push(b);
      ratios.push(b / a);
    }
    const ratio = median(ratios);
    if (process.argv.includes('--all')) console.error(recovery, shape, median(few), median(many));
    if (ratio > worst.ratio) worst = { few: median(few), many: median(many), ratio };
  }
}
console.log(JSON.stringify(worst));
