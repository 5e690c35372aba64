/**
 * What BBR version 3 knows: draft-ietf-ccwg-bbr §2, under its names. Plain data; the functions of this
 * folder, a file for each section, work on it in place. Octets, ms, octets per ms.
 */
import { DeliveryRate, RateSample } from '../../delivery-rate.ts';
import { INFINITE_SSTHRESH } from '../control.ts';
import { WindowedMax } from './windowed-max.ts';

export type BbrPhase =
  | 'Startup'
  | 'Drain'
  | 'ProbeBW_DOWN'
  | 'ProbeBW_CRUISE'
  | 'ProbeBW_REFILL'
  | 'ProbeBW_UP'
  | 'ProbeRTT';

/** What the acknowledgments that arrive say about probing: §2.13. */
export type AckPhase =
  | 'ACKS_INIT'
  | 'ACKS_REFILLING'
  | 'ACKS_PROBE_STARTING'
  | 'ACKS_PROBE_FEEDBACK'
  | 'ACKS_PROBE_STOPPING';

export const LOSS_THRESH = 0.02; //              BBR.LossThresh
export const BETA = 0.7; //                      BBR.Beta
export const HEADROOM = 0.15; //                 BBR.Headroom
const MIN_PIPE_CWND = 4; //                      segments, BBR.MinPipeCwnd

export class BbrState {
  readonly rate: DeliveryRate = new DeliveryRate();
  rs: RateSample = new RateSample();
  /** Why the phase or a bound changed last. */
  why = '';
  now = 0;

  // C: the connection
  cwnd = 0;
  ssthresh: number = INFINITE_SSTHRESH; // BBR has none; what other controllers would continue with
  pacingRate = 0;
  sendQuantum = 0;
  smss = 0;
  initialCwnd = 0;
  inflight = 0;
  cwndLimited = false;
  inRecovery = false;
  hasSelectiveAcks = false;

  // §2.7 General algorithm state
  phase: BbrPhase = 'Startup';
  pacingGain = 1;
  cwndGain = 1;
  roundCount = 0;
  roundStart = false;
  nextRoundDelivered = 0;
  idleRestart = false;
  drainStartRound = 0;
  seenRtt = false; //               the first pacing rate was made of a measured round trip

  // §2.9 The model
  maxBw = 0;
  bwShortterm: number = Infinity;
  bw = 0;
  minRtt: number = Infinity;
  bdp = 0;
  extraAcked = 0;
  maxInflight = 0;
  inflightLongterm: number = Infinity;
  inflightShortterm: number = Infinity;

  // §2.10 Responding to congestion
  bwLatest = 0;
  inflightLatest = 0;
  lossRoundDelivered = 0;
  lossRoundStart = false;
  isLossInRound = false;
  lossRanges = 0; //                discontiguous ranges lost in this round
  lastLost = 0; //                  the transmission that was lost last
  recoveryRound = 0; //             roundCount when recovery began

  // §2.11, §2.12 Filters
  maxBwBefore = 0; //               of the cycle before: BBR.max_bw_filter has two slots
  maxBwNow = 0; //                  of this one
  extraAckedIntervalStart = 0;
  extraAckedDelivered = 0;
  readonly extraAckedFilter: WindowedMax = new WindowedMax();

  // §2.13 Startup
  fullBwReached = false;
  fullBwNow = false;
  fullBw = 0;
  fullBwCount = 0;

  // §2.14 ProbeBW
  ackPhase: AckPhase = 'ACKS_INIT';
  isBwProbeSample = false;
  bwProbeUpAcked = 0;
  probeUpAckedPerInc: number = Infinity;
  bwProbeUpRounds = 0;
  roundsSinceProbeUp = 0;
  bwProbeWait = 0;
  cycleStamp = 0;
  prevProbeTooHigh = false;
  prevProbePrecautionary = false;
  #random: number;

  // §2.15 Undo
  undoPhase: 'Startup' | 'ProbeBW_UP' | undefined = undefined;
  episodeEnd = 0; //               the last transmission of the episode that was saved
  undoBwShortterm = 0;
  undoInflightShortterm = 0;
  undoInflightLongterm = 0;
  priorCwnd = 0;

  // §2.16 ProbeRTT and min_rtt
  minRttStamp = 0;
  probeRttMinDelay: number = Infinity;
  probeRttMinStamp = 0;
  probeRttExpired = false;
  probeRttDoneStamp = 0; //         0: not set
  probeRttRoundDone = false;

  /** `seed`: what the cycle's random part is made of; any integer. */
  constructor(seed: number) {
    this.#random = seed | 0 || 1;
  }

  /** The next of a sequence in [0, 1) that depends on the seed alone: xorshift, Marsaglia 2003. */
  random(): number {
    let x = this.#random;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#random = x;
    return (x >>> 0) / 2 ** 32;
  }

  get minPipeCwnd(): number {
    return MIN_PIPE_CWND * this.smss;
  }
}

export function inProbeBw(b: BbrState): boolean {
  switch (b.phase) {
    case 'ProbeBW_DOWN':
    case 'ProbeBW_CRUISE':
    case 'ProbeBW_REFILL':
    case 'ProbeBW_UP':
      return true;
    default:
      return false;
  }
}

/** IsProbingBW. */
export function probingBw(b: BbrState): boolean {
  return b.phase === 'Startup' || b.phase === 'ProbeBW_REFILL' || b.phase === 'ProbeBW_UP';
}

/** BDPMultiple. */
export function bdpMultiple(b: BbrState, bw: number, gain: number): number {
  if (b.minRtt === Infinity) return b.initialCwnd; // no valid RTT samples yet
  b.bdp = b.bw * b.minRtt;
  return gain * bw * b.minRtt;
}

/** Inflight: as much as `bw` needs in flight, and the budget of quanta and delayed ACKs. */
export function inflightFor(b: BbrState, bw: number, gain: number): number {
  return quantizationBudget(b, bdpMultiple(b, bw, gain));
}

/** QuantizationBudget: §5.5.8 and §5.6.4.2. */
export function quantizationBudget(b: BbrState, inflightCap: number): number {
  const offloadBudget = 3 * b.sendQuantum;
  const cap = Math.max(inflightCap, offloadBudget, b.minPipeCwnd);
  return b.phase === 'ProbeBW_UP' ? cap + 2 * b.smss : cap;
}

/** How much is wanted in flight: the BDP, unless congestion cut cwnd. */
export function targetInflight(b: BbrState): number {
  return Math.min(b.bdp, b.cwnd);
}

/** InflightWithHeadroom: leaves room in the bottleneck for others. */
export function inflightWithHeadroom(b: BbrState): number {
  if (b.inflightLongterm === Infinity) return Infinity;
  const headroom = Math.max(b.smss, HEADROOM * b.inflightLongterm);
  return Math.max(b.inflightLongterm - headroom, b.minPipeCwnd);
}
