/** The cycle of ProbeBW: draft-ietf-ccwg-bbr §5.3.3. */
import { inflightTooHigh } from './losses.ts';
import { advanceMaxBwFilter } from './model.ts';
import {
  raiseInflightLongtermSlope,
  resetFullBw,
  startProbeBwCruise,
  startProbeBwDown,
  startProbeBwRefill,
  startProbeBwUp,
} from './phases.ts';
import {
  inflightFor,
  inflightWithHeadroom,
  inProbeBw,
  targetInflight,
  type BbrState,
} from './state.ts';

const MOST_RENO_ROUNDS = 63; // IsRenoCoexistenceProbeTime

/** UpdateProbeBWCyclePhase: on each ACK of new data. */
export function updateProbeBwCyclePhase(b: BbrState): void {
  if (!b.fullBwReached) return; // only steady-state behaviour here
  if (adaptLongTermModel(b)) return;
  switch (b.phase) {
    case 'ProbeBW_DOWN':
      if (timeToProbeBw(b)) return;
      if (timeToCruise(b)) startProbeBwCruise(b);
      return;
    case 'ProbeBW_CRUISE':
      timeToProbeBw(b);
      return;
    case 'ProbeBW_REFILL':
      if (!b.roundStart) return;
      b.isBwProbeSample = true;
      startProbeBwUp(b);
      return;
    case 'ProbeBW_UP':
      if (!timeToGoDown(b)) return;
      b.prevProbeTooHigh = false; // no high loss (yet)
      startProbeBwDown(b, 'BBR §5.3.3.4: enough of probing, ProbeBW_DOWN');
      return;
    default:
      return;
  }
}

/** IsTimeToProbeBW: 2 to 3 s, or as many rounds as Reno would need. */
function timeToProbeBw(b: BbrState): boolean {
  const renoRounds = Math.min(targetInflight(b) / b.smss, MOST_RENO_ROUNDS);
  const elapsed = b.now > b.cycleStamp + b.bwProbeWait;
  if (!elapsed && b.roundsSinceProbeUp < renoRounds) return false;
  startProbeBwRefill(b, 'BBR §5.3.3.5: time to probe, ProbeBW_REFILL');
  return true;
}

function timeToCruise(b: BbrState): boolean {
  if (b.inflight > inflightWithHeadroom(b)) return false;
  return b.inflight <= inflightFor(b, b.maxBw, 1);
}

function timeToGoDown(b: BbrState): boolean {
  // Precautionary bandwidth probing: deceleration
  if (b.prevProbeTooHigh && b.inflight >= b.inflightLongterm) {
    b.prevProbePrecautionary = true;
    return true;
  }
  if (b.cwndLimited && b.cwnd >= b.inflightLongterm) {
    resetFullBw(b); // bw is limited by inflight_longterm
    b.fullBw = b.rs.deliveryRate;
    return false;
  }
  return b.fullBwNow;
}

/** AdaptLongTermModel: true when it decided about a transition. */
function adaptLongTermModel(b: BbrState): boolean {
  if (b.ackPhase === 'ACKS_PROBE_STARTING' && b.roundStart) b.ackPhase = 'ACKS_PROBE_FEEDBACK';
  if (b.ackPhase === 'ACKS_PROBE_STOPPING' && b.roundStart) {
    b.isBwProbeSample = false;
    b.ackPhase = 'ACKS_INIT';
    if (inProbeBw(b) && !b.rs.isAppLimited) advanceMaxBwFilter(b);
    // Precautionary bandwidth probing: acceleration
    if (inProbeBw(b) && b.prevProbePrecautionary && !b.prevProbeTooHigh) {
      startProbeBwRefill(b, 'BBR §5.3.3.4: the cautious probe lost nothing, ProbeBW_REFILL');
      return true;
    }
  }
  const { rs } = b;
  if (inflightTooHigh(b, rs.lost, rs.txInFlight)) return false;
  if (b.inflightLongterm === Infinity) return false; // no upper bound to raise
  if (rs.txInFlight > b.inflightLongterm) b.inflightLongterm = rs.txInFlight;
  if (b.phase === 'ProbeBW_UP') probeInflightLongtermUpward(b);
  return false;
}

function probeInflightLongtermUpward(b: BbrState): void {
  if (!b.cwndLimited || b.cwnd < b.inflightLongterm) return;
  b.bwProbeUpAcked += b.rs.newlyAcked;
  if (b.bwProbeUpAcked >= b.probeUpAckedPerInc) {
    const delta = Math.floor(b.bwProbeUpAcked / b.probeUpAckedPerInc);
    b.bwProbeUpAcked -= delta * b.probeUpAckedPerInc;
    b.inflightLongterm += delta * b.smss;
  }
  if (b.roundStart) raiseInflightLongtermSlope(b);
}
