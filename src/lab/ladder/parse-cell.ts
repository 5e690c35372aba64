/**
 * One side of a row: states, and in parentheses user calls, assertions and remarks.
 * The calls are those of RFC 9293 §3.9.1; the remarks those of its Figures 8 to 11.
 */
import {
  EVENT_NAMES,
  ICMP_TYPES,
  STATE_NAMES,
  STATUS_NAMES,
  type Answer,
  type Call,
  type CellItem,
  type Place,
  type RemarkItem,
  type StatusItem,
} from './ast.ts';
import { Phrase } from './phrase.ts';
import { placeOf, textOf, type Complaints, type Span } from './source.ts';
import { stateNamed, unknown } from './spelling.ts';

/** What stands outside parentheses: a state, `??`, `!!`, or `-` for nothing. */
export function parseWord(span: Span, complaints: Complaints): CellItem | undefined {
  const word = textOf(span);
  if (word === '-') return undefined;
  const state = stateNamed(word);
  if (state !== undefined) return { kind: 'state', state, place: placeOf(span) };
  const meaning = punctuation(word);
  if (meaning !== undefined) return { kind: 'remark', meaning, text: word, place: placeOf(span) };
  const call = word.toLowerCase().replace(/\(.*$/, '');
  if (READERS.has(call)) complaints.add(span, `a call is written in parentheses: '(${call})'`);
  else complaints.add(span, unknown('state', word, STATE_NAMES));
  return undefined;
}

/** What stands in parentheses; `span` is without them. */
export function parseParenthesis(span: Span, complaints: Complaints): CellItem | undefined {
  const before = complaints.errors.length;
  const phrase = new Phrase(span, complaints);
  const item = remark(phrase) ?? action(phrase);
  if (complaints.errors.length > before || !phrase.ends()) return undefined;
  return item;
}

/** `(??)`, `(ABORT!!)`, `(duplicate)`, `("anything")`: leaves the phrase alone if it is none. */
function remark(phrase: Phrase): RemarkItem | undefined {
  const { place, text } = phrase;
  const quoted = phrase.quoted();
  if (quoted !== undefined) return { kind: 'remark', meaning: 'other', text: quoted, place };
  const meaning = meaningOf(text);
  if (meaning === undefined) return undefined;
  while (phrase.peek() !== '') phrase.take(phrase.peek());
  return { kind: 'remark', meaning, text, place };
}

function meaningOf(text: string): RemarkItem['meaning'] | undefined {
  if (/^abort!+$/i.test(text)) return 'abort';
  if (/^return to listen!*$/i.test(text)) return 'return-to-listen';
  if (/^(?:old )?duplicate$/i.test(text)) return 'duplicate';
  if (/^forged$/i.test(text)) return 'forged';
  return punctuation(text);
}

function punctuation(text: string): 'unknown' | 'surprise' | undefined {
  if (!/^[?!]+$/.test(text)) return undefined;
  return text.includes('?') ? 'unknown' : 'surprise';
}

type Reader = (phrase: Phrase, word: string) => CellItem | undefined;

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['open', open],
  ['active', open],
  ['passive', open],
  ['listen', (p) => called(p, { name: 'listen' })],
  ['close', (p) => called(p, { name: 'close' })],
  ['abort', (p) => called(p, { name: 'abort' })],
  ['send', send],
  ['receive', receive],
  ['status', (p) => called(p, { name: 'status' })],
  ['reboot', (p) => called(p, { name: 'reboot' })],
  ['crash', (p) => called(p, { name: 'reboot' })],
  ['release', (p) => called(p, { name: 'release' })],
  ['nodelay', (p) => onOrOff(p, 'nodelay')],
  ['keepalive', keepAlive],
  ['cork', (p) => onOrOff(p, 'cork')],
  ['quickack', (p) => onOrOff(p, 'quickack')],
  ['maxseg', maxSeg],
  ['fast', fastOpen],
  ['user', userTimeout],
  ['expect', expectation],
  ['icmp', icmp],
  ['advance', pass],
  ['after', pass],
  ['silence', silence],
  ...STATUS_NAMES.map((name): [string, Reader] => [name, status]),
]);

const KNOWN: readonly string[] = [
  ...[...READERS.keys()].filter(
    (word) => !['active', 'passive', 'crash', 'user', 'fast'].includes(word),
  ),
  'user timeout',
  'fast open',
  '2 MSL',
  'duplicate',
  'forged',
];

function action(phrase: Phrase): CellItem | undefined {
  const word = phrase.peek();
  if (word === '') return phrase.expected("a call such as '(close)'");
  if (/^[0-9]+$/.test(word)) return maximumLifetimes(phrase, phrase.place);
  const reader = READERS.get(word);
  if (reader === undefined) {
    const remarks = `; a remark of your own is written ("${phrase.text.replaceAll('"', '')}")`;
    return phrase.wrong(unknown('call', word, KNOWN) + remarks);
  }
  phrase.take(word);
  return reader(phrase, word);
}

/** The answer, if one is asked for: `= 2000`, `= ok`, `= "error: connection closing"`. */
function called(phrase: Phrase, call: Call): CellItem | undefined {
  const { place } = phrase;
  if (phrase.take('=') === undefined) return { kind: 'call', call, answer: undefined, place };
  const answer = answerOf(phrase);
  return answer === undefined ? undefined : { kind: 'call', call, answer, place };
}

function answerOf(phrase: Phrase): Answer | undefined {
  const place = phrase.here();
  const text = phrase.quoted();
  if (text !== undefined) return { kind: 'text', text, place };
  if (phrase.take('ok') !== undefined) return { kind: 'ok', place };
  const octets = phrase.integer("an answer: octets, 'ok' or a text in double quotes");
  return octets === undefined ? undefined : { kind: 'octets', octets, place };
}

/** `(open)`, `(active open)`, `(open passive)`. */
function open(phrase: Phrase, word: string): CellItem | undefined {
  if (word !== 'open' && phrase.take('open') === undefined) return phrase.expected("'open'");
  const kind = word === 'open' ? phrase.take('active', 'passive') : word;
  return called(phrase, { name: kind === 'passive' ? 'listen' : 'open' });
}

const OCTETS_TO_SEND = "how many octets to send: '(send 300)'";
const MOST_OCTETS = 0x3fff_ffff; // a window at its largest, RFC 7323 §2.3

/** `(send 300 push urgent)`, or the position `(send 300, receive 100)`. */
function send(phrase: Phrase): CellItem | undefined {
  const { place } = phrase;
  const octets = phrase.value(OCTETS_TO_SEND);
  if (octets === undefined) return undefined;
  if (phrase.take(',') !== undefined) {
    if (phrase.take('receive') === undefined) return phrase.expected("'receive'");
    const rcvNxt = phrase.value();
    return rcvNxt && { kind: 'position', sndNxt: octets, rcvNxt, place };
  }
  if (octets.kind !== 'number') {
    return phrase.wrong(`expected ${OCTETS_TO_SEND}`);
  }
  if (octets.value > MOST_OCTETS) return phrase.wrong(`at most ${MOST_OCTETS} octets`);
  const flags = [phrase.take('push', 'urgent'), phrase.take('push', 'urgent')];
  const [push, urgent] = [flags.includes('push'), flags.includes('urgent')];
  return called(phrase, { name: 'send', octets: octets.value, push, urgent });
}

/** `(receive)` takes all there is, `(receive 100)` at most so much. */
function receive(phrase: Phrase): CellItem | undefined {
  return called(phrase, { name: 'receive', octets: phrase.optionalInteger() });
}

function onOrOff(phrase: Phrase, name: 'nodelay' | 'cork' | 'quickack'): CellItem | undefined {
  const word = phrase.take('on', 'off');
  if (word === undefined) return phrase.expected("'on' or 'off'");
  return called(phrase, { name, on: word === 'on' });
}

/** `(keepalive on)`, `(keepalive on 10s 5s 3)`: idle time, interval, probes. */
function keepAlive(phrase: Phrase): CellItem | undefined {
  const on = phrase.take('on', 'off');
  if (on === undefined) return phrase.expected("'on' or 'off'");
  const next = phrase.peek();
  if (on === 'off' || next === '' || next === '=') {
    return called(phrase, { name: 'keepalive', on: on === 'on' });
  }
  const idle = phrase.duration();
  const interval = idle === undefined ? undefined : phrase.duration();
  const probes = interval === undefined ? undefined : phrase.integer('how many probes');
  if (idle === undefined || interval === undefined || probes === undefined) return undefined;
  return called(phrase, { name: 'keepalive', on: true, times: { idle, interval, probes } });
}

/** `(maxseg 500)`: octets of text in a segment at most. */
function maxSeg(phrase: Phrase): CellItem | undefined {
  const octets = phrase.integer("octets: '(maxseg 500)'");
  return octets === undefined ? undefined : called(phrase, { name: 'maxseg', octets });
}

/** `(fast open 100)`: an active OPEN with text for the SYN. */
function fastOpen(phrase: Phrase): CellItem | undefined {
  if (phrase.take('open') === undefined) return phrase.expected("'open'");
  const octets = phrase.integer("octets: '(fast open 100)'");
  return octets === undefined ? undefined : called(phrase, { name: 'fast open', octets });
}

/** `(user timeout 100s)`, `(user timeout infinite)`. */
function userTimeout(phrase: Phrase): CellItem | undefined {
  if (phrase.take('timeout') === undefined) return phrase.expected("'timeout'");
  const ms = phrase.take('infinite') === undefined ? phrase.duration() : Infinity;
  return ms === undefined ? undefined : called(phrase, { name: 'user timeout', ms });
}

function expectation(phrase: Phrase): CellItem | undefined {
  const { place } = phrase;
  const word = phrase.peek();
  const event = EVENT_NAMES.find((name) => name === word);
  if (event === undefined) return phrase.expected(`an event (${EVENT_NAMES.join(', ')})`);
  phrase.take(word);
  return { kind: 'expect', event, text: phrase.quoted(), place };
}

/** `(icmp unreachable 4 mtu=1200 seq=101)`. */
function icmp(phrase: Phrase): CellItem | undefined {
  const { place } = phrase;
  const word = phrase.peek();
  const type = ICMP_TYPES.find((name) => name === word);
  if (type === undefined) return phrase.expected(`a kind of ICMP error (${ICMP_TYPES.join(', ')})`);
  phrase.take(word);
  const code = phrase.optionalInteger() ?? 0;
  if (code > 255) return phrase.wrong('an ICMP code is at most 255');
  const mtu = named(phrase, 'mtu') ? phrase.integer('octets') : undefined;
  const seq = named(phrase, 'seq') ? phrase.value() : undefined;
  return { kind: 'icmp', type, code, mtu, seq, place };
}

function named(phrase: Phrase, key: string): boolean {
  if (phrase.take(key) === undefined) return false;
  if (phrase.take('=') === undefined) phrase.expected("'='");
  return true;
}

const RELATIONS: ReadonlyMap<string, StatusItem['relation']> = new Map([
  ['=', '='],
  ['<', '<'],
  ['>', '>'],
  ['<=', '<='],
  ['=<', '<='], // as the RFC writes it
  ['>=', '>='],
  ['=>', '>='],
]);

/** `(snd.una = 101)`, `(cwnd >= 4380)`, `(rto = 1s)`. */
function status(phrase: Phrase, word: string): CellItem | undefined {
  const { place } = phrase;
  const name = STATUS_NAMES.find((n) => n === word);
  const relation = RELATIONS.get(phrase.peek());
  if (name === undefined || relation === undefined) return phrase.expected("'=', '<' or '>'");
  phrase.take(phrase.peek());
  const timed = name === 'rto' || name === 'srtt';
  const value = timed ? phrase.valueOrDuration() : phrase.value();
  return value && { kind: 'status', name, relation, value, place };
}

/** `(after 1s)`, `(after 2 MSL)`. */
function pass(phrase: Phrase): CellItem | undefined {
  const { place } = phrase;
  if (/^[0-9]+$/.test(phrase.peek())) {
    const amount = phrase.integer("'2 MSL'") ?? 0;
    const unit = phrase.take('msl', 'ms', 's', 'min');
    if (unit === undefined) return phrase.expected("a unit: 'ms', 's', 'min' or 'MSL'");
    if (unit === 'msl') return { kind: 'pass', unit: 'MSL', amount, place };
    const scale = unit === 'ms' ? 1 : unit === 's' ? 1000 : 60_000;
    return { kind: 'pass', unit: 'ms', amount: amount * scale, place };
  }
  const amount = phrase.duration();
  return amount === undefined ? undefined : { kind: 'pass', unit: 'ms', amount, place };
}

/** `(2 MSL)`. */
function maximumLifetimes(phrase: Phrase, place: Place): CellItem | undefined {
  const amount = phrase.integer("'2 MSL'");
  if (amount === undefined) return undefined;
  if (phrase.take('msl') === undefined) return phrase.expected("'MSL'");
  return { kind: 'pass', unit: 'MSL', amount, place };
}

function silence(phrase: Phrase): CellItem | undefined {
  const { place } = phrase;
  const ms = phrase.duration();
  return ms === undefined ? undefined : { kind: 'silence', ms, place };
}
