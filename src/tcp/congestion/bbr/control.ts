/** BBR's control parameters, pacing rate and quantum: draft-ietf-ccwg-bbr §5.6.2 and §5.6.3. */
import { quantumOf } from '../../pacer.ts';
import type { BbrState } from './state.ts';

const PACING_MARGIN = 0.99; // BBR.PacingMarginPercent is 1
const STARTUP_PACING_GAIN = 2.77;

/** InitPacingRate; `srtt` in ms, 0 when it is not known. */
export function initPacingRate(b: BbrState, srtt: number): void {
  const nominalBandwidth = b.initialCwnd / (srtt > 0 ? srtt : 1);
  b.pacingRate = STARTUP_PACING_GAIN * nominalBandwidth;
  b.seenRtt = srtt > 0;
  setSendQuantum(b);
}

export function setPacingRateWithGain(b: BbrState, gain: number): void {
  const rate = gain * b.bw * PACING_MARGIN;
  if (rate > 0 && (b.fullBwReached || rate > b.pacingRate)) b.pacingRate = rate;
}

export function setSendQuantum(b: BbrState): void {
  b.sendQuantum = quantumOf(b.pacingRate, b.smss);
}
