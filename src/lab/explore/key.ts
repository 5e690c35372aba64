/**
 * The state of a small world as a hash: both TCBs, both users, the segments in the network in
 * the order they left. Times count from the clock of their end, so that what happens later is the same state.
 * What only traces tell, or no small world can reach, is left out; so are the private counters of
 * CUBIC, HyStart++, PRR and RACK: two states that differ in them alone are taken for one.
 */
import { STATES } from '../../tcp/state.ts';
import type { Sender } from '../../tcp/sender.ts';
import type { Tcb } from '../../tcp/tcb.ts';
import { Timer, type TimerName } from '../../tcp/timers.ts';
import { toI32 } from '../../wire/seq.ts';
import type { Flight } from './flights.ts';
import { Mix } from './mix.ts';
import type { Party } from './party.ts';
import type { SmallWorld } from './small-world.ts';

const NEVER = -1_000_000_000;
const SECOND = 1000; // ms
const MINUTE = 60_000; // ms
const LONGEST = 7; // times an RTO of a second doubled is the longest there is
const LONG = 3_600_000; // ms: what is longer ago does not matter any more

const EXACT: readonly TimerName[] = [
  Timer.Retransmit,
  Timer.Persist,
  Timer.DelayedAck,
  Timer.KeepAlive,
  Timer.TimeWait,
  Timer.FinWait2,
  Timer.Pace,
];

export class Key {
  readonly #mix = new Mix();
  readonly #way: [number, number] = [0, 0]; // a hash of what goes each way

  /** From 1 to 2^53 - 1. */
  of(world: SmallWorld): number {
    const mix = this.#mix;
    const { parties } = world;
    this.#way[0] = this.#way[1] = 0;
    for (const flight of world.flights.all) this.#flight(world, flight);
    mix.begin();
    for (const hash of this.#way) {
      mix.add(hash / 2 ** 21);
      mix.add(hash);
    }
    mix.is(world.peaceful);
    for (const party of parties) {
      this.#user(party);
      this.#tcb(party.tcb, party.clock);
    }
    return mix.end();
  }

  /** In the order of departure, each direction for itself. */
  #flight({ flights, parties }: SmallWorld, flight: Flight): void {
    const mix = this.#mix;
    const { from, seg } = flight;
    const hash = flights.hashOf(flight);
    mix.begin();
    mix.add(this.#way[from] / 2 ** 21);
    mix.add(this.#way[from]);
    mix.add(hash / 2 ** 21);
    mix.add(hash);
    if (seg.timestamps) {
      mix.add(seg.tsval - parties[from].clock);
      mix.add(seg.tsecr - parties[from === 0 ? 1 : 0].clock);
    }
    this.#way[from] = mix.end();
  }

  #user(party: Party): void {
    const mix = this.#mix;
    const { stream } = party;
    mix.add(party.made + 16 * party.boots + 256 * party.openings);
    mix.add(party.taken + 256 * stream.given);
    mix.is(party.mishapDone);
    mix.is(stream.closed);
    mix.is(party.toldEnd);
    mix.add(party.calls.length);
  }

  #tcb(tcb: Tcb, now: number): void {
    const mix = this.#mix;
    const { snd, rcv, rto, sendBuffer, receiveBuffer } = tcb;
    mix.add(STATES.indexOf(tcb.state));
    mix.add(flagsOf(tcb));
    if (tcb.state === 'CLOSED') {
      mix.add(endingOf(tcb));
      mix.add(toI32(snd.iss)); // what is compared with the peer
      mix.add(toI32(snd.una));
      mix.add(toI32(snd.nxt));
      mix.add(toI32(rcv.irs));
      mix.add(toI32(rcv.nxt));
      mix.add(receiveBuffer.unread);
      return;
    }
    mix.add(toI32(snd.iss));
    mix.add(toI32(snd.una));
    mix.add(toI32(snd.nxt));
    mix.add(snd.wnd);
    mix.add(toI32(snd.wl1));
    mix.add(toI32(snd.wl2));
    mix.add(snd.maxWnd);
    mix.add(snd.mss);
    mix.add(toI32(rcv.irs));
    mix.add(toI32(rcv.nxt));
    mix.add(rcv.wnd);
    if (tcb.finSeen) mix.add(toI32(rcv.fin));
    mix.add(toI32(tcb.pushed));
    mix.add(sendBuffer.length);
    mix.add(receiveBuffer.unread);
    this.#gaps(tcb);
    mix.add(tcb.ack);
    mix.add(tcb.retransmissions);
    mix.add(Math.min(tcb.persistBackoffs, LONGEST));
    mix.add(ago(now, tcb.challengeSince, 1000));
    mix.add(now - tcb.challengeSince < 1000 ? tcb.challengeAcks : 0);
    for (const timer of EXACT) mix.add(until(tcb.timers.at(timer), now));
    mix.add(Math.ceil(until(tcb.timers.at(Timer.User), now) / MINUTE));
    mix.add(Math.round(rto.srtt / SECOND)); // averages have no end of values; what counts is the RTO
    mix.add(Math.round(rto.rto));
    mix.add(rto.backoffs);
    if (!tcb.synAcked) mix.add(tcb.synSentAt < 0 ? -1 : ago(now, tcb.synSentAt, LONG));
    this.#parts(tcb, now);
  }

  #gaps({ receiveBuffer: { reassembly } }: Tcb): void {
    const mix = this.#mix;
    if (reassembly === undefined) return;
    for (let from = reassembly.nextStart(0); from !== Infinity;) {
      const end = reassembly.coveredUntil(from);
      mix.add(from);
      mix.add(end);
      from = reassembly.nextStart(end);
    }
  }

  #parts(tcb: Tcb, now: number): void {
    const mix = this.#mix;
    const { receiver, sender, timestamps } = tcb;
    if (timestamps !== undefined) {
      mix.add(timestamps.recent);
      mix.add(toI32(timestamps.lastAckSent));
    }
    if (receiver !== undefined) {
      mix.add(receiver.unacked);
      mix.add(receiver.shorts);
      mix.add(receiver.duplicates);
      mix.add(receiver.quickAcks);
      mix.is(receiver.interactive);
      if (tcb.options.quickAcks > 0) mix.add(ago(now, receiver.lastText, LONG));
    }
    if (sender !== undefined) this.#sender(sender, now);
    else if (tcb.finSent) mix.add(ago(now, tcb.lastDeparture, LONG));
  }

  #sender(sender: Sender, now: number): void {
    const mix = this.#mix;
    const { queue, congestion, recovery, newReno, rack, tlp } = sender;
    mix.add(queue.count);
    for (let i = 0; i < queue.count; i++) {
      const record = queue.at(i);
      mix.add(toI32(record.start));
      mix.add(toI32(record.end));
      mix.add(record.retransmissions);
      mix.add((record.lost ? 1 : 0) + (record.run > 0 ? 2 : 0));
      if (record.retransmissions === 0 || rack !== undefined) {
        mix.add(ago(now, record.sentAt, LONG));
      }
    }
    mix.add(congestion.cwnd);
    mix.add(Math.min(congestion.ssthresh, 2 ** 30));
    mix.add(recovery.phase + 8 * recovery.frto + (recovery.undoable ? 32 : 0));
    mix.add(toI32(recovery.point));
    mix.is(sender.retransmitNow);
    mix.add(sender.armed);
    mix.add(until(sender.rtoAt, now));
    if (newReno !== undefined) mix.add(newReno.dupAcks * 2 + (newReno.inRecovery ? 1 : 0));
    if (rack !== undefined) {
      mix.add(ago(now, rack.xmitTs, LONG));
      mix.add(toI32(rack.endSeq));
      mix.add(Math.round(rack.rtt));
      mix.add(rack.reoWndMult * 2 + (rack.reorderingSeen ? 1 : 0));
    }
    if (tlp !== undefined) {
      mix.add(tlp.due + (tlp.active ? 8 : 0) + (tlp.isRetrans ? 16 : 0) + (tlp.sampled ? 32 : 0));
      mix.add(toI32(tlp.endSeq));
    }
  }
}

const until = (at: number, now: number): number => (at === Infinity ? NEVER : Math.round(at - now));
const ago = (now: number, then: number, most: number): number =>
  Math.round(Math.min(now - then, most));

const ENDINGS = ['reset', 'refused', 'timeout', 'aborted', 'closed'];
const endingOf = ({ ending }: Tcb): number => (ending === undefined ? -1 : ENDINGS.indexOf(ending));

function flagsOf(tcb: Tcb): number {
  let flags = 0;
  const flag = (yes: boolean): void => {
    flags = 2 * flags + (yes ? 1 : 0);
  };
  flag(tcb.openedPassively);
  flag(tcb.sendSyn);
  flag(tcb.synAcked);
  flag(tcb.synTooEarly);
  flag(!tcb.synAcked && tcb.totalRetrans !== 0);
  flag(tcb.scaled);
  flag(tcb.sackOn);
  flag(tcb.finQueued);
  flag(tcb.finSent);
  flag(tcb.finSeen);
  flag(tcb.finReceived);
  flag(tcb.probe);
  flag(tcb.forced);
  flag(tcb.pendingReset !== undefined);
  flag(tcb.sender !== undefined);
  flag(tcb.receiver !== undefined);
  flag(tcb.timestamps !== undefined);
  return flags;
}
