import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { STATES, TRANSITIONS } from '../../src/tcp/state.ts';
import {
  FIGURE,
  figureLayout,
  statesFigure,
  type Box,
  type Point,
} from '../../tools/states-figure.ts';

const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

/** The box around one straight piece of an arrow. */
const around = (a: Point, b: Point): Box => ({
  x: Math.min(a.x, b.x) - 1,
  y: Math.min(a.y, b.y) - 1,
  width: Math.abs(a.x - b.x) + 2,
  height: Math.abs(a.y - b.y) + 2,
});

const pieces = (points: readonly Point[]): Box[] =>
  points.slice(1).map((point, i) => around(points[i]!, point));

describe('the figure of the states', () => {
  test('is what the table gives: npm run docs:states', () => {
    expect(readFileSync(FIGURE, 'utf8')).toBe(statesFigure());
  });

  test('shows every state and says every arrow', () => {
    const figure = statesFigure();
    for (const from of STATES) {
      expect(figure).toContain(`>${from}</text>`);
      for (const { to, cause } of TRANSITIONS[from])
        expect(figure).toContain(`to ${to} on ${cause}`);
    }
  });

  test('labels stay clear of each other, of the states and of the arrows', () => {
    const { labels, boxes, arrows } = figureLayout();
    const obstacles = [...boxes, ...arrows.flatMap(pieces)];
    const clashes = labels.flatMap((label, i) => [
      ...labels.slice(i + 1).flatMap((other) => (overlap(label, other) ? [other.text] : [])),
      ...obstacles.flatMap((box) => (overlap(label, box) ? [`${label.text} on a line`] : [])),
    ]);
    expect(clashes).toEqual([]);
  });

  test('arrows cross nothing', () => {
    const { boxes, arrows } = figureLayout();
    const shrunk = boxes.map(({ x, y, width, height }) => ({
      x: x + 2,
      y: y + 2,
      width: width - 4,
      height: height - 4,
    }));
    const crossings = arrows.flatMap((points, i) => [
      ...shrunk.filter((box) => pieces(points).some((piece) => overlap(piece, box))),
      ...arrows
        .slice(i + 1)
        .filter((other) => pieces(points).some((p) => pieces(other).some((q) => overlap(p, q)))),
    ]);
    expect(crossings).toEqual([]);
  });
});
