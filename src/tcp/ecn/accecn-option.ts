/**
 * The AccECN option: RFC 9768 §3.2.3, written by the recommended simple scheme of §3.2.3.3 and read as in
 * Appendix A.1.
 */
import { CE, ECT0, ECT1 } from '../../wire/ecn.ts';
import type { Segment } from '../../wire/segment.ts';
import { accEcnOctets, optionRoom } from '../../wire/tcp-options.ts';
import type { Accurate, Counters } from '../ecn.ts';
import type { Tcb } from '../tcb.ts';

const MASK = 0xff_ffff; // 24 bits of each counter

/** Byte counters as a set. */
const E0 = 1;
const CEB = 2;
const E1 = 4;

/** `octets` of text came with `codepoint`. */
export function countText(accurate: Accurate, codepoint: number, octets: number): void {
  const { r } = accurate;
  let counter = 0;
  if (codepoint === ECT0) {
    r.e0b += octets;
    counter = E0;
  } else if (codepoint === ECT1) {
    r.e1b += octets;
    counter = E1;
  } else if (codepoint === CE) {
    r.ceb += octets;
    counter = CEB;
  }
  accurate.fresh |= counter;
  accurate.ever |= counter;
}

/** Is the next acknowledgment to carry one? */
export function optionDue(accurate: Accurate): boolean {
  return accurate.sendsOptions && (accurate.fresh !== 0 || accurate.firstOptions > 0);
}

/** Octets that the option of the next acknowledgment takes, 0 to 12. */
export function ecnOctets(tcb: Tcb): number {
  const accurate = tcb.ecn?.accurate;
  if (accurate === undefined || !optionDue(accurate)) return 0;
  return accEcnOctets(countersIn(wanted(accurate), order(accurate)));
}

/** §3.2.2.1: the ACK of the SYN,ACK is a pure one, whatever text waits. */
export function handshakeAckDue(tcb: Tcb): boolean {
  return tcb.ecn?.accurate?.handshakeAck === true;
}

/** Counters that changed at some time; all of them as long as none did, for the peer's tests. */
const wanted = (accurate: Accurate): number =>
  accurate.ever === 0 ? E0 | CEB | E1 : accurate.ever;

/** ECT(0) first, unless only ECT(1) ever came. */
const order = (accurate: Accurate): 0 | 1 => (accurate.ever & E1 && !(accurate.ever & E0) ? 1 : 0);

/** How many counters from the front have all of `set`. */
function countersIn(set: number, inOrder: 0 | 1): number {
  const last = inOrder === 0 ? E1 : E0;
  if (set & last) return 3;
  return set & CEB ? 2 : 1;
}

/**
 * All counters that ever changed; those that changed since the last option where there is no room; none
 * where these do not fit. Two SACK blocks go before it, further ones do not (§3.2.3.3).
 */
export function fillOption(accurate: Accurate, out: Segment): void {
  if (!optionDue(accurate)) return;
  const room = optionRoom(out, 2);
  const inOrder = order(accurate);
  let count = countersIn(wanted(accurate), inOrder);
  if (accEcnOctets(count) > room) {
    count = accurate.fresh === 0 ? 0 : countersIn(accurate.fresh, inOrder);
  }
  if (accEcnOctets(count) > room) return;
  const { r } = accurate;
  out.accEcn = inOrder;
  out.accEcnCount = count;
  out.counters[0] = (inOrder === 0 ? r.e0b : r.e1b) % (MASK + 1);
  out.counters[1] = r.ceb % (MASK + 1);
  out.counters[2] = (inOrder === 0 ? r.e1b : r.e0b) % (MASK + 1);
  accurate.fresh = 0;
  if (accurate.firstOptions > 0 && out.accEcn >= 0) accurate.firstOptions--;
}

/** §3.2.3.2.3 and §3.2.3.2.4: is the option there, and are its first counters as they may be? */
export function firstOption(accurate: Accurate, seg: Segment): void {
  if (seg.accEcn < 0) return;
  const zero = (field: number): boolean => seg.accEcnCount > field && seg.counters[field] === 0;
  if (zero(0) || zero(2)) accurate.ignoresOptions = true;
  else accurate.optionSeen = true;
}

/** Octets newly said to be marked CE; -1: there is no option to believe. */
export function readOption(accurate: Accurate, seg: Segment): number {
  if (seg.accEcn < 0 || accurate.ignoresOptions) return -1;
  accurate.optionSeen = true;
  const { s } = accurate;
  const before = s.ceb;
  const [first, last] = seg.accEcn === 0 ? ORDER_0 : ORDER_1;
  if (seg.accEcnCount > 0) advance(s, first, seg.counters[0]!);
  if (seg.accEcnCount > 1) advance(s, 'ceb', seg.counters[1]!);
  if (seg.accEcnCount > 2) advance(s, last, seg.counters[2]!);
  return s.ceb - before;
}

type ByteCounter = 'e0b' | 'ceb' | 'e1b';
const ORDER_0: readonly [ByteCounter, ByteCounter] = ['e0b', 'e1b'];
const ORDER_1: readonly [ByteCounter, ByteCounter] = ['e1b', 'e0b'];

/** Appendix A.1; what would be a step of half the range back is an older option, or a lie. */
function advance(s: Counters, counter: ByteCounter, field: number): void {
  const step = (field - (s[counter] % (MASK + 1))) & MASK;
  if (step <= MASK >> 1) s[counter] += step;
}
