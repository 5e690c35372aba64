/**
 * Graphs as one SVG document: echarts lays out axes, labels and legends, and renders without a DOM. It
 * is an optional peer, asked for when something is drawn and not before (ADR-0035).
 */
import type { CustomSeriesRenderItemAPI } from 'echarts';
import { xml } from '../../lab/ladder/svg-markup.ts';
import { codeOf, EXIT, Failure } from '../failure.ts';
import type { Flow } from './flow.ts';
import { graphOf, type Graph, type GraphName, type Layer } from './layers.ts';
import { places, type Scale } from './thin.ts';

export interface Picture {
  /** Said above all graphs. */
  readonly title: string;
  /** At least one. */
  readonly flows: readonly Flow[];
  readonly graphs: readonly GraphName[];
}

const WIDTH = 1200; // pixels
const LEFT = 84; //    for the labels of the y axis
const RIGHT = 24;
const HEAD = 44; //    the title of the picture
const ABOVE = 62; //   title and legend of a graph
const BELOW = 50; //   labels of the x axis
const FONT = 'Helvetica, Arial, sans-serif';
const INK = '#1f2328';
const QUIET = '#59636e';
const MOST_LETTERS = 600;
const LETTERS_APART = 9; // pixels

/** @throws Failure when echarts is not there. */
export async function draw(picture: Picture): Promise<string> {
  const { init } = await echarts();
  const rows = picture.flows.flatMap((flow) =>
    picture.graphs
      .map((name) => ({ flow, graph: graphOf(name, flow) }))
      .filter(({ graph }) => graph.layers.length > 0),
  );
  let top = HEAD;
  const placed = rows.map((row) => {
    const at = top + ABOVE;
    top = at + row.graph.height + BELOW;
    return { ...row, top: at };
  });
  const height = top;
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  try {
    chart.setOption(optionOf(picture.title, placed));
    return finished(chart.renderToSVGString(), picture, height);
  } finally {
    chart.dispose();
  }
}

async function echarts(): Promise<Pick<typeof import('echarts'), 'init'>> {
  try {
    return await import('echarts/dist/echarts.esm.min');
  } catch (error) {
    if (codeOf(error) !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new Failure(
      'pictures are drawn with echarts, which is not installed: npm install echarts, ' +
        'or npx -p estab -p echarts estab plot …',
      EXIT.misused,
    );
  }
}

interface Placed {
  readonly flow: Flow;
  readonly graph: Graph;
  readonly top: number; // pixels
}

function optionOf(title: string, placed: readonly Placed[]): Record<string, unknown> {
  const [from, to] = [
    Math.min(...placed.map(({ flow }) => flow.from)),
    Math.max(...placed.map(({ flow }) => flow.to)),
  ];
  const span = to > from ? to - from : 1;
  const time = span < 2000 ? { unit: 'ms', per: 1 } : { unit: 's', per: 1000 };
  const many = new Set(placed.map(({ flow }) => flow)).size > 1;
  return {
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: FONT, color: INK },
    title: [
      { text: title, left: LEFT - 60, top: 12, textStyle: { fontSize: 18, color: INK } },
      ...placed.map(({ flow, graph, top }) => ({
        text: many ? `${graph.title}: ${flow.title}` : graph.title,
        left: LEFT - 60,
        top: top - ABOVE + 10,
        textStyle: { fontSize: 14, color: INK },
      })),
    ],
    legend: placed.map(({ graph, top }, row) => ({
      left: LEFT - 8,
      top: top - ABOVE + 34,
      itemWidth: 18,
      itemHeight: 9,
      itemGap: 30,
      selectedMode: false,
      textStyle: { fontSize: 12, color: INK },
      formatter: nameOf,
      data: graph.layers.map((layer) => ({ name: `${row} ${layer.name}`, icon: iconOf(layer) })),
    })),
    grid: placed.map(({ graph, top }) => ({
      left: LEFT,
      right: RIGHT,
      top,
      height: graph.height,
      show: true,
      borderColor: '#d0d7de',
    })),
    xAxis: placed.map((_, row) => ({
      type: 'value',
      gridIndex: row,
      min: from / time.per,
      max: (from + span) / time.per,
      name: `time, ${time.unit}`,
      nameLocation: 'middle',
      nameGap: 28,
      ...AXIS,
      axisLabel: { ...AXIS.axisLabel, formatter: shortTime, showMaxLabel: false },
    })),
    yAxis: placed.map(({ graph }, row) => ({
      type: 'value',
      gridIndex: row,
      min: 0,
      max: graph.top > 0 ? graph.top : 1,
      name: graph.axis,
      nameLocation: 'middle',
      nameGap: 58,
      ...AXIS,
      axisLabel: {
        ...AXIS.axisLabel,
        showMaxLabel: false,
        formatter: graph.unit === 'octets' ? shortOctets : undefined,
      },
    })),
    series: placed.flatMap((one, row) =>
      one.graph.layers.map((layer, z) => seriesOf(layer, one, row, z, time.per)),
    ),
  };
}

const AXIS = {
  nameTextStyle: { fontSize: 12, color: QUIET },
  axisLabel: { fontSize: 12, color: INK, hideOverlap: true },
  axisLine: { show: true, lineStyle: { color: QUIET } },
  axisTick: { show: true },
  splitLine: { lineStyle: { color: '#eaeef2' } },
} as const;

/** Without the number of the row, which tells legends apart. */
const nameOf = (name: string): string => name.slice(name.indexOf(' ') + 1);

const shortTime = (value: number): string => String(Math.round(value * 1000) / 1000);

/** `1.5 M`: millions of octets. */
function shortOctets(value: number): string {
  if (value >= 1e9) return `${Math.round(value / 1e7) / 100} G`;
  if (value >= 1e6) return `${Math.round(value / 1e4) / 100} M`;
  if (value >= 1e3) return `${Math.round(value / 10) / 100} k`;
  return String(value);
}

function iconOf({ line, dash }: Layer): string {
  if (line === 'fill') return 'rect';
  return dash === undefined
    ? 'path://M0 4h18v2h-18z'
    : 'path://M0 4h5v2h-5zM6.5 4h5v2h-5zM13 4h5v2h-5z';
}

function seriesOf(
  layer: Layer,
  { graph, flow, top }: Placed,
  row: number,
  z: number,
  per: number,
): object {
  const box = { top, bottom: top + graph.height, until: flow.to };
  return {
    type: 'custom',
    name: `${row} ${layer.name}`,
    xAxisIndex: row,
    yAxisIndex: row,
    z: 2 + z,
    clip: true,
    silent: true,
    itemStyle: { color: layer.color },
    data: [[flow.from / per, 0]],
    renderItem: (_: unknown, api: CustomSeriesRenderItemAPI) =>
      shapesOf(layer, scaleOf(api, per), box),
  };
}

/** Both axes are linear: two points say all. */
function scaleOf(api: CustomSeriesRenderItemAPI, per: number): Scale {
  const [x0 = 0, y0 = 0] = api.coord([0, 0]);
  const [x1 = 0, y1 = 0] = api.coord([1, 1]);
  return { ax: (x1 - x0) / per, bx: x0, ay: y1 - y0, by: y0 };
}

function shapesOf(layer: Layer, scale: Scale, box: Parameters<Layer['path']>[1]): object {
  const { color, line, opacity = 1, dash, letters } = layer;
  const style =
    line === 'fill'
      ? { fill: color, opacity }
      : {
          fill: 'none',
          stroke: color,
          lineWidth: line,
          lineDash: dash,
          lineJoin: 'round',
          opacity,
        };
  const path = { type: 'path', shape: { pathData: layer.path(scale, box) }, style };
  if (letters === undefined) return { type: 'group', children: [path] };
  const texts = places(letters.at, scale, LETTERS_APART, MOST_LETTERS).map(([x, y]) => ({
    type: 'text',
    x,
    y: y - 2,
    style: {
      text: letters.text,
      fill: color,
      font: `bold 11px ${FONT}`,
      align: 'center',
      verticalAlign: 'bottom',
    },
  }));
  return { type: 'group', children: [path, ...texts] };
}

/** With a name for those who do not see it, and without what differs from run to run. */
function finished(svg: string, { title, flows }: Picture, height: number): string {
  const described = flows.map(describe).join(' ');
  const ids = new Map<string, string>(); // echarts counts them through the life of the process
  return `${svg
    .replaceAll(/zr\d+-[a-z]+-?\d+/g, (id) => {
      const known = ids.get(id) ?? `estab-${ids.size}`;
      ids.set(id, known);
      return known;
    })
    .replace(
      /<svg [^>]*>/,
      `<svg width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}"` +
        ' xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"' +
        ` version="1.1" role="img"><title>${xml(title)}</title><desc>${xml(described)}</desc>`,
    )}\n`;
}

/** What can be said of a picture in a sentence. */
function describe({ title, from, to, octets, sent, again, timeouts }: Flow): string {
  const seconds = Math.round(to - from) / 1000;
  return (
    `${title}: ${octets} octets of text in ${seconds} s, ${sent.length + again.length} segments, ` +
    `${again.length} of them sent again, ${timeouts.length} timeouts.`
  );
}
