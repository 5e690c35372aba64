/** What must hold after every step of a small world: RFC 9293 §3.4, §3.5.2, §3.8.6.2.1, §3.10. */
import { synchronized, type State } from '../../tcp/state.ts';
import { ACK, segLen, type Segment } from '../../wire/segment.ts';
import { add, diff, lt, ZERO, type Seq } from '../../wire/seq.ts';
import { isReset, type Flight } from './flights.ts';
import type { Party } from './party.ts';
import type { UserCall } from './plan.ts';

interface Watched {
  readonly parties: readonly [Party, Party];
}

/** What was seen of one connection. */
class Seen {
  known = false;
  iss: Seq = ZERO;
  una: Seq = ZERO;
  nxt: Seq = ZERO;
  rcvNxt: Seq = ZERO;
  edge: Seq = ZERO;
  told = false; // something on the wire has told the edge
  toldEdge: Seq = ZERO;
}

export class Watch {
  /** No abort, no crash, no CLOSE before the handshake, no segment to who has not opened, no timeout. */
  peaceful = true;
  /** The state in which a reset arrived, while it is dealt with. */
  answersReset: State | undefined = undefined;
  readonly #world: Watched;
  readonly #seen: readonly [Seen, Seen] = [new Seen(), new Seen()];

  constructor(world: Watched) {
    this.#world = world;
  }

  reset(): void {
    this.peaceful = true;
    this.answersReset = undefined;
    for (const seen of this.#seen) seen.known = seen.told = false;
  }

  /** Before a call. */
  calls({ connection: { state } }: Party, call: UserCall): void {
    if (call === 'abort' || call === 'crash') this.peaceful = false;
    if (call === 'close' && !synchronized(state) && state !== 'SYN-RECEIVED') this.peaceful = false;
  }

  /** Before a segment arrives. */
  arrives({ tcb, openings }: Party): void {
    if (openings === 0 && tcb.state === 'CLOSED') this.peaceful = false;
  }

  /** A segment left: what is wrong with it? */
  departs(party: Party, { seg }: Flight): string | undefined {
    if (this.answersReset !== undefined) {
      const challenge = (seg.ctl & ~ACK) === 0 && segLen(seg) === 0;
      if (!synchronized(this.answersReset) && this.answersReset !== 'SYN-RECEIVED') {
        return said(party, `a reset that arrived in ${this.answersReset} is answered`);
      }
      if (!challenge) return said(party, 'a reset is answered with more than a challenge ACK');
    }
    return this.#tellsEdge(party, seg);
  }

  /** The right window edge as the peer sees it (SHLD-14); RFC 7323 §2.4 lets a scaled one be rounded. */
  #tellsEdge(party: Party, seg: Segment): string | undefined {
    const seen = this.#seen[party.end];
    if (isReset(seg) || !(seg.ctl & ACK) || party.tcb.rcv.shift > 0) return undefined;
    const edge = add(seg.ack, seg.wnd);
    const before = seen.told && seen.iss === party.tcb.snd.iss ? seen.toldEdge : undefined;
    seen.told = true;
    seen.toldEdge = edge;
    if (before === undefined || !lt(edge, before)) return undefined;
    return said(party, 'SHLD-14: the right window edge that the peer is told moves left');
  }

  /** What does not hold, if anything does not. */
  broken(): string | undefined {
    const [a, b] = this.#world.parties;
    if (a.connection.ending === 'timeout' || b.connection.ending === 'timeout') {
      this.peaceful = false;
    }
    return this.#alone(a) ?? this.#alone(b) ?? together(a, b) ?? together(b, a) ?? ended(a, b);
  }

  #alone(party: Party): string | undefined {
    const { state, snd, rcv } = party.tcb;
    const seen = this.#seen[party.end];
    if (state === 'CLOSED' || state === 'LISTEN') {
      seen.known = seen.told = false;
      return undefined;
    }
    if (lt(snd.nxt, snd.una)) return said(party, 'SND.UNA =< SND.NXT does not hold');
    if (rcv.wnd < 0) return said(party, 'RCV.WND is negative');
    const edge = add(rcv.nxt, rcv.wnd);
    const same = seen.known && seen.iss === snd.iss;
    const broken = same ? wentBack(party, seen, edge) : undefined;
    const opening = state === 'SYN-SENT';
    seen.known = true;
    seen.iss = snd.iss;
    seen.una = snd.una;
    seen.nxt = snd.nxt;
    seen.rcvNxt = opening ? ZERO : rcv.nxt;
    seen.edge = opening ? ZERO : edge;
    return broken;
  }
}

function wentBack(party: Party, seen: Seen, edge: Seq): string | undefined {
  const { snd, rcv } = party.tcb;
  if (lt(snd.una, seen.una)) return said(party, 'SND.UNA goes back');
  if (lt(snd.nxt, seen.nxt)) return said(party, 'SND.NXT goes back');
  if (seen.rcvNxt === ZERO) return undefined;
  if (lt(rcv.nxt, seen.rcvNxt)) return said(party, 'RCV.NXT goes back');
  if (lt(edge, seen.edge)) return said(party, 'SHLD-14: the right window edge moves left');
  return undefined;
}

/** `to` takes what `from` sent, on the same connection. */
function together(from: Party, to: Party): string | undefined {
  const { snd } = from.tcb;
  const { rcv } = to.tcb;
  if (from.openings === 0 || rcv.irs !== snd.iss || rcv.irs === ZERO) return undefined;
  if (lt(snd.nxt, rcv.nxt)) return said(to, 'RCV.NXT is beyond all that was sent');
  if (from.tcb.rcv.irs !== to.tcb.snd.iss) return undefined;
  if (diff(snd.una, rcv.nxt) > 0) return said(from, 'SND.UNA is beyond what has arrived');
  return undefined;
}

/** Who is told of the end has had all text before it. */
function ended(a: Party, b: Party): string | undefined {
  return endTold(a, b) ?? endTold(b, a);
}

function endTold(party: Party, peer: Party): string | undefined {
  if (!party.toldEnd) return undefined;
  const stream = peer.streamOf(party.tcb.rcv.irs);
  const had = party.taken + party.connection.unread;
  if (stream === undefined || !stream.closed) {
    return said(party, 'the end is told, and the peer has not called CLOSE');
  }
  if (party.connection.ending === 'aborted') return undefined; // what was unread is gone
  if (had === stream.given) return undefined;
  return said(party, `the end is told after ${had} of ${stream.given} octets`);
}

const said = ({ end, tcb }: Party, what: string): string =>
  `${end === 0 ? 'A' : 'B'} in ${tcb.state}: ${what}`;
