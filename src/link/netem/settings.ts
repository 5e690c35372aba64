/**
 * What a network does to packets in one direction. Everything is off unless it is given. Names and
 * meanings are tc-netem's; times in milliseconds, probabilities and correlations from 0 to 1.
 */
import type { CodelSettings } from './codel.ts';
import { DISTRIBUTIONS, type Distribution } from './delay.ts';
import type { GilbertElliott } from './loss.ts';

export interface NetemSettings {
  /** Milliseconds that every packet travels. */
  readonly delay?: number | undefined;
  /** Milliseconds by which the delay varies. Packets overtake each other unless `inOrder`. */
  readonly jitter?: number | undefined;
  /** How it varies: default `uniform`. */
  readonly distribution?: Distribution | undefined;
  /** The share of packets that are delayed as the one before. */
  readonly delayCorrelation?: number | undefined;
  /** Default false: with jitter, packets may overtake each other. */
  readonly inOrder?: boolean | undefined;
  /** Bits per second of a bottleneck in front of the delay. Default Infinity: none. */
  readonly rate?: number | undefined;
  /** Packets that wait for the bottleneck before the next is dropped. Default 1000. */
  readonly queue?: number | undefined;
  /** The same in octets. Default Infinity. */
  readonly queueOctets?: number | undefined;
  /** CoDel at the bottleneck. Default: drop-tail and nothing else. */
  readonly codel?: CodelSettings | undefined;
  /** A probability, or a model of bursts. */
  readonly loss?: number | GilbertElliott | undefined;
  readonly lossCorrelation?: number | undefined;
  /** The probability that a packet arrives twice. */
  readonly duplicate?: number | undefined;
  readonly duplicateCorrelation?: number | undefined;
  /** The probability that one bit of a packet is turned over. */
  readonly corrupt?: number | undefined;
  readonly corruptCorrelation?: number | undefined;
  /** The probability that a packet does not wait for the delay, and so overtakes others. */
  readonly reorder?: number | undefined;
  readonly reorderCorrelation?: number | undefined;
  /** Only every `gap`-th packet may overtake. Default 1. */
  readonly reorderGap?: number | undefined;
  /** Where CoDel would drop, or loss lose, ECN-capable packets are marked instead (RFC 3168). */
  readonly ecn?: boolean | undefined;
  /** ECN-capable packets that find so many others waiting for the bottleneck are marked. */
  readonly markAbove?: number | undefined;
}

/** RFC 8289 §4.3. */
export const CODEL_DEFAULTS: CodelSettings = { target: 5, interval: 100 };

/** The same with nothing left open. */
export interface Conditions extends Required<{
  readonly [K in keyof Omit<NetemSettings, 'codel'>]: Exclude<NetemSettings[K], undefined>;
}> {
  readonly codel: CodelSettings | undefined;
}

/** @throws RangeError that names the setting. */
export function conditionsOf(settings: NetemSettings): Conditions {
  const conditions: Conditions = {
    delay: settings.delay ?? 0,
    jitter: settings.jitter ?? 0,
    distribution: settings.distribution ?? 'uniform',
    delayCorrelation: settings.delayCorrelation ?? 0,
    inOrder: settings.inOrder ?? false,
    rate: settings.rate ?? Infinity,
    queue: settings.queue ?? 1000,
    queueOctets: settings.queueOctets ?? Infinity,
    codel: settings.codel,
    loss: settings.loss ?? 0,
    lossCorrelation: settings.lossCorrelation ?? 0,
    duplicate: settings.duplicate ?? 0,
    duplicateCorrelation: settings.duplicateCorrelation ?? 0,
    corrupt: settings.corrupt ?? 0,
    corruptCorrelation: settings.corruptCorrelation ?? 0,
    reorder: settings.reorder ?? 0,
    reorderCorrelation: settings.reorderCorrelation ?? 0,
    reorderGap: settings.reorderGap ?? 1,
    ecn: settings.ecn ?? false,
    markAbove: settings.markAbove ?? Infinity,
  };
  check(conditions);
  return conditions;
}

function check(c: Conditions): void {
  time('delay', c.delay);
  time('jitter', c.jitter);
  if (!DISTRIBUTIONS.includes(c.distribution)) {
    throw wrong('distribution', c.distribution, `one of ${DISTRIBUTIONS.join(', ')}`);
  }
  if (!(c.rate > 0)) throw wrong('rate', c.rate, 'more than 0 bits per second');
  if (!(c.queue >= 1)) throw wrong('queue', c.queue, '1 packet or more');
  if (!(c.queueOctets >= 1)) throw wrong('queueOctets', c.queueOctets, '1 octet or more');
  if (!(c.markAbove >= 0)) throw wrong('markAbove', c.markAbove, '0 packets or more');
  if (!(Number.isInteger(c.reorderGap) && c.reorderGap >= 1)) {
    throw wrong('reorderGap', c.reorderGap, 'an integer, 1 or more');
  }
  for (const name of SHARES) share(name, c[name]);
  if (typeof c.loss === 'number') share('loss', c.loss);
  else checkModel(c.loss);
  if (c.codel !== undefined) checkCodel(c, c.codel);
  if (c.reorder > 0 && c.delay === 0) {
    throw new RangeError('netem: reorder needs a delay: there is nothing to overtake');
  }
  if (c.jitter > 0 && c.delay === 0) {
    throw new RangeError('netem: jitter needs a delay: no packet arrives before it was sent');
  }
}

const SHARES = [
  'delayCorrelation',
  'lossCorrelation',
  'duplicate',
  'duplicateCorrelation',
  'corrupt',
  'corruptCorrelation',
  'reorder',
  'reorderCorrelation',
] as const;

function checkModel(model: GilbertElliott): void {
  share('loss.goodToBad', model.goodToBad);
  share('loss.badToGood', model.badToGood);
  share('loss.lossInBad', model.lossInBad ?? 1);
  share('loss.lossInGood', model.lossInGood ?? 0);
}

function checkCodel({ rate }: Conditions, { target, interval }: CodelSettings): void {
  time('codel.target', target);
  time('codel.interval', interval);
  if (interval === 0) throw wrong('codel.interval', interval, 'more than 0 ms');
  if (rate === Infinity) {
    throw new RangeError('netem: codel needs a rate: without one nothing waits');
  }
}

function share(name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw wrong(name, value, 'from 0 to 1');
}

function time(name: string, value: number): void {
  if (!(value >= 0 && value <= LONGEST)) throw wrong(name, value, `from 0 to ${LONGEST} ms`);
}

const LONGEST = 86_400_000; // ms: a day

const wrong = (name: string, value: unknown, what: string): RangeError =>
  new RangeError(`netem: ${name} is ${String(value)}, it must be ${what}`);
