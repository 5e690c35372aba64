/** What each graph is made of, from the back to the front: the names and colours of its legend. */
import type { Flow } from './flow.ts';
import { bars, dots, places, stairs, type Scale } from './thin.ts';

/** One entry of a legend, and everything that is drawn for it. */
export interface Layer {
  readonly name: string;
  readonly color: string;
  /** `fill`: an area or dots; a number: a line so many pixels wide. */
  readonly line: number | 'fill';
  readonly opacity?: number;
  readonly dash?: readonly number[];
  readonly path: (scale: Scale, box: Box) => string;
  /** A letter at the end of each of these. */
  readonly letters?: { readonly text: string; readonly at: Flow['again'] };
}

/** Of the graph: pixels, and ms. */
export interface Box {
  readonly top: number;
  readonly bottom: number;
  readonly until: number;
}

export interface Graph {
  readonly title: string;
  readonly unit: 'octets' | 'ms';
  readonly axis: string;
  readonly height: number; // pixels
  /** Of the y axis: the largest value. */
  readonly top: number;
  readonly layers: readonly Layer[];
}

/** Okabe and Ito's colours, which people tell apart who do not see all. */
const BLUE = '#0072b2';
const VERMILLION = '#d55e00';
const GREEN = '#009e73';
const ORANGE = '#e69f00';
const PURPLE = '#cc79a7';
const SKY = '#56b4e9';
const BLACK = '#222222';
const GREY = '#999999';

export const GRAPHS = ['tcptrace', 'stevens', 'cwnd', 'rtt'] as const;
export type GraphName = (typeof GRAPHS)[number];

export function graphOf(name: GraphName, flow: Flow): Graph {
  switch (name) {
    case 'tcptrace':
      return tcptrace(flow);
    case 'stevens':
      return stevens(flow);
    case 'cwnd':
      return windows(flow);
    case 'rtt':
      return roundTrips(flow);
  }
}

const largest = (...lists: readonly Iterable<number>[]): number => {
  let most = 0;
  for (const list of lists) {
    for (const value of list) if (value > most && value !== Infinity) most = value;
  }
  return most;
};

function* valuesOf(points: Flow['cwnd']): Iterable<number> {
  for (const { value } of points) yield value;
}

function* endsOf(ranges: Flow['sent']): Iterable<number> {
  for (const { end } of ranges) yield end;
}

const some = (present: { readonly length: number }, layer: Layer): Layer[] =>
  present.length === 0 ? [] : [layer];

/** As tcptrace and xplot draw it: http://www.tcptrace.org/manual.html, time-sequence graphs. */
function tcptrace(flow: Flow): Graph {
  const { sent, again, acks, windows: edges, sacked, dsacked, lost } = flow;
  const highest = largest(endsOf(sent), endsOf(again));
  return {
    title: 'Time-sequence graph',
    unit: 'octets',
    axis: 'octets from the ISS',
    height: 480,
    top: highest * 1.04, // a window may be far above all that was ever sent
    layers: [
      ...some(edges, {
        name: 'window: the most that may be sent',
        color: ORANGE,
        line: 1.2,
        path: (scale, { until }) => stairs(edges, scale, until),
      }),
      ...some(acks, {
        name: 'acknowledged',
        color: GREEN,
        line: 1.4,
        path: (scale, { until }) => stairs(acks, scale, until),
      }),
      ...some(sacked, {
        name: 'SACK block',
        color: PURPLE,
        line: 1.4,
        path: (scale) => bars(sacked, scale),
      }),
      ...some(sent, {
        name: 'segment',
        color: BLUE,
        line: 1.6,
        path: (scale) => bars(sent, scale),
      }),
      ...some(lost, {
        name: 'given up for lost',
        color: BLACK,
        line: 1.2,
        path: (scale) => crosses(lost, scale),
      }),
      ...some(again, {
        name: 'R: sent again',
        color: VERMILLION,
        line: 2.4,
        path: (scale) => bars(again, scale),
        letters: { text: 'R', at: again },
      }),
      ...some(dsacked, {
        name: 'D: D-SACK, it came twice',
        color: SKY,
        line: 3,
        path: (scale) => bars(dsacked, scale),
        letters: { text: 'D', at: dsacked },
      }),
    ],
  };
}

/** As in TCP/IP Illustrated: a dot for each segment, where it begins. */
function stevens(flow: Flow): Graph {
  const { sent, again } = flow;
  const starts = (ranges: Flow['sent']): { t: number; value: number }[] =>
    ranges.map(({ t, start }) => ({ t, value: start }));
  return {
    title: 'Time-sequence graph, as W. Richard Stevens drew it',
    unit: 'octets',
    axis: 'octets from the ISS',
    height: 480,
    top: largest(endsOf(sent), endsOf(again)) * 1.04,
    layers: [
      ...some(sent, {
        name: 'segment',
        color: BLUE,
        line: 'fill',
        path: (scale) => dots(starts(sent), scale, 3),
      }),
      ...some(again, {
        name: 'R: sent again',
        color: VERMILLION,
        line: 'fill',
        path: (scale) => dots(starts(again), scale, 5),
        letters: { text: 'R', at: again.map(({ t, start }) => ({ t, start, end: start })) },
      }),
    ],
  };
}

function windows(flow: Flow): Graph {
  const { cwnd, ssthresh, pipe, recovery, loss, timeouts } = flow;
  const staircase =
    (points: Flow['cwnd']): Layer['path'] =>
    (scale, { until }) =>
      stairs(points, scale, until);
  const highest = largest(valuesOf(cwnd), valuesOf(pipe));
  const finite = ssthresh.some(({ value }) => !Number.isNaN(value)) ? ssthresh : [];
  return {
    title: cwnd.length === 0 ? 'Octets in flight' : 'Congestion window',
    unit: 'octets',
    axis: 'octets',
    height: 300,
    top: Math.min(Math.max(highest, largest(valuesOf(finite))), highest * 2) * 1.08,
    layers: [
      ...some(recovery, {
        name: 'recovery',
        color: '#f6d9c4',
        line: 'fill',
        path: (scale, box) => spans(recovery, scale, box),
      }),
      ...some(loss, {
        name: 'after a timeout',
        color: '#d9d9d9',
        line: 'fill',
        path: (scale, box) => spans(loss, scale, box),
      }),
      ...some(timeouts, {
        name: 'timeout',
        color: VERMILLION,
        line: 1.5,
        dash: [2, 2],
        path: (scale, box) => verticals(timeouts, scale, box),
      }),
      ...some(pipe, { name: 'pipe: in flight', color: GREY, line: 1, path: staircase(pipe) }),
      ...some(finite, {
        name: 'ssthresh',
        color: ORANGE,
        line: 1.6,
        dash: [6, 3],
        path: staircase(finite),
      }),
      ...some(cwnd, { name: 'cwnd', color: BLUE, line: 1.8, path: staircase(cwnd) }),
    ],
  };
}

function roundTrips(flow: Flow): Graph {
  const { samples, srtt, rto } = flow;
  return {
    title: 'Round-trip time',
    unit: 'ms',
    axis: 'ms',
    height: 240,
    top:
      Math.min(
        largest(valuesOf(samples), valuesOf(srtt), valuesOf(rto)),
        Math.max(1, 6 * largest(valuesOf(samples), valuesOf(srtt))), // of an RTO the beginning may do
      ) * 1.08,
    layers: [
      ...some(samples, {
        name: 'measured',
        color: BLUE,
        line: 'fill',
        path: (scale) => dots(samples, scale, 3),
      }),
      ...some(srtt, {
        name: 'SRTT',
        color: GREEN,
        line: 1.6,
        path: (scale, { until }) => stairs(srtt, scale, until),
      }),
      ...some(rto, {
        name: 'RTO',
        color: ORANGE,
        line: 1.6,
        dash: [6, 3],
        path: (scale, { until }) => stairs(rto, scale, until),
      }),
    ],
  };
}

const round = (pixels: number): number => Math.round(pixels * 10) / 10;

function spans(phases: Flow['loss'], { ax, bx }: Scale, { top, bottom }: Box): string {
  return phases
    .map(({ from, to }) => {
      const left = round(ax * from + bx);
      return `M${left} ${top}H${Math.max(left + 1, round(ax * to + bx))}V${bottom}H${left}z`;
    })
    .join('');
}

const verticals = (times: readonly number[], { ax, bx }: Scale, { top, bottom }: Box): string =>
  times.map((t) => `M${round(ax * t + bx)} ${top}V${bottom}`).join('');

/** An x at the beginning of each, as many as can be told apart. */
function crosses(ranges: Flow['lost'], scale: Scale): string {
  const starts = ranges.map(({ t, start }) => ({ t, end: start }));
  return places(starts, scale, 5, Infinity)
    .map(([x, y]) => `M${x - 2} ${y - 2}l4 4M${x - 2} ${y + 2}l4 -4`)
    .join('');
}
