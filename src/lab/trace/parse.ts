/**
 * Reads lines of a trace back. Never throws: what cannot be read is named with the number of its line,
 * and the rest is there. A file that is still being written ends anywhere, so its last line may.
 */
import type { TraceEvent } from '../../tcp/trace.ts';
import { TRACE_VERSION, type TracedConnection } from './lines.ts';

/** An event, with the time in ms and whose it is. */
export type TimedEvent = TraceEvent & { readonly time: number; readonly connection: number };

export interface TraceError {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

export interface ParsedTrace {
  /** False when it is no trace, or one of a version that is not known: there are no events then. */
  readonly readable: boolean;
  readonly title: string;
  /** In the order of their numbers, as last heard of. */
  readonly connections: readonly TracedConnection[];
  /** In the order of the file. */
  readonly events: readonly TimedEvent[];
  /** The first ones; there may be more. */
  readonly errors: readonly TraceError[];
  /** The last line is cut off. */
  readonly truncated: boolean;
}

export interface TraceLimits {
  /** Events that are kept. Default 5,000,000. */
  readonly events?: number;
  /** Connections that are kept. Default 10,000. */
  readonly connections?: number;
}

const LONGEST_LINE = 65_536; // UTF-16 units; ours have some hundred
const MOST_EVENTS = 5_000_000;
const MOST_CONNECTIONS = 10_000;
const MOST_ERRORS = 20;
const MOST_BLOCKS = 4; // of SACK in one segment, RFC 2018 §3
const MOST_SEQ = 2 ** 32 - 1;

export function parseTrace(text: string, limits: TraceLimits = {}): ParsedTrace {
  const reader = new Reader(limits);
  let at = 0;
  for (let line = 1; at < text.length && !reader.over; line++) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline;
    reader.line(line, text, at, end, newline < 0);
    at = end + 1;
  }
  return reader.result();
}

class Reader {
  readonly #limits: Required<TraceLimits>;
  readonly #connections = new Map<number, TracedConnection>();
  readonly #events: TimedEvent[] = [];
  readonly #errors: TraceError[] = [];
  #title = '';
  #readable = false;
  #truncated = false;
  /** There is no use in reading on. */
  over = false;

  constructor({ events = MOST_EVENTS, connections = MOST_CONNECTIONS }: TraceLimits) {
    this.#limits = { events, connections };
  }

  line(line: number, text: string, start: number, end: number, last: boolean): void {
    if (end - start > LONGEST_LINE) {
      this.#wrong(line, `longer than ${LONGEST_LINE} characters, skipped`);
      if (line === 1) this.over = true;
      return;
    }
    const source = text.slice(start, end).trim();
    if (source === '') return;
    const value = parsed(source);
    if (value === undefined && last && this.#readable) this.#truncated = true;
    else if (!this.#readable) this.#header(line, value);
    else if (value === undefined) this.#wrong(line, 'not JSON');
    else this.#entry(line, value);
  }

  result(): ParsedTrace {
    if (!this.#readable && this.#errors.length === 0) this.#wrong(1, NO_TRACE);
    return {
      readable: this.#readable,
      title: this.#title,
      connections: [...this.#connections.values()],
      events: this.#events,
      errors: this.#errors,
      truncated: this.#truncated,
    };
  }

  #header(line: number, value: Fields | undefined): void {
    const version = value?.['estab-trace'];
    if (typeof version !== 'number') this.#wrong(line, NO_TRACE);
    else if (version !== TRACE_VERSION) {
      this.#wrong(line, `a trace of version ${version}, this reads version ${TRACE_VERSION}`);
    } else this.#readable = true;
    this.over = !this.#readable;
    const title = value?.['title'];
    if (typeof title === 'string') this.#title = title;
  }

  #entry(line: number, value: Fields): void {
    if (isConnection(value)) this.#connection(line, value);
    else if (!('event' in value))
      this.#wrong(line, "neither an 'event' nor a connection with its 'host'");
    else if (!knownEvent(value['event']))
      return; // a later estab may tell more
    else if (isEvent(value)) this.#event(line, value);
    else this.#wrong(line, whatIsWrong(value));
  }

  #connection(line: number, { connection, host, local, remote }: TracedConnection): void {
    const more = !this.#connections.has(connection);
    if (more && this.#connections.size >= this.#limits.connections) {
      this.#wrong(line, `more than ${this.#limits.connections} connections, the rest is skipped`);
      this.over = true;
    } else this.#connections.set(connection, { connection, host, local, remote });
  }

  #event(line: number, event: TimedEvent): void {
    if (!this.#connections.has(event.connection)) {
      this.#wrong(
        line,
        `connection ${event.connection} was not introduced by a line with its 'host'`,
      );
    } else if (this.#events.length >= this.#limits.events) {
      this.#wrong(line, `more than ${this.#limits.events} events, the rest is skipped`);
      this.over = true;
    } else this.#events.push(event);
  }

  #wrong(line: number, message: string): void {
    if (this.#errors.length < MOST_ERRORS) this.#errors.push({ line, message });
  }
}

const NO_TRACE = `not a trace: it begins with {"estab-trace":${TRACE_VERSION}, as \`estab transfer --trace FILE\` writes it`;

type Fields = Readonly<Record<string, unknown>>;

function parsed(source: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(source);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

type Check = (value: unknown) => boolean;

const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const isNumberOrNull: Check = (value) => value === null || isNumber(value);
const isText: Check = (value) => typeof value === 'string';
const isTextOrNull: Check = (value) => value === null || isText(value);
const isBoolean: Check = (value) => typeof value === 'boolean';
const isSeq: Check = (value) =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MOST_SEQ;
const isSeqOrNull: Check = (value) => value === null || isSeq(value);
const isOctets: Check = (value) =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MOST_SEQ;
const isCount: Check = (value) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
const isBlocks: Check = (value) =>
  Array.isArray(value) &&
  value.length <= MOST_BLOCKS &&
  value.every((block) => Array.isArray(block) && block.length === 2 && block.every(isSeq));

const NUMBER = { value: isNumberOrNull, previous: isNumberOrNull, because: isText };
const STATE = { value: isText, previous: isTextOrNull, because: isText };
const SEGMENT = { seq: isSeq, length: isOctets, ctl: isText, ack: isSeqOrNull, window: isNumber };

/** The fields of each event: what docs/tracing.md says in words. */
const EVENTS: Readonly<Record<TraceEvent['event'], Readonly<Record<string, Check>>>> = {
  cwnd: NUMBER,
  ssthresh: NUMBER,
  pipe: NUMBER,
  srtt: NUMBER,
  rttvar: NUMBER,
  rto: NUMBER,
  pacing: NUMBER,
  wnd: NUMBER,
  state: STATE,
  recovery: STATE,
  sent: { ...SEGMENT, retransmission: isBoolean, because: isText },
  received: { ...SEGMENT, sack: isBlocks, dsack: isBoolean },
  lost: { seq: isSeq, length: isOctets, because: isText },
  rtt: { value: isNumber },
  timer: { timer: isText },
};

const COMMON: Readonly<Record<string, Check>> = { time: isNumber, connection: isCount };

const knownEvent = (name: unknown): name is TraceEvent['event'] =>
  typeof name === 'string' && Object.hasOwn(EVENTS, name);

function isEvent(value: Fields): value is Fields & TimedEvent {
  return wrongField(value) === undefined;
}

function wrongField(value: Fields): string | undefined {
  const { event } = value;
  if (!knownEvent(event)) return 'event';
  const fields = { ...COMMON, ...EVENTS[event] };
  return Object.keys(fields).find((name) => fields[name]?.(value[name]) !== true);
}

function whatIsWrong(value: Fields): string {
  const name = wrongField(value) ?? '';
  const there = Object.hasOwn(value, name);
  const what = there ? `is ${JSON.stringify(value[name]).slice(0, 40)}` : 'is missing';
  return `'${name}' of the event '${String(value['event'])}' ${what}`;
}

function isConnection(value: Fields): value is Fields & TracedConnection {
  return (
    !('event' in value) &&
    isCount(value['connection']) &&
    isText(value['host']) &&
    isTextOrNull(value['local']) &&
    isTextOrNull(value['remote'])
  );
}
