/**
 * Entering each phase of BBR: draft-ietf-ccwg-bbr §5.3 and its table of gains, §5.6.1. What decides
 * about the transitions is in startup.ts, probe-bw.ts, probe-rtt.ts and losses.ts.
 */
import type { BbrPhase, BbrState } from './state.ts';

interface Gains {
  readonly pacing: number;
  readonly cwnd: number;
}

const GAINS: Readonly<Record<BbrPhase, Gains>> = {
  Startup: { pacing: 2.77, cwnd: 2 }, // 4 * ln(2), BBR.StartupPacingGain
  Drain: { pacing: 0.5, cwnd: 2 },
  ProbeBW_DOWN: { pacing: 0.9, cwnd: 2 },
  ProbeBW_CRUISE: { pacing: 1, cwnd: 2 },
  ProbeBW_REFILL: { pacing: 1, cwnd: 2 },
  ProbeBW_UP: { pacing: 1.25, cwnd: 2.25 },
  ProbeRTT: { pacing: 1, cwnd: 0.5 },
};

const LEAST_WAIT = 2000; //   ms, PickProbeWait
const RANDOM_WAIT = 1000; //  ms
const MOST_UP_ROUNDS = 30;

function enter(b: BbrState, phase: BbrPhase, why: string): void {
  b.phase = phase;
  b.pacingGain = GAINS[phase].pacing;
  b.cwndGain = GAINS[phase].cwnd;
  b.why = why;
}

export function enterStartup(b: BbrState): void {
  enter(b, 'Startup', 'BBR §5.3.1: Startup');
}

export function enterDrain(b: BbrState): void {
  enter(b, 'Drain', 'BBR §5.3.2: the pipe is full, Drain');
  b.drainStartRound = b.roundCount;
}

export function startProbeBwDown(b: BbrState, why: string): void {
  resetCongestionSignals(b);
  b.probeUpAckedPerInc = Infinity; // not growing inflight_longterm
  pickProbeWait(b);
  b.cycleStamp = b.now;
  b.ackPhase = 'ACKS_PROBE_STOPPING';
  startRound(b);
  enter(b, 'ProbeBW_DOWN', why);
}

export function startProbeBwCruise(b: BbrState): void {
  enter(b, 'ProbeBW_CRUISE', 'BBR §5.3.3.2: the queue is drained, ProbeBW_CRUISE');
}

export function startProbeBwRefill(b: BbrState, why: string): void {
  resetShortTermModel(b);
  b.bwProbeUpRounds = 0;
  b.bwProbeUpAcked = 0;
  b.prevProbePrecautionary = false;
  b.ackPhase = 'ACKS_REFILLING';
  startRound(b);
  enter(b, 'ProbeBW_REFILL', why);
}

export function startProbeBwUp(b: BbrState): void {
  b.ackPhase = 'ACKS_PROBE_STARTING';
  startRound(b);
  resetFullBw(b);
  b.fullBw = b.rs.deliveryRate;
  enter(b, 'ProbeBW_UP', 'BBR §5.3.3.4: a round of REFILL is over, ProbeBW_UP');
  raiseInflightLongtermSlope(b);
}

export function enterProbeRtt(b: BbrState): void {
  enter(b, 'ProbeRTT', 'BBR §5.3.4: no low round trip for 5 s, ProbeRTT');
}

/** RaiseInflightLongtermSlope: 1, 2, 4, ... segments a round. */
export function raiseInflightLongtermSlope(b: BbrState): void {
  const growthThisRound = 2 ** b.bwProbeUpRounds;
  b.bwProbeUpRounds = Math.min(b.bwProbeUpRounds + 1, MOST_UP_ROUNDS);
  b.probeUpAckedPerInc = Math.max(b.cwnd / growthThisRound, b.smss);
}

// §5.3.3.5.3
function pickProbeWait(b: BbrState): void {
  b.roundsSinceProbeUp = b.random() < 0.5 ? 0 : 1;
  b.bwProbeWait = LEAST_WAIT + b.random() * RANDOM_WAIT;
}

/** StartRound: it ends when something sent from now on is acknowledged. */
export function startRound(b: BbrState): void {
  b.nextRoundDelivered = b.rate.delivered;
}

export function resetFullBw(b: BbrState): void {
  b.fullBw = 0;
  b.fullBwCount = 0;
  b.fullBwNow = false;
}

export function resetCongestionSignals(b: BbrState): void {
  b.isLossInRound = false;
  b.bwLatest = 0;
  b.inflightLatest = 0;
}

export function resetShortTermModel(b: BbrState): void {
  b.bwShortterm = Infinity;
  b.inflightShortterm = Infinity;
}
