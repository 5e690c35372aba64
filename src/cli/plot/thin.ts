/**
 * As many shapes as a picture can show: what falls on the same pixels is drawn once. Nothing visible is
 * lost, extremes least of all; coordinates are pixels.
 */

/** From the data of a graph to its pixels: `x = ax * t + bx`, `y = ay * value + by`. */
export interface Scale {
  readonly ax: number;
  readonly bx: number;
  readonly ay: number;
  readonly by: number;
}

const STEP = 0.5; // pixels: half of one is the finest that can be told apart

const snap = (pixels: number): number => Math.round(pixels / STEP) * STEP;

/** Vertical bars as path data; those in one column that touch are one bar. */
export function bars(
  ranges: readonly { readonly t: number; readonly start: number; readonly end: number }[],
  { ax, bx, ay, by }: Scale,
): string {
  let path = '';
  let column: [number, number][] = []; // of y, from top to bottom
  let x = NaN;
  const draw = (): void => {
    column.sort((a, b) => a[0] - b[0]);
    let [top, bottom] = column[0] ?? [0, 0];
    for (const [from, to] of column) {
      if (from > bottom) {
        path += `M${x} ${top}V${bottom}`;
        top = from;
        bottom = to;
      } else if (to > bottom) bottom = to;
    }
    if (column.length > 0) path += `M${x} ${top}V${bottom}`;
    column = [];
  };
  for (const { t, start, end } of ranges) {
    const at = snap(ax * t + bx);
    if (at !== x) draw();
    x = at;
    const bottom = snap(ay * start + by);
    column.push([Math.min(snap(ay * end + by), bottom - 2 * STEP), bottom]); // at least a pixel
  }
  draw();
  return path;
}

/** A staircase as path data: of each column the first, the lowest, the highest and the last value. */
export function stairs(
  points: readonly { readonly t: number; readonly value: number }[],
  { ax, bx, ay, by }: Scale,
  until: number,
): string {
  let path = '';
  let x = NaN;
  let y = NaN;
  let [low, high] = [NaN, NaN]; // of this column
  const draw = (): void => {
    if (low < high && !(low === y && high === y)) path += `V${high}V${low}V${y}`;
  };
  for (const { t, value } of points) {
    const at = snap(ax * t + bx);
    const to = snap(ay * value + by);
    if (at !== x && !Number.isNaN(y)) {
      draw();
      path += `H${at}`;
    }
    if (Number.isNaN(to)) {
      if (at === x) draw();
      [x, y, low, high] = [at, NaN, NaN, NaN];
      continue;
    }
    if (Number.isNaN(y)) {
      path += `M${at} ${to}`;
      [low, high] = [to, to];
    } else if (at !== x) {
      path += to === y ? '' : `V${to}`;
      [low, high] = [to, to];
    } else {
      low = Math.min(low, to);
      high = Math.max(high, to);
    }
    [x, y] = [at, to];
  }
  if (Number.isNaN(y)) return path;
  draw();
  return `${path}H${snap(ax * until + bx)}`;
}

/** Dots as path data, each a small square; those on the same pixel are one. */
export function dots(
  points: readonly { readonly t: number; readonly value: number }[],
  { ax, bx, ay, by }: Scale,
  size: number,
): string {
  let path = '';
  const taken = new Set<number>();
  for (const { t, value } of points) {
    const x = snap(ax * t + bx);
    const y = snap(ay * value + by);
    const key = x * 65_536 + y;
    if (taken.has(key)) continue;
    taken.add(key);
    path += `M${x - size / 2} ${y - size / 2}h${size}v${size}h${-size}z`;
  }
  return path;
}

/** Where letters go: no two closer than `apart` pixels in both directions, `most` of them. */
export function places(
  ranges: readonly { readonly t: number; readonly end: number }[],
  { ax, bx, ay, by }: Scale,
  apart: number,
  most: number,
): [number, number][] {
  const found: [number, number][] = [];
  const taken = new Set<string>();
  for (const { t, end } of ranges) {
    const [x, y] = [ax * t + bx, ay * end + by];
    const cell = `${Math.round(x / apart)},${Math.round(y / apart)}`;
    if (taken.has(cell)) continue;
    taken.add(cell);
    found.push([snap(x), snap(y)]);
    if (found.length >= most) break;
  }
  return found;
}
