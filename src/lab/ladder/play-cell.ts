/**
 * What stands in a cell of a ladder, carried out and checked: user calls, states, assertions. Each
 * item gives back the item as it really was, for the picture of the run.
 */
import type {
  CallItem,
  Cell,
  CellItem,
  ExpectItem,
  IcmpItem,
  PositionItem,
  RemarkItem,
  Side,
  StateItem,
  StatusItem,
} from './ast.ts';
import { forgeIcmp, withSequence } from './forge.ts';
import type { Peer } from './peer.ts';
import { cellText } from './print.ts';
import type { Difference } from './result.ts';
import { otherSide } from './segment-match.ts';
import type { Stage } from './stage.ts';
import { explained } from './explain.ts';

/** Where the differences and notes of the row go. */
export interface Findings {
  readonly differences: Difference[];
  readonly notes: string[];
}

export function playItem(stage: Stage, side: Side, item: CellItem, found: Findings): CellItem {
  const peer = stage.peer(side);
  if (peer === undefined) return item;
  switch (item.kind) {
    case 'state':
      return checkState(peer, item, found);
    case 'call':
      return call(stage, peer, item, found);
    case 'icmp':
      icmp(stage, peer, item, found);
      return item;
    case 'expect':
      checkExpected(peer, item, found);
      return item;
    case 'status':
      checkStatus(stage, peer, item, found);
      return item;
    case 'position':
      checkPosition(stage, peer, item, found);
      return item;
    case 'remark':
      checkRemark(stage, peer, item, found);
      return item;
    case 'pass':
    case 'silence':
      return item; // time is the row's affair
  }
}

/** A state of a side: as it is now, or as it was when an earlier segment left. */
export function checkState(
  { side, state: actual, because }: Pick<Peer, 'side' | 'state' | 'because'>,
  item: StateItem,
  found: Findings,
): StateItem {
  if (actual === item.state) return item;
  found.differences.push({ where: side, expected: item.state, actual, ...explained(because) });
  return { ...item, state: actual };
}

function call(stage: Stage, peer: Peer, item: CallItem, found: Findings): CallItem {
  const answer = peer.call(item.call);
  stage.world.flush();
  const { place } = item;
  const actual: CallItem['answer'] =
    typeof answer === 'number'
      ? { kind: 'octets', octets: answer, place }
      : answer === 'ok'
        ? { kind: 'ok', place }
        : { kind: 'text', text: answer, place };
  const wanted = item.answer;
  if (wanted === undefined ? isGranted(item, answer) : sameAnswer(wanted, actual)) return item;
  const shown = { ...item, answer: actual };
  found.differences.push({
    where: 'call',
    expected: cellText([wanted === undefined ? { ...item, answer: { kind: 'ok', place } } : item]),
    actual: cellText([shown]),
    because: `the answer of ${peer.side} in ${peer.state}`,
    section: undefined,
  });
  return shown;
}

// A call whose answer the ladder does not mention is one that is carried out in full.
function isGranted({ call: asked }: CallItem, answer: number | string): boolean {
  if (typeof answer === 'string') return answer === 'ok';
  return asked.name !== 'send' || answer === asked.octets;
}

function sameAnswer(
  a: NonNullable<CallItem['answer']>,
  b: NonNullable<CallItem['answer']>,
): boolean {
  if (a.kind === 'octets') return b.kind === 'octets' && a.octets === b.octets;
  if (a.kind === 'text') return b.kind === 'text' && a.text === b.text;
  return b.kind !== 'text'; // any number of octets is fine as well
}

function icmp(stage: Stage, peer: Peer, item: IcmpItem, found: Findings): void {
  if (peer.lastSent === undefined) {
    found.notes.push(`${peer.side} has sent nothing an ICMP error could be about`);
    return;
  }
  const { flight } = peer.lastSent;
  const guessed = item.seq === undefined ? undefined : stage.values.resolve(item.seq);
  const quoted =
    guessed === undefined
      ? flight.bytes
      : withSequence(flight.bytes, guessed + stage.shift[peer.side]);
  const { destination, source } = peer.route;
  stage.world.inject(peer.side, forgeIcmp(item, quoted, destination, source));
}

const SENTENCES: Readonly<Record<string, string>> = {
  reset: 'error: connection reset',
  refused: 'error: connection refused',
  timeout: 'error: connection aborted due to user timeout',
  end: 'error: connection closing',
};

// None goes by unnoticed: `(expect closed)` is wrong where the user was told "reset" before.
const ENDINGS: readonly string[] = ['reset', 'refused', 'timeout', 'aborted'];

function checkExpected(peer: Peer, item: ExpectItem, found: Findings): void {
  const told = peer.told.filter((name) => name !== 'writable');
  if (item.event === 'nothing') {
    if (told.length === 0) return;
  } else {
    const wanted = item.event === 'unreachable' ? 'soft-error' : item.event;
    const index = peer.told.indexOf(wanted);
    const sentence = item.text === undefined || item.text === SENTENCES[item.event];
    const endings = peer.told.slice(0, Math.max(0, index)).filter((name) => ENDINGS.includes(name));
    if (index >= 0 && sentence && endings.length === 0) {
      peer.told = peer.told.slice(index + 1);
      return;
    }
  }
  found.differences.push({
    where: peer.side,
    expected: cellText([item]),
    actual: told.length === 0 ? '(nothing)' : `(${told.join(', ')})`,
    because: `what the user of ${peer.side} was told`,
    section: undefined,
  });
}

function checkStatus(stage: Stage, peer: Peer, item: StatusItem, found: Findings): void {
  const actual = statusValue(stage, peer, item.name);
  const expected = stage.values.resolve(item.value);
  if (actual === undefined) {
    found.differences.push(differs(peer, item, 'no connection'));
    return;
  }
  if (expected === undefined) {
    stage.values.bind(item.value, actual);
    return;
  }
  if (!related(actual, item.relation, expected)) {
    found.differences.push(differs(peer, item, `(${item.name} = ${actual})`));
  }
}

const differs = (peer: Peer, item: CellItem, actual: string): Difference => ({
  where: peer.side,
  expected: cellText([item]),
  actual,
  ...explained(peer.because),
});

function statusValue(stage: Stage, peer: Peer, name: StatusItem['name']): number | undefined {
  if (name === 'unread') return peer.socket?.unread ?? 0;
  const status = peer.status;
  if (status === undefined) return undefined;
  const own = stage.shift[peer.side];
  switch (name) {
    case 'snd.una':
      return (status.snd.una - own) >>> 0;
    case 'snd.nxt':
      return (status.snd.nxt - own) >>> 0;
    case 'snd.wnd':
      return status.snd.wnd;
    case 'rcv.nxt':
      return (status.rcv.nxt - stage.shift[otherSide(peer.side)]) >>> 0;
    case 'rcv.wnd':
      return status.rcv.wnd;
    default:
      return status[name];
  }
}

function related(a: number, relation: StatusItem['relation'], b: number): boolean {
  switch (relation) {
    case '=':
      return a === b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
  }
}

function checkPosition(stage: Stage, peer: Peer, item: PositionItem, found: Findings): void {
  const { place } = item;
  for (const [name, value] of [
    ['snd.nxt', item.sndNxt],
    ['rcv.nxt', item.rcvNxt],
  ] as const) {
    checkStatus(stage, peer, { kind: 'status', name, relation: '=', value, place }, found);
  }
}

function checkRemark(stage: Stage, peer: Peer, item: RemarkItem, found: Findings): void {
  const { state } = peer;
  switch (item.meaning) {
    case 'abort':
      if (state === 'CLOSED' || state === 'LISTEN') {
        if (state === 'LISTEN') {
          found.notes.push(
            `${peer.side} came from LISTEN, so it is "(return to LISTEN!)" (MUST-11)`,
          );
        }
        return;
      }
      found.differences.push(differs(peer, item, state));
      return;
    case 'return-to-listen':
      if (state !== 'LISTEN') found.differences.push(differs(peer, item, state));
      return;
    case 'unknown':
    case 'surprise':
      if (stage.ladder.markdown) found.notes.push(`${item.text} stands for ${state} here`);
      return;
    default:
      return;
  }
}

/** A sender's cell: what it does before its segment leaves, and what is true once it has left. */
export function splitForSender(cell: Cell): { before: Cell; after: Cell } {
  let after = cell.length;
  while (after > 0 && isCheck(cell[after - 1]!)) after--;
  return { before: cell.slice(0, after), after: cell.slice(after) };
}

const isCheck = (item: CellItem): boolean =>
  item.kind === 'state' || item.kind === 'status' || item.kind === 'expect';
