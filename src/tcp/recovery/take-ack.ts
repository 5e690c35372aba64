/**
 * One acknowledgment from end to end: the scoreboard (RFC 2018 §5), what it says of earlier reactions
 * (RFC 5682, RFC 4015), losses (RFC 8985 §6.2 or RFC 6675 §5), how much may leave (RFC 9937), the
 * controller, the timer.
 */
import type { Segment } from '../../wire/segment.ts';
import { diff, ge } from '../../wire/seq.ts';
import { AckSample } from '../congestion/control.ts';
import { cwndReduced } from '../ecn/reduced.ts';
import { sackedProbeLost } from '../path-mtu.ts';
import { Armed, pipe, type Sender } from '../sender.ts';
import { effectiveSendMss } from '../smss.ts';
import type { Tcb } from '../tcb.ts';
import { Timer } from '../timers.ts';
import { timestampRtt } from '../timestamps.ts';
import { frtoAck } from './f-rto.ts';
import { Phase } from './recovery.ts';
import { takeSack } from './sack-in.ts';
import { detectBySack } from './sack-loss.ts';
import { probeAcknowledged, probeRepaired, schedulePto } from './tail-loss-probe.ts';
import { countDsack, forgetOldEpisode, rememberForUndo, spuriousBy, undo } from './undo.ts';

const RECOVERED = 'RFC 6675 §5: all up to the recovery point is acknowledged';

// One for all connections: it is valid during one call.
const SAMPLE: AckSample = new AckSample();

/**
 * `seg` acknowledges `advance` octets of sequence space, SND.UNA has moved by them; 0: it may have
 * SACK blocks.
 */
export function takeAck(
  tcb: Tcb,
  sender: Sender,
  seg: Segment,
  now: number,
  advance: number,
): void {
  const { snd } = tcb;
  const { queue, delivery } = sender;
  const sample = SAMPLE;
  sample.priorInFlight = pipe(snd, sender) + advance;
  sample.cwndLimited = sender.cwndLimited;
  sample.now = now;
  sample.una = snd.una;
  sample.nxt = snd.nxt;
  sample.ceOctets = tcb.ecn === undefined ? 0 : tcb.ecn.ceOctets;
  sample.lost = 0;
  delivery.begin(tcb, sender, seg, now);
  sample.cumulative = advance > 0 ? queue.acknowledged(snd.una, delivery) : 0;
  const sacked = tcb.sackOn && seg.sackCount > 0 ? takeSack(tcb, sender, seg) : 0;
  sample.acked = sample.cumulative + sacked;
  sample.rtt = roundTrip(tcb, sender, seg, now, sample);
  if (sender.newReno !== undefined) {
    if (advance > 0) withoutSack(tcb, sender, sender.newReno, sample);
  } else withSack(tcb, sender, seg, sample, advance > 0, sacked);
  sender.rate?.begin();
}

/** RFC 6298 §2, Karn; of what was sent twice by the timestamps (RFC 7323 §4). */
function roundTrip(tcb: Tcb, sender: Sender, seg: Segment, now: number, sample: AckSample): number {
  const { delivery } = sender;
  let rtt = -1;
  if (sample.cumulative > 0) {
    if (!delivery.ambiguous && delivery.cumulativeSentAt >= 0) {
      rtt = now - delivery.cumulativeSentAt;
    } else rtt = timestampRtt(tcb, seg, now);
  } else if (delivery.sackedSentAt >= 0) rtt = now - delivery.sackedSentAt;
  if (rtt < 0) return -1;
  tcb.rto.measure(rtt, tcb.options, expectedSamples(tcb, sample.priorInFlight));
  delivery.measured(rtt, now);
  delivery.lastRtt = rtt;
  delivery.rtts = (delivery.rtts + 1) | 0;
  if (sender.tlp !== undefined) sender.tlp.sampled = true;
  return rtt;
}

/** RFC 7323 Appendix G: with timestamps every second segment of a flight measures. */
function expectedSamples(tcb: Tcb, flightSize: number): number {
  if (tcb.timestamps === undefined) return 1;
  return Math.max(1, Math.ceil(flightSize / (2 * effectiveSendMss(tcb))));
}

/** RFC 6582, and what of the other RFCs needs no SACK. Something new is acknowledged. */
function withoutSack(
  tcb: Tcb,
  sender: Sender,
  newReno: NonNullable<Sender['newReno']>,
  sample: AckSample,
): void {
  const { recovery, queue } = sender;
  const { snd } = tcb;
  if (recovery.phase !== Phase.open) episodeGoesOn(tcb, sender, sample, true, 0);
  sample.inRecovery =
    newReno.inRecovery || recovery.phase === Phase.cwr || markedLately(tcb, sender);
  sample.inFlight = pipe(snd, sender);
  finishSample(sender, sample);
  if (newReno.newAck(sample, effectiveSendMss(tcb), sender) === 'retransmit') {
    queue.markFirstLost(sample.now);
    sender.retransmitNow = true;
  }
  if (recovery.phase === Phase.recovery && !newReno.inRecovery) {
    recovery.phase = Phase.open;
    sender.why = RECOVERED;
  }
  if (recovery.phase === Phase.cwr) reduce(tcb, sender, sample, true);
  forgetOldEpisode(tcb, recovery);
  // RFC 6582 §3.2 step 3: in recovery only the first partial acknowledgment restarts the timer
  armTimers(tcb, sender, sample.now, !newReno.inRecovery || newReno.takeFirstPartial(), 0);
}

function withSack(
  tcb: Tcb,
  sender: Sender,
  seg: Segment,
  sample: AckSample,
  advanced: boolean,
  sacked: number,
): void {
  const { recovery, delivery, rack, tlp } = sender;
  const { now } = sample;
  const dsack = delivery.dsackOctets > 0;
  if (dsack) countDsack(sender);
  if (!advanced && sacked === 0 && !dsack) {
    if (tlp !== undefined) probeAcknowledged(sender, tlp, seg, advanced);
    return;
  }
  rack?.adaptWindow(sample.una, sample.nxt, dsack);
  const ended = episodeGoesOn(tcb, sender, sample, advanced, sacked);
  if (tlp !== undefined && probeAcknowledged(sender, tlp, seg, advanced)) {
    probeRepaired(tcb, sender, now);
  }
  const again = detectLosses(tcb, sender, sample, now, ended);
  sample.inRecovery = recovery.inRecovery || markedLately(tcb, sender);
  if (!advanced) sample.cwndLimited = false; // RFC 3042 §2: duplicates do not change cwnd
  if (recovery.inRecovery) reduce(tcb, sender, sample, advanced && sample.lost === 0);
  sample.inFlight = pipe(tcb.snd, sender);
  finishSample(sender, sample);
  if (sample.acked > 0) {
    if (!sample.inRecovery) sender.cwndWhy = '';
    sender.congestion.acknowledged(sample);
  }
  forgetOldEpisode(tcb, recovery);
  armTimers(tcb, sender, now, advanced, again);
}

/** cwnd was reduced for a mark in this window; after a timeout slow start goes on all the same. */
const markedLately = (tcb: Tcb, { recovery }: Sender): boolean =>
  tcb.ecn !== undefined && tcb.ecn.reduced && recovery.phase !== Phase.loss;

function finishSample(sender: Sender, sample: AckSample): void {
  sample.rate = undefined;
  if (sender.rate === undefined) return;
  sample.rate = sender.rate.sample(sample.rtt);
  if (sample.rate.deliveryRate > 0) sender.deliveryRate = sample.rate.deliveryRate;
}

/** In an episode, or shortly after one: was it in vain? True: its recovery point is reached. */
function episodeGoesOn(
  tcb: Tcb,
  sender: Sender,
  sample: AckSample,
  advanced: boolean,
  sacked: number,
): boolean {
  const { recovery } = sender;
  const reached = advanced && ge(sample.una, recovery.point);
  if (tcb.options.undo) {
    const why = spuriousBy(sender, advanced);
    if (why !== '') {
      undo(tcb, sender, why, sample.now);
      return false;
    }
  }
  if (recovery.phase === Phase.loss) {
    if (frtoAck(tcb, sender, advanced, reached, sacked > 0)) {
      undo(tcb, sender, 'RFC 5682 §3.1 step 3b: the timeout was spurious', sample.now);
      return false;
    }
  }
  if (!reached || recovery.phase < Phase.cwr) return false;
  episodeEnds(sender, sample.now);
  return true;
}

function episodeEnds(sender: Sender, now: number): void {
  const { recovery, congestion } = sender;
  const isCwr = recovery.phase === Phase.cwr;
  if (isCwr || (recovery.phase !== Phase.loss && sender.newReno === undefined)) {
    reduced(sender);
    congestion.recoveryEnded(now);
  }
  if (!isCwr) sender.rack?.recoveryEnded();
  if (sender.newReno?.inRecovery === true) return; // RFC 6582 has its own end
  recovery.phase = Phase.open;
  recovery.frto = 0;
  sender.why = RECOVERED;
}

// RFC 9937 §6: at the end of recovery
function reduced(sender: Sender): void {
  const { congestion } = sender;
  if (congestion.ownsRecovery) return;
  congestion.cwnd = congestion.ssthresh;
  sender.cwndWhy = 'RFC 9937 §6: at the end of recovery';
}

/** Answers in how many ms RACK is to look again; 0: not. `ended`: an episode is over since this ACK. */
function detectLosses(
  tcb: Tcb,
  sender: Sender,
  sample: AckSample,
  now: number,
  ended: boolean,
): number {
  const { queue, recovery, rack } = sender;
  const before = queue.lostOctets;
  let again = 0;
  if (rack !== undefined) again = rack.detectLoss(tcb, sender, now);
  else detectBySack(queue, effectiveSendMss(tcb), now);
  sample.lost = queue.lostOctets - before;
  // What left after an episode began and was lost before it was over belongs to a window of its own.
  const unanswered = ended && (queue.lostOctets > 0 || queue.retransCount > 0);
  if ((sample.lost > 0 || unanswered) && recovery.phase <= Phase.cwr) {
    if (!(tcb.pathMtu !== undefined && sackedProbeLost(tcb, tcb.pathMtu))) {
      enterRecovery(sender, Phase.recovery, sample);
      if (tcb.ecn !== undefined) cwndReduced(tcb, tcb.ecn);
    }
  } else if (recovery.phase <= Phase.disorder) {
    disorder(sender);
  }
  return again;
}

function disorder(sender: Sender): void {
  const { recovery, queue } = sender;
  const phase = queue.sackedCount > 0 ? Phase.disorder : Phase.open;
  if (phase === recovery.phase) return;
  recovery.phase = phase;
  sender.why = phase === Phase.disorder ? 'RFC 2018 §5: SACKed beyond a gap' : 'no gap any more';
}

/** Fast recovery, or CWR: RFC 6675 §5 step 4, RFC 9937 §6. */
function enterRecovery(
  sender: Sender,
  phase: typeof Phase.recovery | typeof Phase.cwr,
  sample: AckSample,
): void {
  const { recovery, queue, congestion, tlp, prr } = sender;
  const flightSize = diff(sample.nxt, sample.una);
  if (recovery.phase < Phase.cwr) {
    const marked = phase === Phase.cwr;
    if (marked)
      recovery.undoable = false; // a mark is never spurious
    else rememberForUndo(recovery, queue, sample.una);
    const cause = marked ? 'ece' : 'loss';
    // Text SACKed in an earlier episode is in FlightSize, and would make of the reduction a growth.
    congestion.congestionDetected(cause, Math.min(flightSize, congestion.cwnd), sample.now);
    const newlySacked = sample.acked - sample.cumulative;
    prr.begin(flightSize - queue.sackedOctets + newlySacked + sample.cumulative);
  }
  recovery.point = sample.nxt; // RecoveryPoint
  recovery.phase = phase;
  recovery.rescued = false;
  if (tlp !== undefined) tlp.active = false;
  if (phase === Phase.cwr) {
    sender.why = 'RFC 3168 §6.1.2: congestion was marked, as if a segment was lost';
    return;
  }
  sender.retransmitNow = true; // RFC 6675 §5 step 4.3
  sender.why =
    sender.rack === undefined
      ? 'RFC 6675 §5 step 4: lost by what was SACKed'
      : 'RFC 8985 §6.2 step 5: lost by when it was sent';
}

/** RFC 9937 §6, on every ACK of recovery and CWR. */
function reduce(tcb: Tcb, sender: Sender, sample: AckSample, safeAck: boolean): void {
  const { prr, congestion } = sender;
  if (congestion.ownsRecovery) return;
  const smss = effectiveSendMss(tcb);
  prr.acknowledged(congestion, sample.acked, pipe(tcb.snd, sender), smss, safeAck);
  sender.cwndWhy = 'RFC 9937 §6: proportional rate reduction';
}

/**
 * The peer reported congestion without a loss (RFC 3168 §6.1.2): cwnd is reduced once a window. True:
 * now; false: it was, or losses are being repaired.
 */
export function congestionExperienced(tcb: Tcb, sender: Sender, now: number): boolean {
  if (sender.recovery.phase > Phase.disorder || sender.newReno?.inRecovery === true) return false;
  const { snd } = tcb;
  const sample = SAMPLE;
  sample.now = now;
  sample.una = snd.una;
  sample.nxt = snd.nxt;
  sample.acked = sample.cumulative = 0;
  enterRecovery(sender, Phase.cwr, sample);
  return true;
}

/** RACK's own timer: RFC 8985 §6.2 step 5, RACK_detect_loss_and_arm_timer(). */
export function reorderingTimeout(tcb: Tcb, sender: Sender, now: number): void {
  const { snd } = tcb;
  const sample = SAMPLE;
  sample.now = now;
  sample.una = snd.una;
  sample.nxt = snd.nxt;
  sample.acked = sample.cumulative = 0;
  const before = sender.recovery.phase;
  const again = detectLosses(tcb, sender, sample, now, false);
  if (before <= Phase.cwr && sender.recovery.phase === Phase.recovery) {
    sample.acked = 1; // no ACK is there to go by: one octet, as Linux has one segment
    reduce(tcb, sender, sample, false);
  }
  if (snd.una !== snd.nxt) armTimers(tcb, sender, now, false, again);
}

/** RFC 6298 §5.2, §5.3; RFC 8985 §6.2 and §7.2 on the same timer. */
function armTimers(
  tcb: Tcb,
  sender: Sender,
  now: number,
  restart: boolean,
  reoTimeout: number,
): void {
  const { snd, timers } = tcb;
  if (snd.una === snd.nxt) {
    timers.stop(Timer.Retransmit);
    sender.armed = Armed.rto;
    return;
  }
  if (restart) sender.rtoAt = now + tcb.rto.rto;
  else if (!timers.running(Timer.Retransmit)) return;
  if (reoTimeout > 0 && now + reoTimeout < sender.rtoAt) {
    sender.armed = Armed.reo;
    timers.set(Timer.Retransmit, now + reoTimeout);
    return;
  }
  if (restart && schedulePto(tcb, sender, now)) return;
  if (!restart && sender.armed === Armed.pto && sender.queue.sackedCount === 0) return;
  sender.armed = Armed.rto;
  timers.set(Timer.Retransmit, sender.rtoAt);
}
