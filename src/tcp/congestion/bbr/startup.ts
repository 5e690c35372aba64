/** When Startup and Drain are over: draft-ietf-ccwg-bbr §5.3.1 and §5.3.2. */
import { inflightTooHigh } from './losses.ts';
import { enterDrain, resetFullBw, startProbeBwDown } from './phases.ts';
import { bdpMultiple, inflightFor, type BbrState } from './state.ts';

const FULL_BW_GROWTH = 1.25;
const FULL_BW_ROUNDS = 3;
const FULL_LOSS_COUNT = 6; //    BBRStartupFullLossCnt: discontiguous ranges
const MOST_DRAIN_ROUNDS = 3;

/** CheckFullBWReached: three rounds without a quarter more. */
export function checkFullBwReached(b: BbrState): void {
  const { rs } = b;
  if (b.fullBwNow || !b.roundStart || rs.isAppLimited) return;
  if (rs.deliveryRate >= b.fullBw * FULL_BW_GROWTH) {
    resetFullBw(b);
    b.fullBw = rs.deliveryRate;
    return;
  }
  b.fullBwCount++;
  b.fullBwNow = b.fullBwCount >= FULL_BW_ROUNDS;
  if (b.fullBwNow) b.fullBwReached = true;
}

export function checkStartupDone(b: BbrState): void {
  checkStartupHighLoss(b);
  if (b.phase === 'Startup' && b.fullBwReached) enterDrain(b);
}

function checkStartupHighLoss(b: BbrState): void {
  const { lossRanges } = b;
  if (b.lossRoundStart) b.lossRanges = 0;
  if (b.phase !== 'Startup' || !b.inRecovery || b.fullBwReached) return;
  if (!b.hasSelectiveAcks) {
    if (lossRanges > 0) leaveForLoss(b);
    return;
  }
  if (!b.lossRoundStart || b.roundCount <= b.recoveryRound) return; // a full round in recovery
  if (lossRanges < FULL_LOSS_COUNT || !inflightTooHigh(b, b.rs.lost, b.rs.txInFlight)) return;
  leaveForLoss(b);
}

/** Too much of a round was lost or marked: Startup has filled the pipe. */
export function leaveForLoss(b: BbrState): void {
  b.undoPhase = 'Startup';
  b.fullBwNow = true;
  b.fullBwReached = true;
  bdpMultiple(b, b.bw, 1);
  b.inflightLongterm = Math.max(b.bdp, b.inflightLatest, b.minPipeCwnd);
}

export function checkDrainDone(b: BbrState): void {
  if (b.phase !== 'Drain') return;
  const drained = b.inflight <= inflightFor(b, b.bw, 1);
  if (drained || b.roundCount > b.drainStartRound + MOST_DRAIN_ROUNDS) {
    startProbeBwDown(b, 'BBR §5.3.2: drained, ProbeBW_DOWN');
  }
}
