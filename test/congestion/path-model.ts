/**
 * A path without a TCP around it: flows of segments through one bottleneck with a queue, in virtual
 * time. Every segment is acknowledged; what three later ones overtook is lost. Deterministic.
 */
import { AckSample, type CongestionControl } from '../../src/tcp/congestion/control.ts';
import type { RateStamp } from '../../src/tcp/delivery-rate.ts';
import { Pacer, pacingRateOf } from '../../src/tcp/pacer.ts';
import { seq, type Seq } from '../../src/wire/seq.ts';

const RTO = 1000; // ms
const DUP_THRESH = 3;

export interface PathSettings {
  rate: number; //                 octets per ms
  readonly rtt: number; //         ms, of propagation
  readonly buffer: number; //      octets
  loss?: number; //                0 to 1, by chance
  mark?: number; //                octets of queue from which on segments are CE-marked
}

interface Packet {
  readonly flow: Flow;
  readonly start: Seq;
  readonly end: Seq;
  readonly id: number;
  stamp: RateStamp | undefined;
  order: number;
  sentAt: number;
  again: boolean;
  state: 'flying' | 'lost' | 'acked';
  marked: boolean;
}

interface Event {
  readonly at: number;
  readonly n: number;
  readonly run: () => void;
}

/** One sender; `limit`: octets it may have unacknowledged by its application, Infinity: bulk. */
export class Flow {
  readonly control: CongestionControl;
  readonly smss: number;
  paced: boolean;
  limit: number = Infinity;
  delivered = 0;
  lost = 0;
  inFlight = 0;
  srtt = -1;
  inRecovery = false;
  readonly queue: Packet[] = [];
  readonly pacer: Pacer = new Pacer();
  una = 0;
  nxt = 0;
  order = 0;
  recover = 0;
  lastProgress = 0;
  timeouts = 0;
  wakeAt: number = Infinity;
  full = false;

  constructor(control: CongestionControl, smss: number, paced: boolean) {
    this.control = control;
    this.smss = smss;
    this.paced = paced;
  }
}

export class PathModel {
  now = 0;
  readonly path: PathSettings;
  readonly flows: Flow[] = [];
  /** Octets that wait at the bottleneck. */
  queued = 0;
  largestQueue = 0;
  dropped = 0;
  #busyUntil = 0;
  #events: Event[] = [];
  #n = 0;
  #random: number;
  readonly #sample = new AckSample();

  constructor(path: PathSettings, seed: number = 1) {
    this.path = path;
    this.#random = seed;
  }

  add(control: CongestionControl, smss: number = 1448): Flow {
    const paced = control.pacingRate > 0;
    const flow = new Flow(control, smss, paced);
    this.flows.push(flow);
    flow.lastProgress = this.now;
    this.#send(flow);
    this.#watch(flow);
    return flow;
  }

  /** The application has something to send again. */
  resume(flow: Flow): void {
    this.#send(flow);
  }

  run(until: number): void {
    for (;;) {
      const next = this.#events[0];
      if (next === undefined || next.at > until) break;
      this.#pop();
      this.now = next.at;
      next.run();
    }
    this.now = until;
  }

  #chance(): number {
    this.#random = (Math.imul(this.#random, 1664525) + 1013904223) | 0;
    return (this.#random >>> 0) / 2 ** 32;
  }

  #watch(flow: Flow): void {
    this.#at(this.now + RTO / 4, () => {
      if (flow.nxt > flow.una && this.now - flow.lastProgress > RTO) this.#timeout(flow);
      this.#watch(flow);
    });
  }

  #timeout(flow: Flow): void {
    flow.timeouts++;
    flow.lastProgress = this.now;
    for (const packet of flow.queue) if (packet.state === 'flying') this.#markLost(flow, packet);
    flow.control.timedOut((flow.nxt - flow.una) * flow.smss, true, this.now);
    flow.inRecovery = false;
    flow.recover = flow.nxt;
    this.#send(flow);
  }

  #send(flow: Flow): void {
    const { control, smss } = flow;
    for (;;) {
      const lost = flow.queue.find((packet) => packet.state === 'lost');
      if (lost === undefined && (flow.nxt - flow.una) * smss >= flow.limit) {
        control.deliveryRate?.markAppLimited(flow.inFlight);
        flow.full = false;
        return;
      }
      if (flow.inFlight > 0 && flow.inFlight + smss > control.cwnd) {
        flow.full = true;
        return;
      }
      const rate = flow.paced ? pacingRateOf(control, flow.inFlight, flow.srtt) : 0;
      if (!flow.pacer.mayGo(this.now)) return this.#wake(flow);
      flow.pacer.sent(smss, this.now, rate, smss);
      this.#depart(flow, lost ?? this.#fresh(flow));
    }
  }

  #wake(flow: Flow): void {
    if (flow.wakeAt <= flow.pacer.nextTime && flow.wakeAt > this.now) return;
    flow.wakeAt = flow.pacer.nextTime;
    this.#at(flow.wakeAt, () => this.#send(flow));
  }

  #fresh(flow: Flow): Packet {
    const id = flow.nxt++;
    const start = seq(id * flow.smss);
    const end = seq((id + 1) * flow.smss);
    const none = { stamp: undefined, order: 0, sentAt: 0, again: false, marked: false };
    const packet: Packet = { flow, start, end, id, state: 'flying', ...none };
    flow.queue.push(packet);
    return packet;
  }

  #depart(flow: Flow, packet: Packet): void {
    packet.again = packet.order > 0;
    flow.control.deliveryRate?.sent(packet, this.now, flow.inFlight, packet.again);
    packet.state = 'flying';
    packet.order = ++flow.order;
    packet.sentAt = this.now;
    flow.inFlight += flow.smss;
    const { path } = this;
    const { order } = packet;
    if (this.#chance() < (path.loss ?? 0)) return;
    if (this.queued + flow.smss > path.buffer) {
      this.dropped++;
      return;
    }
    packet.marked = path.mark !== undefined && this.queued > path.mark;
    this.queued += flow.smss;
    this.largestQueue = Math.max(this.largestQueue, this.queued);
    this.#busyUntil = Math.max(this.#busyUntil, this.now) + flow.smss / path.rate;
    this.#at(this.#busyUntil, () => {
      this.queued -= flow.smss;
      this.#at(this.now + path.rtt, () => this.#acknowledge(flow, packet, order));
    });
  }

  #acknowledge(flow: Flow, packet: Packet, order: number): void {
    if (packet.state === 'acked') return;
    const { control, smss } = flow;
    const sample = this.#sample;
    const priorInFlight = flow.inFlight;
    control.deliveryRate?.begin();
    if (packet.state === 'flying') flow.inFlight -= smss;
    packet.state = 'acked';
    flow.delivered += smss;
    flow.lastProgress = this.now;
    control.deliveryRate?.arrived(packet, smss, this.now);
    const rtt = packet.again ? -1 : this.now - packet.sentAt;
    if (rtt >= 0) flow.srtt = flow.srtt < 0 ? rtt : flow.srtt + (rtt - flow.srtt) / 8;
    const lost = this.#findLost(flow, order);
    while (flow.queue[0]?.state === 'acked') {
      flow.queue.shift();
      flow.una++;
    }
    if (flow.inRecovery && flow.una >= flow.recover) {
      flow.inRecovery = false;
      control.recoveryEnded(this.now);
    }
    if ((lost > 0 || packet.marked) && !flow.inRecovery && flow.una >= flow.recover) {
      this.#enterRecovery(flow, lost > 0 ? 'loss' : 'ece');
    }
    sample.now = this.now;
    sample.acked = sample.cumulative = smss;
    sample.lost = lost;
    sample.inFlight = flow.inFlight;
    sample.priorInFlight = priorInFlight;
    sample.rtt = rtt;
    sample.cwndLimited = flow.full;
    sample.inRecovery = flow.inRecovery;
    sample.una = seq(flow.una * smss);
    sample.nxt = seq(flow.nxt * smss);
    sample.rate = control.deliveryRate?.sample(rtt);
    control.acknowledged(sample);
    this.#send(flow);
  }

  #enterRecovery(flow: Flow, cause: 'loss' | 'ece'): void {
    const { control } = flow;
    flow.inRecovery = true;
    flow.recover = flow.nxt;
    control.congestionDetected(cause, (flow.nxt - flow.una) * flow.smss, this.now);
    if (!control.ownsRecovery) control.cwnd = control.ssthresh;
  }

  #findLost(flow: Flow, order: number): number {
    let lost = 0;
    for (const packet of flow.queue) {
      if (packet.state !== 'flying' || packet.order > order - DUP_THRESH) continue;
      this.#markLost(flow, packet);
      lost += flow.smss;
    }
    return lost;
  }

  #markLost(flow: Flow, packet: Packet): void {
    packet.state = 'lost';
    flow.inFlight -= flow.smss;
    flow.lost += flow.smss;
    flow.control.deliveryRate?.gone(packet, flow.smss, this.now);
  }

  #at(at: number, run: () => void): void {
    const events = this.#events;
    const event: Event = { at, n: this.#n++, run };
    let i = events.push(event) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(event, events[parent]!)) break;
      events[i] = events[parent]!;
      i = parent;
    }
    events[i] = event;
  }

  #pop(): void {
    const events = this.#events;
    const last = events.pop()!;
    if (events.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= events.length) break;
      if (child + 1 < events.length && before(events[child + 1]!, events[child]!)) child++;
      if (!before(events[child]!, last)) break;
      events[i] = events[child]!;
      i = child;
    }
    events[i] = last;
  }
}

const before = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.n < b.n);

/** Jain's fairness index, 1 when all are equal. */
export function jain(shares: readonly number[]): number {
  const sum = shares.reduce((a, b) => a + b, 0);
  const squares = shares.reduce((a, b) => a + b * b, 0);
  return (sum * sum) / (shares.length * squares);
}

export const MBIT = 125; // octets per ms
