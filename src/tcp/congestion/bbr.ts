/**
 * BBR version 3 as the CCWG publishes it: draft-ietf-ccwg-bbr §5.2. Keeps the order of its steps and its
 * names; each section is a file of bbr/. Departures and what the draft leaves open: ADR-0032.
 */
import type { DeliveryRate, RateObserver, RateStamp } from '../delivery-rate.ts';
import { initPacingRate, setPacingRateWithGain, setSendQuantum } from './bbr/control.ts';
import {
  handleInflightTooHigh,
  handleLostPacket,
  handleSpuriousLossDetection,
  noteLoss,
  restoreCwnd,
  saveCwnd,
  saveStateUponLoss,
} from './bbr/losses.ts';
import {
  advanceLatestDeliverySignals,
  boundBwForModel,
  updateAckAggregation,
  updateCongestionSignals,
  updateLatestDeliverySignals,
  updateMinRtt,
} from './bbr/model.ts';
import { enterStartup } from './bbr/phases.ts';
import { updateProbeBwCyclePhase } from './bbr/probe-bw.ts';
import { checkProbeRtt, handleRestartFromIdle } from './bbr/probe-rtt.ts';
import {
  checkDrainDone,
  checkFullBwReached,
  checkStartupDone,
  leaveForLoss,
} from './bbr/startup.ts';
import { BbrState } from './bbr/state.ts';
import { setCwnd } from './bbr/window.ts';
import type { AckSample, CongestionControl } from './control.ts';

export interface BbrOptions {
  /** What the random part of the cycle is made of: the core has no randomness. An integer. */
  readonly seed: number;
  /** ms, as measured so far; -1: not at all. */
  readonly srtt: number;
  /** Can more than one loss be found in a round trip (RFC 2018)? */
  readonly selectiveAcks: boolean;
}

export class Bbr implements CongestionControl, RateObserver {
  /** All it knows, for tests and traces. */
  readonly state: BbrState;
  readonly #srtt: number;

  constructor({ seed, srtt, selectiveAcks }: BbrOptions) {
    this.state = new BbrState(seed);
    this.state.hasSelectiveAcks = selectiveAcks;
    this.state.rate.observer = this;
    this.#srtt = srtt;
  }

  get name(): 'bbr' {
    return 'bbr';
  }

  get cwnd(): number {
    return this.state.cwnd;
  }

  set cwnd(octets: number) {
    this.state.cwnd = octets;
  }

  get ssthresh(): number {
    return this.state.ssthresh;
  }

  set ssthresh(octets: number) {
    this.state.ssthresh = octets;
  }

  get why(): string {
    return this.state.why;
  }

  get pacingRate(): number {
    return this.state.pacingRate;
  }

  get deliveryRate(): DeliveryRate {
    return this.state.rate;
  }

  get ownsRecovery(): boolean {
    return true;
  }

  // OnInit
  established(smss: number, initialWindow: number, now: number): void {
    const b = this.state;
    b.now = now;
    b.smss = smss;
    b.initialCwnd = initialWindow;
    b.cwnd = initialWindow;
    if (this.#srtt > 0) b.minRtt = this.#srtt;
    b.minRttStamp = now;
    b.probeRttMinStamp = now;
    b.extraAckedIntervalStart = now;
    initPacingRate(b, this.#srtt);
    enterStartup(b);
  }

  smssChanged(smss: number): void {
    const b = this.state;
    b.smss = smss;
    b.cwnd = Math.max(b.cwnd, smss);
  }

  // UpdateOnACK
  acknowledged(sample: AckSample): void {
    const b = this.state;
    b.now = sample.now;
    b.rs = sample.rate ?? b.rate.sample(sample.rtt);
    b.inflight = sample.inFlight;
    b.cwndLimited = sample.cwndLimited;
    b.inRecovery = sample.inRecovery;
    if (!b.seenRtt && b.rs.rtt > 0) initPacingRate(b, b.rs.rtt);
    updateModelAndState(b);
    setPacingRateWithGain(b, b.pacingGain);
    setSendQuantum(b);
    setCwnd(b);
  }

  // OnEnterFastRecovery; and a CE mark is congestion (draft §3.6), as much as LossThresh of a round
  congestionDetected(cause: 'loss' | 'ece', _flightSize: number, now: number): void {
    const b = this.state;
    b.now = now;
    if (cause === 'loss') {
      saveCwnd(b);
      b.recoveryRound = b.roundCount;
      return;
    }
    noteLoss(b, b.rate.transmissions);
    if (b.phase === 'Startup' && !b.fullBwReached) leaveForLoss(b);
    else if (b.isBwProbeSample) handleInflightTooHigh(b, b.rs.txInFlight, b.rs.isAppLimited);
  }

  recoveryEnded(now: number): void {
    this.state.now = now;
    restoreCwnd(this.state);
  }

  // OnEnterRTO: cwnd lets one segment go
  timedOut(_flightSize: number, firstTime: boolean, now: number): void {
    const b = this.state;
    b.now = now;
    if (firstTime) {
      saveStateUponLoss(b);
      b.why = 'BBR §5.6.4.4: a timeout, one segment';
    }
    b.cwnd = b.smss;
  }

  undo(now: number): void {
    this.state.now = now;
    handleSpuriousLossDetection(this.state);
  }

  // §5.4: cwnd stays as it is
  restartedAfterIdle(_idle: number, _rto: number, _now: number): void {}

  packetLost(stamp: RateStamp, octets: number, now: number): void {
    this.state.now = now;
    handleLostPacket(this.state, stamp, octets);
  }

  restartsFromIdle(now: number): void {
    this.state.now = now;
    handleRestartFromIdle(this.state);
  }
}

function updateModelAndState(b: BbrState): void {
  updateLatestDeliverySignals(b);
  updateCongestionSignals(b);
  updateAckAggregation(b);
  checkFullBwReached(b);
  checkStartupDone(b);
  checkDrainDone(b);
  updateProbeBwCyclePhase(b);
  updateMinRtt(b);
  checkProbeRtt(b);
  advanceLatestDeliverySignals(b);
  boundBwForModel(b);
}
