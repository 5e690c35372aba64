/** What the options of `estab netem` say about each direction. `A/B` is left to right, and back. */
import { DISTRIBUTIONS, type Distribution } from '../../link/netem/delay.ts';
import type { GilbertElliott } from '../../link/netem/loss.ts';
import { CODEL_DEFAULTS, conditionsOf, type NetemSettings } from '../../link/netem/settings.ts';
import { EXIT, Failure } from '../failure.ts';
import { countIn, misuse, queueIn, rateIn, shareIn, timeIn } from './units.ts';

/** As commander hands them over: what was typed. */
export interface ImpairmentOptions {
  readonly delay?: string;
  readonly jitter?: string;
  readonly distribution?: string;
  readonly delayCorrelation?: string;
  readonly inOrder?: boolean;
  readonly rate?: string;
  readonly queue?: string;
  readonly codel?: string | true;
  readonly ecn?: boolean;
  readonly markAbove?: string;
  readonly loss?: string;
  readonly lossCorrelation?: string;
  readonly gemodel?: string;
  readonly duplicate?: string;
  readonly corrupt?: string;
  readonly reorder?: string;
  readonly gap?: string;
}

export interface BothWays {
  readonly toRight: NetemSettings;
  readonly toLeft: NetemSettings;
}

/** @throws Failure that names the option. */
export function settingsFrom(options: ImpairmentOptions): BothWays {
  const both = { toRight: oneWay(options, 0), toLeft: oneWay(options, 1) };
  try {
    conditionsOf(both.toRight);
    conditionsOf(both.toLeft);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Failure(error.message.replace('netem: ', '--'), EXIT.misused);
  }
  return both;
}

/** Reads a text that was given to an option. */
type Reader<T> = (option: string, text: string) => T;

function oneWay(options: ImpairmentOptions, way: 0 | 1): NetemSettings {
  const read = <T>(option: string, text: string | undefined, reader: Reader<T>): T | undefined => {
    if (text === undefined) return undefined;
    const parts = text.split('/');
    if (parts.length > 2) throw misuse(option, text, 'give one value, or two: LEFT-TO-RIGHT/BACK');
    return reader(option, parts[way] ?? text);
  };
  const queue = read('--queue', options.queue, queueIn);
  for (const [option, text] of [
    ['--queue', options.queue],
    ['--mark-above', options.markAbove],
  ] as const) {
    if (text === undefined || options.rate !== undefined) continue;
    throw misuse(option, text, 'it needs a --rate, without one nothing waits');
  }
  if (options.loss !== undefined && options.gemodel !== undefined) {
    throw new Failure('--loss and --gemodel contradict each other: leave one out', EXIT.misused);
  }
  return {
    delay: read('--delay', options.delay, timeIn),
    jitter: read('--jitter', options.jitter, timeIn),
    distribution: read('--distribution', options.distribution, distributionIn),
    delayCorrelation: read('--delay-correlation', options.delayCorrelation, shareIn),
    inOrder: options.inOrder,
    rate: read('--rate', options.rate, rateIn),
    queue: queue !== undefined && 'packets' in queue ? queue.packets : undefined,
    queueOctets: queue !== undefined && 'octets' in queue ? queue.octets : undefined,
    codel: options.codel === true ? CODEL_DEFAULTS : read('--codel', options.codel, codelIn),
    ecn: options.ecn,
    markAbove: read('--mark-above', options.markAbove, countIn),
    loss: read('--loss', options.loss, shareIn) ?? read('--gemodel', options.gemodel, modelIn),
    lossCorrelation: read('--loss-correlation', options.lossCorrelation, shareIn),
    duplicate: read('--duplicate', options.duplicate, shareIn),
    corrupt: read('--corrupt', options.corrupt, shareIn),
    reorder: read('--reorder', options.reorder, shareIn),
    reorderGap: read('--gap', options.gap, countIn),
  };
}

function distributionIn(option: string, text: string): Distribution {
  const found = DISTRIBUTIONS.find((name) => name === text);
  if (found !== undefined) return found;
  throw misuse(option, text, `take one of ${DISTRIBUTIONS.join(', ')}`);
}

function codelIn(option: string, text: string): { target: number; interval: number } {
  const [target, interval, ...more] = text.split(',');
  if (target === undefined || interval === undefined || more.length > 0) {
    throw misuse(option, text, 'give target and interval, such as 5ms,100ms, or nothing');
  }
  return { target: timeIn(option, target), interval: timeIn(option, interval) };
}

function modelIn(option: string, text: string): GilbertElliott {
  const [p, r, lossInBad, lossInGood, ...more] = text
    .split(',')
    .map((part) => shareIn(option, part));
  if (p === undefined || r === undefined || more.length > 0) {
    throw misuse(option, text, 'give P,R[,1-H[,1-K]], such as 1%,20%');
  }
  return { goodToBad: p, badToGood: r, lossInBad, lossInGood };
}

/** A seed is any whole number of up to 53 bits. */
export function seedArgument(text: string): number {
  const seed = /^[0-9]{1,16}$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(seed)) return seed;
  throw misuse('--seed', text, 'give a whole number');
}
