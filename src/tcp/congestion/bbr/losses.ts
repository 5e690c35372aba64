/**
 * What BBR concludes from losses and marks, and how it takes that back: draft-ietf-ccwg-bbr §5.5.10 and
 * §5.5.11.
 */
import type { RateStamp } from '../../delivery-rate.ts';
import { enterStartup, resetFullBw, startProbeBwDown, startProbeBwRefill } from './phases.ts';
import { BETA, LOSS_THRESH, probingBw, targetInflight, type BbrState } from './state.ts';

/** IsInflightTooHigh: `lost` octets of `txInFlight`. */
export function inflightTooHigh(b: BbrState, lost: number, txInFlight: number): boolean {
  return lost > txInFlight * LOSS_THRESH || (lost > 0 && !b.hasSelectiveAcks);
}

/** HandleLostPacket */
export function handleLostPacket(b: BbrState, p: RateStamp, octets: number): void {
  noteLoss(b, p.order);
  if (p.order !== b.lastLost + 1) b.lossRanges++;
  b.lastLost = p.order;
  if (!b.isBwProbeSample) return; // not sent while probing for bandwidth
  const lost = b.rate.lost - p.lost;
  if (!inflightTooHigh(b, lost, p.txInFlight)) return;
  handleInflightTooHigh(b, inflightAtLoss(p.txInFlight, lost, octets), p.isAppLimited);
}

/** At what volume in flight did the losses exceed LossThresh? */
function inflightAtLoss(txInFlight: number, lost: number, size: number): number {
  const inflightPrev = txInFlight - size;
  const lostPrev = lost - size;
  const lostPrefix = (LOSS_THRESH * inflightPrev - lostPrev) / (1 - LOSS_THRESH);
  return inflightPrev + lostPrefix;
}

/** HandleInflightTooHigh: once per probe. */
export function handleInflightTooHigh(b: BbrState, txInFlight: number, appLimited: boolean): void {
  b.prevProbeTooHigh = true;
  b.isBwProbeSample = false;
  if (!appLimited) b.inflightLongterm = Math.max(txInFlight, targetInflight(b) * BETA);
  if (b.phase !== 'ProbeBW_UP') return;
  b.undoPhase = 'ProbeBW_UP';
  startProbeBwDown(b, 'BBR §5.5.10.2: more than LossThresh is lost, ProbeBW_DOWN');
}

/**
 * NoteLoss of the `order`th transmission. The draft saves once per round, and forgets with the first
 * loss that ends ProbeBW_UP that it has: here, what left before an episode was found belongs to it.
 */
export function noteLoss(b: BbrState, order: number): void {
  if (!b.isLossInRound) b.lossRoundDelivered = b.rate.delivered;
  b.isLossInRound = true;
  if (order <= b.episodeEnd) return;
  b.episodeEnd = b.rate.transmissions;
  saveStateUponLoss(b);
}

export function saveStateUponLoss(b: BbrState): void {
  saveCwnd(b);
  b.undoPhase = undefined;
  b.undoBwShortterm = b.bwShortterm;
  b.undoInflightShortterm = b.inflightShortterm;
  b.undoInflightLongterm = b.inflightLongterm;
}

/** SaveCwnd: the last cwnd that neither recovery nor ProbeRTT had to do with. */
export function saveCwnd(b: BbrState): void {
  const untouched = !b.inRecovery && b.phase !== 'ProbeRTT';
  b.priorCwnd = untouched ? b.cwnd : Math.max(b.priorCwnd, b.cwnd);
}

export function restoreCwnd(b: BbrState): void {
  b.cwnd = Math.max(b.cwnd, b.priorCwnd);
}

/** AdaptLowerBoundsFromCongestion: once per round trip. */
export function adaptLowerBoundsFromCongestion(b: BbrState): void {
  if (probingBw(b) || !b.isLossInRound) return;
  if (b.bwShortterm === Infinity) b.bwShortterm = b.maxBw;
  if (b.inflightShortterm === Infinity) b.inflightShortterm = b.cwnd;
  b.bwShortterm = Math.max(b.bwLatest, BETA * b.bwShortterm);
  b.inflightShortterm = Math.max(b.inflightLatest, BETA * b.inflightShortterm);
  b.why = 'BBR §5.5.10.3: losses while not probing, the short-term bounds';
}

/** HandleSpuriousLossDetection */
export function handleSpuriousLossDetection(b: BbrState): void {
  restoreCwnd(b);
  b.isLossInRound = false;
  resetFullBw(b);
  b.bwShortterm = Math.max(b.bwShortterm, b.undoBwShortterm);
  b.inflightShortterm = Math.max(b.inflightShortterm, b.undoInflightShortterm);
  b.inflightLongterm = Math.max(b.inflightLongterm, b.undoInflightLongterm);
  b.why = 'BBR §5.5.11.2: the loss was spurious';
  if (b.undoPhase === 'Startup' && b.phase !== 'Startup') {
    b.fullBwReached = false;
    if (b.phase !== 'ProbeRTT') enterStartup(b);
  } else if (b.undoPhase === 'ProbeBW_UP' && b.phase !== 'ProbeBW_UP') {
    if (b.phase !== 'ProbeRTT') startProbeBwRefill(b, 'BBR §5.5.11.2: probing goes on');
  }
  b.undoPhase = undefined;
}
