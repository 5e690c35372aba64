/** BBR's model of the path: draft-ietf-ccwg-bbr §5.5.1 to §5.5.9, and its signals, §5.5.10.3. */
import { adaptLowerBoundsFromCongestion } from './losses.ts';
import { startRound } from './phases.ts';
import type { BbrState } from './state.ts';

const EXTRA_ACKED_FILTER_LEN = 10; // rounds
const MIN_RTT_FILTER_LEN = 10_000; // ms
const PROBE_RTT_INTERVAL = 5000; //   ms

/** UpdateLatestDeliverySignals: near the start of ACK processing. */
export function updateLatestDeliverySignals(b: BbrState): void {
  const { rs } = b;
  b.lossRoundStart = false;
  b.bwLatest = Math.max(b.bwLatest, rs.deliveryRate);
  b.inflightLatest = Math.max(b.inflightLatest, rs.delivered);
  if (!rs.hasData || rs.priorDelivered < b.lossRoundDelivered) return;
  b.lossRoundDelivered = b.rate.delivered;
  b.lossRoundStart = true;
}

/** UpdateCongestionSignals */
export function updateCongestionSignals(b: BbrState): void {
  updateMaxBw(b);
  if (!b.lossRoundStart) return; // wait until the end of the round trip
  adaptLowerBoundsFromCongestion(b);
  b.isLossInRound = false;
}

function updateMaxBw(b: BbrState): void {
  const { rs } = b;
  updateRound(b);
  if (rs.deliveryRate <= 0 || (rs.deliveryRate < b.maxBw && rs.isAppLimited)) return;
  b.maxBwNow = Math.max(b.maxBwNow, rs.deliveryRate);
  b.maxBw = Math.max(b.maxBwNow, b.maxBwBefore);
}

function updateRound(b: BbrState): void {
  b.roundStart = b.rs.hasData && b.rs.priorDelivered >= b.nextRoundDelivered;
  if (!b.roundStart) return;
  startRound(b);
  b.roundCount++;
  b.roundsSinceProbeUp++;
}

/** AdvanceMaxBwFilter: a cycle is over. One without samples does not count. */
export function advanceMaxBwFilter(b: BbrState): void {
  if (b.maxBwNow === 0) return;
  b.maxBwBefore = b.maxBwNow;
  b.maxBwNow = 0;
}

/** UpdateACKAggregation */
export function updateAckAggregation(b: BbrState): void {
  let expectedDelivered = b.bw * (b.now - b.extraAckedIntervalStart);
  if (b.extraAckedDelivered <= expectedDelivered) {
    b.extraAckedDelivered = 0;
    b.extraAckedIntervalStart = b.now;
    expectedDelivered = 0;
  }
  b.extraAckedDelivered += b.rs.newlyAcked;
  const extra = Math.min(b.extraAckedDelivered - expectedDelivered, b.cwnd);
  const length = b.fullBwReached ? EXTRA_ACKED_FILTER_LEN : 1;
  b.extraAcked = b.extraAckedFilter.update(extra, b.roundCount, length);
}

/** UpdateMinRTT: §5.3.4.3 */
export function updateMinRtt(b: BbrState): void {
  const { rs, now } = b;
  b.probeRttExpired = now > b.probeRttMinStamp + PROBE_RTT_INTERVAL;
  if (rs.rtt >= 0 && (rs.rtt < b.probeRttMinDelay || b.probeRttExpired)) {
    b.probeRttMinDelay = rs.rtt;
    b.probeRttMinStamp = now;
  }
  const minRttExpired = now > b.minRttStamp + MIN_RTT_FILTER_LEN;
  if (b.probeRttMinDelay < b.minRtt || minRttExpired) {
    b.minRtt = b.probeRttMinDelay;
    b.minRttStamp = b.probeRttMinStamp;
  }
}

/** AdvanceLatestDeliverySignals: near the end of ACK processing. */
export function advanceLatestDeliverySignals(b: BbrState): void {
  if (!b.lossRoundStart) return;
  b.bwLatest = b.rs.deliveryRate;
  b.inflightLatest = b.rs.delivered;
}

/** BoundBWForModel */
export function boundBwForModel(b: BbrState): void {
  b.bw = Math.min(b.maxBw, b.bwShortterm);
}
