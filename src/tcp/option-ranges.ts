/**
 * Which values the numbers of TcpOptions may have. Outside of them a timer would be due at once for
 * ever, or nothing would ever be sent. All times are milliseconds, all sizes octets.
 */
import {
  AFTER_IDLE,
  CONTROLLERS,
  ECN_MODES,
  FAST_OPENS,
  MTU_PROBING,
  PACINGS,
  PROFILE_NAMES,
  PUSHES,
  RECOVERIES,
  SYN_ORDERS,
  type TcpDefaults,
} from './options.ts';
import { RFC } from './profiles.ts';

type NumberOption = {
  [K in keyof TcpDefaults]-?: TcpDefaults[K] extends number ? K : never;
}[keyof TcpDefaults];

export interface Range {
  readonly least: number;
  readonly most: number;
  /** Must be an integer, or Infinity. */
  readonly whole: boolean;
  /** Milliseconds, octets, or a plain number. */
  readonly unit: 'ms' | 'octets' | '';
}

const time = (least: number, most = Infinity): Range => ({
  least,
  most,
  whole: false,
  unit: 'ms',
});
const size = (least: number, most = Infinity): Range => ({
  least,
  most,
  whole: true,
  unit: 'octets',
});
const count = (least: number, most = Infinity): Range => ({ least, most, whole: true, unit: '' });

const RANGES: Readonly<Record<NumberOption, Range>> = {
  initialRto: time(1),
  minRto: time(1),
  maxRto: time(1),
  minSendMss: size(1, 65_535),
  sendBuffer: size(1),
  receiveBuffer: size(1),
  delayedAck: time(0, 499), // MUST-40: less than half a second
  r1: count(0),
  userTimeout: time(1),
  synTimeout: time(1),
  keepAliveIdle: time(1),
  keepAliveInterval: time(1),
  keepAliveProbes: count(1),
  msl: time(0),
  finWait2Timeout: time(0),
  challengeAckLimit: count(0),
  initialWindow: count(0, 1000),
  quickAcks: count(0),
  maxSeg: size(1),
  receiveBufferMax: size(1, 2 ** 30), // RFC 7323 §2.3
  sendBufferMax: size(1),
};

type WordOption = {
  [K in keyof TcpDefaults]-?: TcpDefaults[K] extends string ? K : never;
}[keyof TcpDefaults];

const CHOICES: Readonly<Record<WordOption, readonly string[]>> = {
  mtuProbing: MTU_PROBING,
  profile: PROFILE_NAMES,
  recovery: RECOVERIES,
  congestionControl: CONTROLLERS,
  afterIdle: AFTER_IDLE,
  pacing: PACINGS,
  ecn: ECN_MODES,
  fastOpen: FAST_OPENS,
  push: PUSHES,
  synOrder: SYN_ORDERS,
};

/** Of an option that is a number. */
export function rangeOf(name: string): Range | undefined {
  return Object.entries(RANGES).find(([key]) => key === name)?.[1];
}

/** What an option may be that is a word. */
export function wordsOf(name: string): readonly string[] | undefined {
  return Object.entries(CHOICES).find(([key]) => key === name)?.[1];
}

/** @throws RangeError when a number is out of its range; it names the option and the range. */
export function checkRanges(options: Partial<TcpDefaults>): void {
  const wrong = outOfRange(options);
  if (wrong !== undefined) throw new RangeError(wrong);
}

/** What is wrong with the first option that is out of its range, in words. */
export function outOfRange(options: Partial<TcpDefaults>): string | undefined {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(RFC, name));
  if (unknown !== undefined) {
    return `there is no option ${unknown}; those of TCP are ${Object.keys(RFC).join(', ')}`;
  }
  for (const [name, words] of Object.entries(CHOICES)) {
    const value = valueOf(options, name);
    if (value === undefined || words.some((word) => word === value)) continue;
    return `${name} is ${String(value)}, it must be ${words.join(', ')}`;
  }
  for (const [name, { least, most, whole }] of Object.entries(RANGES)) {
    const value = valueOf(options, name);
    if (typeof value !== 'number') continue;
    const exact = !whole || Number.isInteger(value) || value === Infinity;
    if (exact && value >= least && value <= most) continue;
    const kind = whole ? 'an integer' : 'a number';
    return `${name} is ${value}, it must be ${kind} from ${least} to ${most}`;
  }
  return undefined;
}

function valueOf(options: Partial<TcpDefaults>, name: string): unknown {
  return Object.entries(options).find(([key]) => key === name)?.[1];
}
