/**
 * The network is quiet from now on: nothing is lost, the oldest segment arrives first, timers fire when
 * nothing else can happen, both users do what they still have to do and close. Then both ends come to
 * CLOSED, after few segments, and where nothing ever ended a connection early all text has arrived.
 */
import type { Party } from './party.ts';
import type { SmallWorld } from './small-world.ts';
import { Timer } from '../../tcp/timers.ts';

/** Between two calls or timers; an exchange that goes on has no end. */
const MOST_EXCHANGED = 40;
const MOST_STEPS = 400;
const NEAR = 150_000; // ms: a user timeout that is nearer may still come

/** Is a state known, from which fair play ends well? */
export type Known = (world: SmallWorld) => boolean;

/** What is wrong, if anything is. */
export function playFair(world: SmallWorld, known: Known): string | undefined {
  const patient = world.parties.every((party) => remaining(party, Timer.User) > NEAR);
  let exchanged = 0;
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    if (world.violation !== undefined) return world.violation;
    if (callsSomething(world)) {
      exchanged = 0;
    } else if (deliversOldest(world)) {
      if (++exchanged > MOST_EXCHANGED) {
        return `${MOST_EXCHANGED} segments answer one another, and no user and no timer took part`;
      }
    } else if (letsTimePass(world) || closes(world)) {
      exchanged = 0;
    } else return world.violation ?? restOf(world, patient);
    if (known(world)) return world.violation;
  }
  return `no rest after ${MOST_STEPS} steps on a network that loses nothing`;
}

function callsSomething(world: SmallWorld): boolean {
  for (const party of world.parties) {
    if (party.connection.unread > 0 && party.conduct.reads === 'later') {
      world.callExtra(party, 'receive 64');
      return true;
    }
    if (world.callNext(party)) return true;
  }
  return false;
}

function deliversOldest(world: SmallWorld): boolean {
  const flight = world.flights.all[0];
  if (flight === undefined) return false;
  world.deliver(world.parties[flight.from === 0 ? 1 : 0], flight);
  return true;
}

/** Both clocks go on until the first timer fires. */
function letsTimePass(world: SmallWorld): boolean {
  const [a, b] = world.parties;
  const after = Math.min(untilNext(a), untilNext(b));
  if (after === Infinity) return false;
  for (const party of world.parties) {
    const due = untilNext(party) <= after;
    party.clock = due ? Math.max(party.clock, party.connection.nextTimeout()) : party.clock + after;
    if (due) world.timerDue(party);
  }
  return true;
}

const untilNext = ({ connection, clock }: Party): number =>
  Math.max(0, connection.nextTimeout() - clock);

/** At rest: who is not done closes, then whose peer says nothing more goes away. */
function closes(world: SmallWorld): boolean {
  for (const call of ['close', 'release'] as const) {
    for (const party of world.parties) {
      const done = call === 'close' ? party.stream.closed : party.tcb.released;
      if (done || party.connection.state === 'CLOSED') continue;
      world.callExtra(party, call);
      return true;
    }
  }
  return false;
}

const remaining = ({ connection, clock }: Party, timer: typeof Timer.User): number =>
  connection.tcb.timers.at(timer) - clock;

/** Nothing will happen any more. */
function restOf(world: SmallWorld, patient: boolean): string | undefined {
  for (const [party, peer] of [world.parties, [world.parties[1], world.parties[0]]] as const) {
    const { state, ending } = party.connection;
    const name = party.end === 0 ? 'A' : 'B';
    if (state !== 'CLOSED') return `${name} rests in ${state}, where nothing will happen any more`;
    if (!patient) continue;
    if (ending === 'timeout' && !party.tcb.released) {
      return `${name} ends by a timeout, and nothing was lost any more`;
    }
    if (!world.peaceful) continue;
    if (ending !== undefined) return `${name} ends with "${ending}", and nobody aborted or crashed`;
    if (party.openings === 0) continue;
    const stream = peer.streamOf(party.tcb.rcv.irs);
    const given = stream === undefined ? 0 : stream.given;
    if (party.taken !== given) return `${name} ends with ${party.taken} of ${given} octets`;
  }
  return undefined;
}
