/** ProbeRTT and restarting from idle: draft-ietf-ccwg-bbr §5.3.4 and §5.4. */
import { setPacingRateWithGain } from './control.ts';
import { restoreCwnd, saveCwnd } from './losses.ts';
import {
  enterProbeRtt,
  enterStartup,
  resetShortTermModel,
  startProbeBwCruise,
  startProbeBwDown,
  startRound,
} from './phases.ts';
import { bdpMultiple, inProbeBw, type BbrState } from './state.ts';

const PROBE_RTT_CWND_GAIN = 0.5;
const PROBE_RTT_DURATION = 200; // ms

/** CheckProbeRTT */
export function checkProbeRtt(b: BbrState): void {
  if (b.phase !== 'ProbeRTT' && b.probeRttExpired && !b.idleRestart) {
    saveCwnd(b);
    enterProbeRtt(b);
    b.probeRttDoneStamp = 0;
    b.ackPhase = 'ACKS_PROBE_STOPPING';
    startRound(b);
  }
  if (b.phase === 'ProbeRTT') handleProbeRtt(b);
  if (b.rs.delivered > 0) b.idleRestart = false;
}

function handleProbeRtt(b: BbrState): void {
  b.rate.markAppLimited(b.inflight); // ignore low rate samples
  if (b.probeRttDoneStamp === 0) {
    if (b.inflight > probeRttCwnd(b)) return;
    b.probeRttDoneStamp = b.now + PROBE_RTT_DURATION;
    b.probeRttRoundDone = false;
    startRound(b);
    return;
  }
  if (b.roundStart) b.probeRttRoundDone = true;
  if (b.probeRttRoundDone) checkProbeRttDone(b);
}

function checkProbeRttDone(b: BbrState): void {
  if (b.probeRttDoneStamp === 0 || b.now <= b.probeRttDoneStamp) return;
  b.probeRttMinStamp = b.now; // schedules the next one
  restoreCwnd(b);
  resetShortTermModel(b);
  if (b.fullBwReached) {
    startProbeBwDown(b, 'BBR §5.3.4.4: ProbeRTT is over');
    startProbeBwCruise(b);
  } else {
    enterStartup(b);
  }
}

/** ProbeRTTCwnd */
export function probeRttCwnd(b: BbrState): number {
  return Math.max(bdpMultiple(b, b.bw, PROBE_RTT_CWND_GAIN), b.minPipeCwnd);
}

/** HandleRestartFromIdle: something is sent, nothing was in flight, and text had run out. */
export function handleRestartFromIdle(b: BbrState): void {
  b.idleRestart = true;
  b.extraAckedIntervalStart = b.now;
  if (inProbeBw(b)) setPacingRateWithGain(b, 1);
  else if (b.phase === 'ProbeRTT') checkProbeRttDone(b);
}
