/**
 * A host that is given damaged datagrams: whatever is cut off and whichever bit is wrong, it drops them
 * under a name, changes nothing and says nothing (MUST-3, S19). test/wire/hostile.test.ts does the same
 * to the readers alone.
 */
import { describe, expect, test } from 'vitest';
import type { Counters } from '../../src/stack/counters.ts';
import { finish, sum } from '../../src/wire/checksum.ts';
import { Protocol } from '../../src/wire/ip.ts';
import { ACK, FIN, PSH, RST, SYN } from '../../src/wire/segment.ts';
import { icmp } from '../stack/datagram.ts';
import type { Seen } from '../stack/two-hosts.ts';
import { tcp, udp, type Fields } from './forge.ts';
import {
  FAMILIES,
  PEER_PORT,
  reach,
  TARGET_ISS,
  TARGET_PORT,
  type Family,
  type Reached,
} from './target.ts';

const TEXT = Uint8Array.from({ length: 20 }, (_, i) => 65 + i);

const OPTIONS: Partial<Fields> = { mss: 1460, wscale: 7, sackPermitted: true, timestamps: true };

/** One of each kind, each of which would mean something to some state. */
function datagrams({ target, seq, ack }: Reached): readonly (readonly [string, Uint8Array])[] {
  const { ends } = target;
  const { source: from, destination: to } = ends;
  const back = {
    source: to,
    destination: from,
    sourcePort: TARGET_PORT,
    destinationPort: PEER_PORT,
  };
  const whole = tcp(back, { seq: TARGET_ISS, ctl: SYN });
  const quote = whole.slice(0, whole.length - 12); // 8 octets of TCP, all that RFC 792 promises
  return [
    ['SYN', tcp(ends, { seq, ctl: SYN, ...OPTIONS })],
    ['SYN,ACK', tcp(ends, { seq, ack, ctl: SYN | ACK, ...OPTIONS })],
    ['ACK', tcp(ends, { seq, ack, ctl: ACK, wnd: 4000 })],
    ['text', tcp(ends, { seq, ack, ctl: ACK | PSH, timestamps: true, text: TEXT })],
    ['FIN,ACK', tcp(ends, { seq, ack, ctl: FIN | ACK })],
    ['RST', tcp(ends, { seq, ctl: RST })],
    ['RST,ACK', tcp(ends, { seq, ack, ctl: RST | ACK })],
    ['UDP', udp(ends, TEXT)],
    ['echo request', icmp({ from, to, kind: 'echo-request', body: TEXT })],
    ['unreachable', icmp({ from, to, kind: 'unreachable', code: 3, body: quote })],
  ];
}

/** In IPv6 no checksum covers traffic class, flow label and hop limit. */
const uncovered = (family: Family, bit: number): boolean =>
  family === 6 && ((bit >= 4 && bit < 32) || (bit >= 56 && bit < 64));

/** IPv6's Next Header: whoever sent something unknown is told so (RFC 4443 §3.4), and that is all. */
const told = (family: Family, bit: number): boolean => family === 6 && bit >= 48 && bit < 56;
const TOLD = ['datagrams-out', 'icmp-errors-out', 'icmp-errors-limited'];

const flipped = (bytes: Uint8Array, bit: number): Uint8Array => {
  const copy = bytes.slice();
  copy[bit >> 3]! ^= 0x80 >> (bit & 7);
  return copy;
};

/** The first `length` octets, and an IP header that says there are no more. */
function shortened(family: Family, bytes: Uint8Array, length: number): Uint8Array {
  const cut = bytes.slice(0, length);
  const view = new DataView(cut.buffer);
  if (family === 6) view.setUint16(4, length - 40);
  else {
    view.setUint16(2, length);
    view.setUint16(10, 0);
    view.setUint16(10, finish(sum(view, 0, 20, 0)));
  }
  return cut;
}

/** Dropped: one datagram more, one reason more, nothing else but an error if it may be. Says which. */
function expectDropped(
  { target, socket }: Reached,
  bytes: Uint8Array,
  before: string,
  mayTell = false,
): string {
  const { counters } = target.host;
  const counted: Counters = { ...counters };
  const sent = target.arrives(bytes);
  const answers = mayTell ? sent.filter(({ ip }) => ip.protocol !== Protocol.ICMPV6) : sent;
  const changed = Object.entries(counters).flatMap(([name, count]) => {
    if (mayTell && TOLD.includes(name)) return [];
    return count === counted[name as keyof Counters] ? [] : [name];
  });
  const after = target.snapshot(socket);
  const [first, reason] = changed;
  const dropped = answers.length === 0 && changed.length === 2 && first === 'datagrams-in';
  if (!dropped || after !== before) expect({ answers, changed, after }).toBe(before); // rarely: slow
  return reason!;
}

const STATES = ['LISTEN', 'SYN-SENT', 'ESTABLISHED'] as const;
const KINDS = datagrams(reach('CLOSED', 4)).map(([name]) => name);

const bytesOf = (reached: Reached, kind: string): Uint8Array =>
  datagrams(reached).find(([name]) => name === kind)![1];

describe.each(FAMILIES)('IPv%i', (family) => {
  describe.each(STATES)('in %s', (state) => {
    test.each(KINDS)('MUST-3: %s with any bit wrong that a checksum covers', (kind) => {
      const reached = reach(state, family);
      const bytes = bytesOf(reached, kind);
      const before = reached.target.snapshot(reached.socket);
      const reasons = new Set<string>();
      for (let bit = 0; bit < 8 * bytes.length; bit++) {
        if (uncovered(family, bit)) continue;
        reasons.add(expectDropped(reached, flipped(bytes, bit), before, told(family, bit)));
      }
      expect(reasons).toContain(family === 4 ? 'ipv4-checksum' : 'ip-version');
    });

    test.each(KINDS)('S19: %s cut off anywhere', (kind) => {
      const reached = reach(state, family);
      const bytes = bytesOf(reached, kind);
      const before = reached.target.snapshot(reached.socket);
      for (let length = 0; length < bytes.length; length++) {
        const reason = expectDropped(reached, bytes.slice(0, length), before);
        expect(reason).toBe('ip-truncated');
      }
      for (let length = family === 4 ? 20 : 40; length < bytes.length; length++) {
        expectDropped(reached, shortened(family, bytes, length), before);
      }
    });

    test.each(KINDS)('%s is taken with what a link pads it with', (kind) => {
      const plain = reach(state, family);
      const padded = reach(state, family);
      const bytes = bytesOf(plain, kind);
      const more = new Uint8Array(bytes.length + 18).fill(0xdb);
      more.set(bytes);
      expect(padded.target.arrives(more).map(({ bytes: b }) => b)).toEqual(
        plain.target.arrives(bytes).map(({ bytes: b }) => b),
      );
      expect(padded.target.snapshot(padded.socket)).toBe(plain.target.snapshot(plain.socket));
    });
  });
});

/** An error quotes what it is about, wrong bits and all; before that and its checksum it says the same. */
const said = ({ bytes }: Seen): Uint8Array => (bytes[40] === 1 ? bytes.slice(0, 42) : bytes);

// RFC 8200 §8.1: nothing protects these bits, and nothing that TCP does hangs on them.
describe.each(STATES)('IPv6 in %s', (state) => {
  test.each(KINDS)('%s with a bit wrong in traffic class, flow label or hop limit', (kind) => {
    const plain = reach(state, 6);
    const bytes = bytesOf(plain, kind);
    const answers = plain.target.arrives(bytes).map(said);
    const after = plain.target.snapshot(plain.socket);
    for (let bit = 0; bit < 64; bit++) {
      if (!uncovered(6, bit)) continue;
      const reached = reach(state, 6);
      const same = reached.target.arrives(flipped(bytes, bit)).map(said);
      expect(same).toEqual(answers);
      expect(reached.target.snapshot(reached.socket)).toBe(after);
    }
  });
});
