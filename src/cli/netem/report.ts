/** What `estab netem` says about what it did: a line while it runs, a table at its end. */
import type { NetemCounters } from '../../link/netem/counters.ts';

export interface Direction {
  readonly counters: Readonly<NetemCounters>;
  readonly underWay: number;
}

const ROWS: readonly (readonly [keyof NetemCounters, string])[] = [
  ['arrived', 'packets'],
  ['delivered', 'delivered'],
  ['octets', 'octets delivered'],
  ['lost', 'lost'],
  ['queueFull', 'dropped, queue full'],
  ['codelDropped', 'dropped by CoDel'],
  ['marked', 'ECN-marked'],
  ['duplicated', 'duplicated'],
  ['corrupted', 'corrupted'],
  ['reordered', 'sent ahead'],
  ['noMemory', 'dropped, no memory'],
];

/** The rows that say something, in two columns. */
export function summary(seconds: number, toRight: Direction, toLeft: Direction): string {
  const rows = ROWS.filter(
    ([key], i) => i < 2 || toRight.counters[key] > 0 || toLeft.counters[key] > 0,
  );
  const line = (name: string, ...cells: readonly string[]): string =>
    `${name.padEnd(22)}${cells.map((cell) => cell.padStart(16)).join('')}\n`;
  return [
    line(`${seconds.toFixed(1)} s`, 'left to right', 'right to left'),
    ...rows.map(([key, name]) =>
      line(name, printCount(toRight.counters[key]), printCount(toLeft.counters[key])),
    ),
  ].join('');
}

/** One line about the time since the one before. */
export class LiveLine {
  readonly #toRight: Direction;
  readonly #toLeft: Direction;
  #before = [0, 0]; // octets
  #at: number;

  constructor(now: number, toRight: Direction, toLeft: Direction) {
    this.#at = now;
    this.#toRight = toRight;
    this.#toLeft = toLeft;
  }

  text(now: number): string {
    const seconds = Math.max(now - this.#at, 1) / 1000;
    this.#at = now;
    const [right = 0, left = 0] = this.#before;
    this.#before = [this.#toRight.counters.octets, this.#toLeft.counters.octets];
    return `→ ${half(this.#toRight, right, seconds)}   ← ${half(this.#toLeft, left, seconds)}`;
  }
}

function half({ counters, underWay }: Direction, before: number, seconds: number): string {
  const { arrived, lost, queueFull, codelDropped, noMemory, octets } = counters;
  const dropped = lost + queueFull + codelDropped + noMemory;
  const rate = printRate(((octets - before) * 8) / seconds);
  return `${printCount(arrived)} packets, ${printCount(dropped)} dropped, ${underWay} under way, ${rate}`;
}

const printCount = (n: number): string => n.toLocaleString('en-US');

function printRate(bits: number): string {
  if (bits >= 1e9) return `${(bits / 1e9).toFixed(2)} Gbit/s`;
  if (bits >= 1e6) return `${(bits / 1e6).toFixed(1)} Mbit/s`;
  return `${(bits / 1e3).toFixed(1)} kbit/s`;
}
