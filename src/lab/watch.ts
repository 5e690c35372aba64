/**
 * A ladder of whatever happens in a world: for programs that want to see what their two TCPs say to
 * each other. Each segment that arrives or gets lost is a row, in the notation of RFC 9293 §3.5: the
 * state of a side is the one after the departure or the arrival.
 */
import type { TcpSocket } from '../stack/tcp-socket.ts';
import type { State } from '../tcp/state.ts';
import { printSegment } from '../wire/print.ts';
import { segmentIn } from './ladder/peer.ts';
import { renderText } from './ladder/render-text.ts';
import type { LadderResult, RowResult } from './ladder/result.ts';
import type { Flight } from './network.ts';
import type { World } from './world.ts';

export interface Watched {
  /** What was seen so far, for any renderer of ladders. */
  readonly result: LadderResult;
  /** The figure as it ran, in columns. */
  readonly text: string;
}

/**
 * Watches two sockets, each under the name of its host; the first stands on the left.
 * @throws RangeError unless there are two.
 */
export function watch(world: World, sockets: Readonly<Record<string, TcpSocket>>): Watched {
  const [left, right, ...more] = Object.entries(sockets);
  if (left === undefined || right === undefined || more.length > 0) {
    throw new RangeError('watch two sockets, each under the name of its host: { A: …, B: … }');
  }
  const rows: RowResult[] = [];
  const departures = new WeakMap<Flight, State>();
  const before = world.onFlight;
  world.onFlight = (flight, what) => {
    before?.(flight, what);
    const fromLeft = flight.from === left[0];
    const [sender, receiver] = fromLeft ? [left[1], right[1]] : [right[1], left[1]];
    if (what === 'departed') departures.set(flight, sender.state);
    const lost = flight.fate === 'lost';
    if (what === 'departed' && !lost) return;
    const states = [departures.get(flight) ?? sender.state, lost ? '' : receiver.state] as const;
    rows.push(rowOf(rows.length + 1, flight, world.now, fromLeft, states));
  };
  return {
    get result() {
      return resultOf(rows, `${left[0]} and ${right[0]}`);
    },
    get text() {
      return renderText(this.result, { bare: true });
    },
  };
}

function rowOf(
  number: number,
  flight: Flight,
  now: number,
  fromLeft: boolean,
  [sender, receiver]: readonly [State, State | ''],
): RowResult {
  const seg = segmentIn(flight.bytes);
  const lost = flight.fate === 'lost';
  const texts = {
    left: fromLeft ? sender : receiver,
    passage: { from: fromLeft ? 'A' : 'B', departs: true, arrives: !lost, lost },
    segment: seg === undefined ? '' : printSegment(seg),
    right: fromLeft ? receiver : sender,
  } as const;
  return {
    label: String(number),
    line: undefined,
    ok: true,
    time: flight.sentAt,
    arrival: lost || now === flight.sentAt ? undefined : now,
    flight: undefined,
    expected: texts,
    actual: texts,
    differences: [],
    notes: [],
  };
}

function resultOf(rows: readonly RowResult[], title: string): LadderResult {
  return {
    name: title,
    title,
    cite: undefined,
    requirements: [],
    variant: '',
    family: 4,
    scripted: undefined,
    ok: true,
    known: [],
    rows: [...rows],
    notes: [],
  };
}
