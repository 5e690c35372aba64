/** BBR's congestion window: draft-ietf-ccwg-bbr §5.6.4. */
import { probeRttCwnd } from './probe-rtt.ts';
import {
  bdpMultiple,
  inflightWithHeadroom,
  inProbeBw,
  quantizationBudget,
  type BbrState,
} from './state.ts';

/** SetCwnd */
export function setCwnd(b: BbrState): void {
  updateMaxInflight(b);
  const { newlyAcked } = b.rs;
  if (b.fullBwReached) {
    b.cwnd = Math.min(b.cwnd + newlyAcked, b.maxInflight);
  } else if (b.cwnd < b.maxInflight || b.rate.delivered < b.initialCwnd) {
    b.cwnd += newlyAcked;
  }
  b.cwnd = Math.max(b.cwnd, b.minPipeCwnd);
  if (b.phase === 'ProbeRTT') b.cwnd = Math.min(b.cwnd, probeRttCwnd(b));
  boundCwndForModel(b);
  b.cwnd = Math.floor(b.cwnd);
}

function updateMaxInflight(b: BbrState): void {
  const inflightCap = bdpMultiple(b, b.bw, b.cwndGain) + b.extraAcked;
  b.maxInflight = quantizationBudget(b, inflightCap);
}

function boundCwndForModel(b: BbrState): void {
  let cap = Infinity;
  if (b.phase === 'ProbeRTT' || b.phase === 'ProbeBW_CRUISE') cap = inflightWithHeadroom(b);
  else if (inProbeBw(b)) cap = b.inflightLongterm;
  cap = Math.max(Math.min(cap, b.inflightShortterm), b.minPipeCwnd);
  b.cwnd = Math.min(b.cwnd, cap);
}
