/** Times, rates, sizes and shares, spelled as `tc` spells them. */
import { visible } from '../../lab/ladder/visible.ts';
import { EXIT, Failure } from '../failure.ts';

/** `OPTION is 'TEXT': ADVICE` */
export const misuse = (option: string, text: string, advice: string): Failure =>
  new Failure(`${option} is '${visible(text)}': ${advice}`, EXIT.misused);

/** A number and a unit out of `units`; undefined when it is anything else. */
function measure(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, digits = '', unit = ''] = /^([0-9]+(?:\.[0-9]+)?)([a-z%]*)$/i.exec(text.trim()) ?? [];
  const factor = units[unit.toLowerCase()];
  return digits === '' || factor === undefined ? undefined : Number(digits) * factor;
}

const TIMES = { us: 0.001, usec: 0.001, ms: 1, msec: 1, s: 1000, sec: 1000 };

/** Milliseconds. A bare number would be microseconds to `tc` and milliseconds to `ping`: not here. */
export function timeIn(option: string, text: string): number {
  const ms = measure(text, TIMES);
  if (ms !== undefined) return ms;
  throw misuse(option, text, 'give a time with its unit, such as 20ms, 1.5s or 500us');
}

const RATES = {
  '': 1,
  bit: 1,
  kbit: 1e3,
  mbit: 1e6,
  gbit: 1e9,
  kibit: 2 ** 10,
  mibit: 2 ** 20,
  gibit: 2 ** 30,
  bps: 8,
  kbps: 8e3,
  mbps: 8e6,
  gbps: 8e9,
};

/** Bits per second; `kbps` and `mbps` are kilobytes and megabytes, as `tc` has it. */
export function rateIn(option: string, text: string): number {
  const rate = measure(text, RATES);
  if (rate !== undefined && rate > 0) return rate;
  throw misuse(option, text, 'give a rate such as 10mbit, 512kbit or 1gbit');
}

const SIZES = { b: 1, k: 2 ** 10, kb: 2 ** 10, m: 2 ** 20, mb: 2 ** 20 };

export type QueueSize = { readonly packets: number } | { readonly octets: number };

/** Packets when bare, else octets: `100`, `64kb`. */
export function queueIn(option: string, text: string): QueueSize {
  const packets = measure(text, { '': 1 });
  if (packets !== undefined && Number.isInteger(packets) && packets > 0) return { packets };
  const octets = packets === undefined ? measure(text, SIZES) : undefined;
  if (octets !== undefined && octets >= 1) return { octets };
  throw misuse(option, text, 'give a number of packets, such as 100, or a size, such as 64kb');
}

const AMOUNTS = { '': 1, ...SIZES, g: 2 ** 30, gb: 2 ** 30 };

/** Octets: `2M` is 2 * 2^20. */
export function octetsIn(option: string, text: string): number {
  const octets = Math.round(measure(text, AMOUNTS) ?? 0);
  if (octets >= 1 && Number.isSafeInteger(octets)) return octets;
  throw misuse(option, text, 'give a number of octets, such as 500000, 64k or 2M');
}

/** From 0 to 1. A bare number is percent as well. */
export function shareIn(option: string, text: string): number {
  const share = measure(text, { '': 0.01, '%': 0.01 });
  if (share !== undefined && share <= 1) return share;
  throw misuse(option, text, 'give a share from 0% to 100%, such as 1% or 0.1%');
}

/** An integer that is not negative. */
export function countIn(option: string, text: string): number {
  const count = measure(text, { '': 1 });
  if (count !== undefined && Number.isSafeInteger(count)) return count;
  throw misuse(option, text, 'give a whole number');
}
