/** `estab/lab`: worlds under a virtual clock, and ladders to script and to show them. */
export { VirtualClock } from '../lab/clock.ts';
export { WorldNetem, type WorldNetemOptions } from '../lab/netem.ts';
export {
  deliverAfter,
  HOLD,
  LOSE,
  Network,
  type Director,
  type Direction,
  type Flight,
} from '../lab/network.ts';
export { Transfer, type TransferFlow, type TransferOptions } from '../lab/transfer.ts';
export { watch, type Watched } from '../lab/watch.ts';
export { World, type Attendant, type WorldHostOptions } from '../lab/world.ts';
export type {
  Call,
  Cell,
  CellItem,
  Ladder,
  Movement,
  Passage,
  Place,
  Row,
  RowTime,
  SegmentPattern,
  Setting,
  Side,
} from '../lab/ladder/ast.ts';
export { parseMarkdown, type MarkdownResult } from '../lab/ladder/markdown.ts';
export { parseLadder, type ParseResult } from '../lab/ladder/parse.ts';
export { printLadder } from '../lab/ladder/print.ts';
export { jsonLadder, renderJson, type JsonLadder } from '../lab/ladder/render-json.ts';
export { renderMarkdown } from '../lab/ladder/render-markdown.ts';
export { renderSvg, type SvgOptions } from '../lab/ladder/render-svg.ts';
export { renderText, type TextOptions } from '../lab/ladder/render-text.ts';
export type { Difference, LadderResult, RowResult, RowTexts } from '../lab/ladder/result.ts';
export { runLadder, type RunOptions } from '../lab/ladder/run.ts';
export { formatError, formatErrors, type LadderError } from '../lab/ladder/source.ts';
export {
  TRACE_VERSION,
  TraceLines,
  type TracedConnection,
  type TraceHeader,
} from '../lab/trace/lines.ts';
export { TraceLog, type LoggedEvent } from '../lab/trace/log.ts';
export {
  parseTrace,
  type ParsedTrace,
  type TimedEvent,
  type TraceError,
  type TraceLimits,
} from '../lab/trace/parse.ts';
