/** Reads what can be plotted: a trace, a ladder, a capture. What a file is, its octets say. */
import { readFileSync } from 'node:fs';
import { TraceLog } from '../../lab/trace/log.ts';
import { parseTrace } from '../../lab/trace/parse.ts';
import { formatErrors } from '../../lab/ladder/source.ts';
import { looksLikePcap, readPcap } from '../../pcap/read-pcap.ts';
import { readPcapng } from '../../pcap/read-pcapng.ts';
import { EXIT, Failure, fileFailure } from '../failure.ts';
import { checkUse, Library, readLadders } from '../ladder/files.ts';
import { runPlain } from '../ladder/runs.ts';
import { shippedLadders } from '../package.ts';
import type { Terminal } from '../terminal.ts';
import type { Flow } from './flow.ts';
import { flowsOfCapture } from './from-capture.ts';
import { flowsOfTrace } from './from-trace.ts';

export interface Plotted {
  readonly title: string;
  readonly flows: readonly Flow[];
  /** What is to be said of the file although it can be drawn. */
  readonly warnings: readonly string[];
}

const MOST_OCTETS = 1 << 30; // of one file

/** @throws Failure that says what is wrong with the file. */
export function readPlotted(file: string, terminal: Terminal): Plotted {
  const bytes = file === '-' ? Buffer.from(terminal.readInput()) : contents(file);
  const name = file === '-' ? 'standard input' : file;
  if (bytes.length > MOST_OCTETS) {
    throw new Failure(`'${name}' has more than ${MOST_OCTETS} octets: cut it first`, EXIT.misused);
  }
  if (looksLikePcap(bytes)) {
    const { packets, error } = readPcap(bytes);
    return { title: name, flows: flowsOfCapture(packets), warnings: cut(name, error) };
  }
  const { packets, error } = readPcapng(bytes);
  if (error !== 'not-pcapng') {
    return { title: name, flows: flowsOfCapture(packets), warnings: cut(name, error) };
  }
  if (/\.(?:ladder|md|markdown)$/i.test(file)) return ladder(file);
  return trace(name, bytes.toString('utf8'));
}

function contents(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw fileFailure('read', file, error);
  }
}

const cut = (name: string, error: string | undefined): string[] =>
  error === undefined ? [] : [`'${name}' is drawn up to where it makes no sense: ${error}`];

function trace(name: string, text: string): Plotted {
  const parsed = parseTrace(text);
  const wrong = parsed.errors.map(({ line, message }) => `${name}:${line}: ${message}`);
  if (!parsed.readable) {
    const [first = ''] = wrong;
    throw new Failure(`${first}; nor is it a ladder or a capture`, EXIT.misused);
  }
  const title = parsed.title === '' ? name : parsed.title;
  return { title, flows: flowsOfTrace(parsed), warnings: wrong };
}

function ladder(file: string): Plotted {
  const library = new Library(shippedLadders());
  const { ladders, errors } = readLadders(file);
  const wrong = [...errors, ...ladders.flatMap((one) => checkUse(one, library))];
  if (wrong.length > 0) throw new Failure(`not played:\n\n${formatErrors(wrong)}`, EXIT.misused);
  const flows: Flow[] = [];
  for (const one of ladders) {
    const log = new TraceLog();
    runPlain(one, { family: 4, library, tracer: (side) => log.observer(side) });
    flows.push(...flowsOfTrace(parseTrace(log.toJsonLines())));
  }
  const [first] = ladders;
  return { title: first?.title ?? file, flows, warnings: [] };
}
