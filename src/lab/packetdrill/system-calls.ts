/** Carries calls out: at once, or, for `a...b`, from one time to another while the script goes on. */
import { ERRNOS } from './symbols.ts';
import type { CallAction, ScriptEvent } from './ast.ts';
import { DATA_CALLS } from './calls-data.ts';
import { OPTION_CALLS } from './calls-options.ts';
import { POLL_CALLS } from './calls-poll.ts';
import { listenAgain, SOCKET_CALLS } from './calls-socket.ts';
import { System, type Handler, type Pending } from './calls.ts';
import { SocketFile } from './descriptors.ts';
import { Failed, seconds } from './failed.ts';
import { Unsupported } from './scanner.ts';
import type { Stage } from './stage.ts';
import { numberOf } from './values.ts';

const CALLS: Readonly<Record<string, Handler>> = {
  ...SOCKET_CALLS,
  ...DATA_CALLS,
  ...OPTION_CALLS,
  ...POLL_CALLS,
};

const PATIENCE = 10_000; // ms that a call may wait where the script does not say so

interface Waiting {
  readonly event: ScriptEvent;
  readonly call: CallAction;
  readonly pending: Pending;
  /** When it is to return, ms; undefined: it does not matter. */
  readonly end: number | undefined;
}

export class SystemCalls {
  readonly system: System;
  readonly #stage: Stage;
  readonly #tolerance: number; // ms
  #waiting: Waiting | undefined = undefined;

  constructor(stage: Stage, tolerance: number) {
    this.system = new System(stage);
    this.#stage = stage;
    this.#tolerance = tolerance;
  }

  begin(event: ScriptEvent, call: CallAction, end: number | undefined): void {
    this.finish(); // one at a time, as packetdrill has it
    const handler = CALLS[call.name];
    if (handler === undefined) throw new Unsupported(`${call.name}()`, event.place.line);
    checkErrno(call, event);
    const pending = handler(this.system, call);
    this.#waiting = { event, call, pending, end };
    this.#try(true);
    this.#stage.flush();
    if (this.#waiting !== undefined && end === undefined) this.finish();
  }

  /** Something has happened: the call that waits may go on. */
  retry(): void {
    this.#try(false);
  }

  /** Time passes, to `until` ms since the script began. */
  wait(until: number): void {
    const due = this.#due;
    if (due < until) {
      this.#stage.advance(due);
      this.retry();
    }
    this.#stage.advance(until);
    this.retry();
  }

  /** The next thing happens, not later than `until`; false when there is none. */
  step(until: number): boolean {
    const due = this.#due;
    if (this.#stage.step(Math.min(until, due))) return true;
    if (due > until) return false;
    this.#stage.advance(due);
    this.retry();
    return this.#waiting === undefined; // it has answered
  }

  /** When the call that waits answers in any case. */
  get #due(): number {
    const until = this.#waiting?.pending.until ?? Infinity;
    return until === Infinity ? Infinity : until - this.system.now + this.#stage.now;
  }

  /** Waits for the call that is going on. */
  finish(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    const { end, event, call } = waiting;
    const latest = end === undefined ? this.#stage.now + PATIENCE : end + this.#tolerance;
    while (this.#waiting !== undefined && this.step(latest)) continue;
    if (this.#waiting === undefined) return;
    const now = end === undefined ? '' : `, it was to return at ${seconds(end)}`;
    throw new Failed(event, `${call.name}() waits${now}`);
  }

  /** A command may have changed what listeners answer with. */
  settingsChanged(): void {
    for (const file of this.system.files.values()) {
      if (file instanceof SocketFile && file.phase === 'listening') listenAgain(this.system, file);
    }
  }

  #try(first: boolean): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    const { pending } = waiting;
    const answer = pending.attempt() ?? (first ? pending.otherwise : undefined);
    if (answer === undefined) return;
    this.#waiting = undefined;
    this.#check(waiting, answer);
  }

  #check({ event, call, pending, end }: Waiting, answer: number | string): void {
    const stage = this.#stage;
    const is = answerText(answer);
    stage.figure.remark(stage.now, `${call.name} = ${is}`, stage.state);
    const wanted = wantedText(call);
    if (!agrees(call, answer)) {
      throw new Failed(event, `${call.name}() answered ${is}, not ${wanted}`);
    }
    const wrote = typeof answer === 'number' ? pending.wrote?.() : undefined;
    if (wrote !== undefined) throw new Failed(event, wrote);
    if (end === undefined || Math.abs(stage.now - end) <= this.#tolerance) return;
    throw new Failed(
      event,
      `${call.name}() returned at ${seconds(stage.now)}, not at ${seconds(end)}`,
    );
  }
}

const SAME = ['EAGAIN', 'EWOULDBLOCK'];

function agrees({ result, errno }: CallAction, answer: number | string): boolean {
  if (result.kind === 'any') return true;
  const wanted = numberOf(result);
  if (typeof answer === 'number') return wanted === answer;
  if (wanted === undefined || wanted >= 0) return false;
  if (errno === undefined || errno === answer) return true;
  return SAME.includes(errno) && SAME.includes(answer);
}

const wantedText = ({ result, errno }: CallAction): string =>
  `${numberOf(result) ?? '...'} ${errno ?? ''}`.trim();

const answerText = (answer: number | string): string =>
  typeof answer === 'number' ? String(answer) : `-1 ${answer}`;

function checkErrno({ errno }: CallAction, { place }: ScriptEvent): void {
  const known: readonly string[] = ERRNOS;
  if (errno !== undefined && !known.includes(errno)) {
    throw new Unsupported(`the error ${errno}`, place.line);
  }
}
