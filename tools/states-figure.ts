/**
 * Draws RFC 9293 §3.3.2, Figure 5, from the table that guards `enter()` (ADR-0008). Where things stand
 * is chosen by hand, as in the RFC's figure; what stands there comes from the table. An arrow of the
 * table that has no place here is an error. `npm run docs:states` writes docs/states.svg.
 */
import { writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { STATES, TRANSITIONS, type State, type Transition } from '../src/tcp/state.ts';

export const FIGURE = 'docs/states.svg';

/** A rectangle, in units of the drawing. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedText extends Box {
  readonly text: string;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** All that stands in the figure: for the drawing, and for the test that nothing overlaps. */
export interface Placed {
  readonly boxes: readonly Box[];
  readonly labels: readonly PlacedText[];
  readonly arrows: readonly (readonly Point[])[];
}

const WIDTH = 1080;
const HEIGHT = 1090;
const CHARACTER = 7.3; // of the label font at 12 px, with some room for wider ones
const LINE = 15;

type Group = 'closed' | 'opening' | 'open' | 'closing';

interface Place extends Box {
  readonly state: State;
  readonly group: Group;
}

const place = (state: State, group: Group, x: number, y: number, height = 46): Place => ({
  state,
  group,
  x: x - 80,
  y: y - height / 2,
  width: 160,
  height,
});

const LEFT = 165;
const MIDDLE = 540;
const RIGHT = 915;

// CLOSED is there twice, as in the RFC.
const PLACES: readonly Place[] = [
  place('CLOSED', 'closed', MIDDLE, 60),
  place('LISTEN', 'opening', MIDDLE, 210),
  place('SYN-RECEIVED', 'opening', LEFT, 350, 150),
  place('SYN-SENT', 'opening', RIGHT, 350, 150),
  place('ESTABLISHED', 'open', MIDDLE, 490),
  place('FIN-WAIT-1', 'closing', LEFT, 630, 74),
  place('CLOSE-WAIT', 'closing', RIGHT, 630, 74),
  place('FIN-WAIT-2', 'closing', LEFT, 790),
  place('CLOSING', 'closing', MIDDLE, 790),
  place('LAST-ACK', 'closing', RIGHT, 790),
  place('TIME-WAIT', 'closing', MIDDLE, 925, 60),
  place('CLOSED', 'closed', RIGHT, 925, 60),
];

/** Where a label stands: beside `x` with its lines around `y`, or above and below a level line. */
type LabelPlace =
  | { readonly at: 'right' | 'left'; readonly x: number; readonly y: number; readonly wrap: number }
  | { readonly at: 'line'; readonly x: number; readonly y: number; readonly wrap: number };

interface Arrow {
  readonly from: State;
  readonly to: State;
  readonly points: readonly Point[];
  readonly label: LabelPlace;
}

const points = (...numbers: readonly number[]): Point[] => {
  const list: Point[] = [];
  for (let i = 0; i + 1 < numbers.length; i += 2) {
    list.push({ x: numbers[i]!, y: numbers[i + 1]! });
  }
  return list;
};
const right = (x: number, y: number, wrap = 20): LabelPlace => ({ at: 'right', x, y, wrap });
const left = (x: number, y: number, wrap = 20): LabelPlace => ({ at: 'left', x, y, wrap });
const line = (x: number, y: number, wrap = 30): LabelPlace => ({ at: 'line', x, y, wrap });

const arrow = (from: State, to: State, through: readonly Point[], label: LabelPlace): Arrow => ({
  from,
  to,
  points: through,
  label,
});

// prettier-ignore
const ARROWS: readonly Arrow[] = [
  arrow('CLOSED', 'LISTEN', points(500, 83, 500, 187), left(490, 135)),
  arrow('LISTEN', 'CLOSED', points(580, 187, 580, 83), right(590, 135)),
  arrow('CLOSED', 'SYN-SENT', points(620, 50, 955, 50, 955, 275), line(780, 50)),
  arrow('SYN-SENT', 'CLOSED', points(875, 275, 875, 72, 620, 72), left(865, 170, 16)),
  arrow('SYN-RECEIVED', 'LISTEN', points(165, 275, 165, 210, 460, 210), line(312, 210, 34)),
  arrow('LISTEN', 'SYN-RECEIVED', points(500, 233, 500, 300, 245, 300), line(365, 300)),
  arrow('LISTEN', 'SYN-SENT', points(580, 233, 580, 300, 835, 300), line(710, 300)),
  arrow('SYN-SENT', 'SYN-RECEIVED', points(835, 350, 245, 350), line(540, 350)),
  arrow('SYN-RECEIVED', 'ESTABLISHED', points(245, 400, 500, 400, 500, 467), line(365, 400)),
  arrow('SYN-SENT', 'ESTABLISHED', points(835, 400, 580, 400, 580, 467), line(710, 400)),
  arrow('SYN-RECEIVED', 'FIN-WAIT-1', points(165, 425, 165, 593), right(175, 510)),
  arrow('ESTABLISHED', 'FIN-WAIT-1', points(500, 513, 500, 612, 245, 612), line(365, 612)),
  arrow('ESTABLISHED', 'CLOSE-WAIT', points(580, 513, 580, 630, 835, 630), line(710, 630)),
  arrow('FIN-WAIT-1', 'FIN-WAIT-2', points(165, 667, 165, 767), left(155, 717)),
  arrow('FIN-WAIT-1', 'CLOSING', points(245, 648, 540, 648, 540, 767), right(550, 717)),
  arrow('FIN-WAIT-1', 'TIME-WAIT', points(205, 667, 205, 717, 310, 717, 310, 911, 460, 911), right(320, 855, 12)),
  arrow('FIN-WAIT-2', 'TIME-WAIT', points(165, 813, 165, 939, 460, 939), line(240, 939)),
  arrow('CLOSE-WAIT', 'LAST-ACK', points(915, 667, 915, 767), right(925, 717)),
  arrow('CLOSING', 'TIME-WAIT', points(540, 813, 540, 895), right(550, 854)),
  arrow('LAST-ACK', 'CLOSED', points(915, 813, 915, 895), right(925, 854)),
  arrow('TIME-WAIT', 'CLOSED', points(620, 925, 835, 925), line(728, 925)),
];

/** Where the faint arrow to CLOSED begins, of the states that have one beside Figure 5. */
const STUBS: Readonly<Partial<Record<State, readonly Point[]>>> = {
  'SYN-RECEIVED': points(85, 350, 50, 350),
  ESTABLISHED: points(620, 490, 655, 490),
  'FIN-WAIT-1': points(85, 630, 50, 630),
  'FIN-WAIT-2': points(85, 790, 50, 790),
  'CLOSE-WAIT': points(995, 630, 1030, 630),
  CLOSING: points(620, 790, 655, 790),
};
const RING = 6; // radius of what a faint arrow ends in

interface Label {
  readonly lines: readonly { readonly text: string; readonly sends: boolean; readonly box: Box }[];
  /** The rule between cause and sends, beside an upright arrow. */
  readonly rule: readonly [Point, Point] | undefined;
  readonly anchor: 'start' | 'middle' | 'end';
  readonly x: number;
}

/** Lines of at most `most` characters, broken after a comma or before `(` rather than elsewhere. */
function wrapped(text: string, most: number): string[] {
  const phrases = text.split(/(?<=,) | (?=\()/);
  const pieces = phrases.flatMap((phrase) =>
    phrase.length <= most ? [phrase] : phrase.split(' '),
  );
  const lines: string[] = [];
  for (const piece of pieces) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + piece.length <= most) {
      lines[lines.length - 1] = `${line} ${piece}`;
    } else if (piece !== '') lines.push(piece);
  }
  return lines;
}

const ANCHORS = { right: 'start', left: 'end', line: 'middle' } as const;

function labelOf(transition: Transition, where: LabelPlace): Label {
  const cause = wrapped(transition.cause, where.wrap);
  const sends = wrapped(transition.sends, where.wrap);
  const { x, at } = where;
  const anchor = ANCHORS[at];
  const columns = Math.max(...[...cause, ...sends].map((text) => text.length));
  const width = columns * CHARACTER;
  const start = (own: number): number =>
    anchor === 'start' ? x : anchor === 'end' ? x - own : x - own / 2;
  const lineAt = (text: string, isSent: boolean, baseline: number): Label['lines'][number] => {
    const own = text.length * CHARACTER;
    return {
      text,
      sends: isSent,
      box: { x: start(own), y: baseline - 11, width: own, height: 14 },
    };
  };
  if (at === 'line') {
    return {
      lines: [
        ...cause.map((text, i) => lineAt(text, false, where.y - 7 - (cause.length - 1 - i) * LINE)),
        ...sends.map((text, i) => lineAt(text, true, where.y + 15 + i * LINE)),
      ],
      rule: undefined,
      anchor,
      x,
    };
  }
  const gap = sends.length > 0 ? 6 : 0;
  const height = (cause.length + sends.length) * LINE + gap;
  const top = where.y - height / 2;
  const ruleAt = top + cause.length * LINE + 3;
  const baseline = (i: number): number => top + 11 + i * LINE;
  return {
    lines: [
      ...cause.map((text, i) => lineAt(text, false, baseline(i))),
      ...sends.map((text, i) => lineAt(text, true, baseline(cause.length + i) + gap)),
    ],
    rule:
      sends.length === 0
        ? undefined
        : [
            { x: start(width), y: ruleAt },
            { x: start(width) + width, y: ruleAt },
          ],
    anchor,
    x,
  };
}

interface Drawn {
  readonly arrow: Arrow;
  readonly label: Label;
}

interface Stub {
  readonly from: State;
  readonly points: readonly Point[];
  readonly transition: Transition;
}

/** Every arrow of the table with its place. Throws when one has none, or a place has no arrow. */
function placed(): { readonly drawn: readonly Drawn[]; readonly stubs: readonly Stub[] } {
  const drawn: Drawn[] = [];
  const stubs: Stub[] = [];
  const rest = new Set<Arrow>(ARROWS);
  for (const from of STATES) {
    for (const transition of TRANSITIONS[from]) {
      const { to, figure5 } = transition;
      if (!figure5) {
        const through = STUBS[from];
        if (through === undefined || to !== 'CLOSED') throw new Error(`no place: ${from} to ${to}`);
        stubs.push({ from, points: through, transition });
        continue;
      }
      const found = ARROWS.find((candidate) => candidate.from === from && candidate.to === to);
      if (found === undefined) throw new Error(`no place: ${from} to ${to}`);
      rest.delete(found);
      drawn.push({ arrow: found, label: labelOf(transition, found.label) });
    }
  }
  for (const { from, to } of rest) throw new Error(`not in the table: ${from} to ${to}`);
  return { drawn, stubs };
}

export function figureLayout(): Placed {
  const { drawn, stubs } = placed();
  return {
    boxes: PLACES,
    labels: drawn.flatMap(({ label }) => label.lines.map(({ text, box }) => ({ text, ...box }))),
    arrows: [...drawn.map(({ arrow: { points: p } }) => p), ...stubs.map((stub) => stub.points)],
  };
}

const CORNER = 10;

/** A path through the points, its corners rounded. */
function pathOf(through: readonly Point[]): string {
  const first = through[0]!;
  let path = `M${first.x} ${first.y}`;
  for (let i = 1; i + 1 < through.length; i++) {
    const [before, corner, after] = [through[i - 1]!, through[i]!, through[i + 1]!];
    const into = towards(corner, before);
    const out = towards(corner, after);
    path += `L${into.x} ${into.y}Q${corner.x} ${corner.y} ${out.x} ${out.y}`;
  }
  const last = through.at(-1)!;
  return `${path}L${last.x} ${last.y}`;
}

const towards = (from: Point, to: Point): Point => ({
  x: from.x + Math.sign(to.x - from.x) * CORNER,
  y: from.y + Math.sign(to.y - from.y) * CORNER,
});

const xml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const n = (value: number): string => String(Math.round(value * 10) / 10);

function labelMarkup(label: Label): string[] {
  const { anchor, x } = label;
  const lines = label.lines.map(
    ({ text, sends, box }) =>
      `<text class="${sends ? 'sends' : 'cause'}" text-anchor="${anchor}" x="${n(x)}" y="${n(box.y + 11)}">${xml(text)}</text>`,
  );
  if (label.rule === undefined) return lines;
  const [a, b] = label.rule;
  return [...lines, `<path class="rule" d="M${n(a.x)} ${n(a.y)}H${n(b.x)}"/>`];
}

function stubMarkup({ points: through }: Stub): string[] {
  const [from, to] = [through[0]!, through.at(-1)!];
  const ring = to.x + Math.sign(to.x - from.x) * RING;
  return [
    `<path class="stub" d="M${from.x} ${from.y}H${to.x}" marker-end="url(#head-faint)"/>`,
    `<circle class="ring" cx="${ring}" cy="${to.y}" r="${RING}"/>`,
  ];
}

function placeMarkup({ state, group, x, y, width, height }: Place): string[] {
  return [
    `<rect class="state ${group}" x="${x}" y="${y}" width="${width}" height="${height}" rx="10"/>`,
    `<text class="name" text-anchor="middle" x="${x + width / 2}" y="${y + height / 2 + 5}">${state}</text>`,
  ];
}

/** What the arrows beside Figure 5 mean; all of one kind share a line. */
function legend(stubs: readonly Stub[]): string[] {
  const kinds = new Map<string, State[]>();
  for (const { from, transition } of stubs) {
    const { cause, sends, to } = transition;
    const text = `to ${to}: ${cause}${sends === '' ? '' : ` (sends ${sends})`}; beside Figure 5`;
    kinds.set(text, [...(kinds.get(text) ?? []), from]);
  }
  const top = 998;
  const notes = [
    'Above the line: what takes the arrow. Below it: what is sent.',
    'note 1: only if SYN-RECEIVED was reached from LISTEN, that is after a passive OPEN.',
    'note 2: the FIN of the peer and the acknowledgment of ours come in one segment.',
  ];
  return [
    ...[...kinds.keys()].flatMap((text, i) => {
      const y = top + i * 20;
      return [
        `<path class="stub" d="M85 ${y - 4}H120" marker-end="url(#head-faint)"/>`,
        `<circle class="ring" cx="${120 + RING}" cy="${y - 4}" r="${RING}"/>`,
        `<text class="note" x="145" y="${y}">${xml(text)}</text>`,
      ];
    }),
    ...notes.map(
      (text, i) =>
        `<text class="note" x="85" y="${top + (kinds.size + i) * 20}">${xml(text)}</text>`,
    ),
  ];
}

/** The whole table in words, for who cannot see the drawing. */
function description(): string {
  return STATES.map((from) => {
    const arrows = TRANSITIONS[from].map(
      ({ to, cause, sends }) => `to ${to} on ${cause}${sends === '' ? '' : `, sending ${sends}`}`,
    );
    return `From ${from}: ${arrows.join('; ')}.`;
  }).join(' ');
}

interface Colors {
  readonly page: string;
  readonly ink: string;
  readonly quiet: string;
  readonly faint: string;
  readonly sends: string;
  readonly closed: readonly [fill: string, stroke: string];
  readonly opening: readonly [fill: string, stroke: string];
  readonly open: readonly [fill: string, stroke: string];
  readonly closing: readonly [fill: string, stroke: string];
}

// Text at least 4.5 to 1 against what it stands on, lines 3 to 1: WCAG 2.2, 1.4.3 and 1.4.11
const LIGHT: Colors = {
  page: '#ffffff',
  ink: '#1f2328',
  quiet: '#59636e',
  faint: '#818b98',
  sends: '#0550ae',
  closed: ['#eff1f3', '#59636e'],
  opening: ['#ddf4ff', '#0969da'],
  open: ['#dafbe1', '#1a7f37'],
  closing: ['#fff5d6', '#9a6700'],
};
const DARK: Colors = {
  page: '#0d1117',
  ink: '#e6edf3',
  quiet: '#9198a1',
  faint: '#6e7681',
  sends: '#79c0ff',
  closed: ['#21262d', '#9198a1'],
  opening: ['#0c2d4d', '#4493f8'],
  open: ['#0f3a1d', '#3fb950'],
  closing: ['#3b2a05', '#d29922'],
};

function colored(c: Colors): string {
  const groups = (['closed', 'opening', 'open', 'closing'] as const).map(
    (group) => `.${group}{fill:${c[group][0]};stroke:${c[group][1]}}`,
  );
  return [
    `.page{fill:${c.page}}`,
    `text,.head{fill:${c.ink}}`,
    `.arrow{stroke:${c.ink}}`,
    `.sends{fill:${c.sends}}`,
    `.rule{stroke:${c.faint}}`,
    `.note,.subtitle{fill:${c.quiet}}`,
    `.stub,.ring{stroke:${c.faint}}`,
    `.head-faint{fill:${c.faint}}`,
    ...groups,
  ].join('');
}

const MONO = 'ui-monospace,SFMono-Regular,Menlo,Consolas,monospace';
const STYLE = [
  `text{font:12px ${MONO}}`,
  '.name{font-size:14px;font-weight:600}',
  '.title{font-size:15px;font-weight:600}',
  '.state{stroke-width:1.5}',
  '.arrow{fill:none;stroke-width:1.3}',
  '.rule{fill:none;stroke-width:1}',
  '.stub{fill:none;stroke-width:1.2;stroke-dasharray:4 3}',
  '.ring{fill:none;stroke-width:1.2}',
  colored(LIGHT),
  `@media (prefers-color-scheme:dark){${colored(DARK)}}`,
].join('');

const marker = (id: string): string =>
  `<marker id="${id}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8"` +
  ` orient="auto"><path class="${id}" d="M0 1L10 5L0 9z"/></marker>`;

export function statesFigure(): string {
  const { drawn, stubs } = placed();
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="states-title states-desc"` +
      ` viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}">`,
    '<title id="states-title">The states of a TCP connection and what moves it between them</title>',
    `<desc id="states-desc">${xml(description())}</desc>`,
    `<style>${STYLE}</style>`,
    `<defs>${marker('head')}${marker('head-faint')}</defs>`,
    `<rect class="page" width="${WIDTH}" height="${HEIGHT}"/>`,
    '<text class="title" x="85" y="44">TCP connection states</text>',
    '<text class="subtitle" x="85" y="64">RFC 9293 §3.3.2, Figure 5</text>',
    ...drawn.map(
      ({ arrow: { points: through } }) =>
        `<path class="arrow" d="${pathOf(through)}" marker-end="url(#head)"/>`,
    ),
    ...stubs.flatMap(stubMarkup),
    ...PLACES.flatMap(placeMarkup),
    ...drawn.flatMap(({ label }) => labelMarkup(label)),
    ...legend(stubs),
    '</svg>',
    '',
  ].join('\n');
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(FIGURE, statesFigure());
  console.log(`wrote ${FIGURE}`);
}
