/**
 * The system calls of a script. A call is begun, and answers when it can: at once, or after something has
 * happened, if its descriptor may wait.
 */
import type { CallAction, Expression } from './ast.ts';
import { EpollFile, SocketFile, type File } from './descriptors.ts';
import type { Stage } from './stage.ts';
import type { Errno } from './symbols.ts';
import { numberOf } from './values.ts';

/** A number, an error, or undefined: not yet. */
export type Answer = number | Errno | undefined;

/** A call that was begun. */
export interface Pending {
  /** Tries (again). */
  readonly attempt: () => Answer;
  /** May it wait? If not, what it answers when it would have to. */
  readonly otherwise: Errno | undefined;
  /** When it answers in any case, ms of the world; undefined: when something happens. */
  readonly until?: number | undefined;
  /** What is wrong with what the call wrote, once it has answered. */
  readonly wrote?: (() => string | undefined) | undefined;
}

/** What calls work with. */
export class System {
  readonly stage: Stage;
  readonly files: Map<number, File> = new Map();

  constructor(stage: Stage) {
    this.stage = stage;
  }

  get now(): number {
    return this.stage.world.now;
  }

  /** The socket of a descriptor; undefined: EBADF or ENOTSOCK. */
  socket(expression: Expression | undefined): SocketFile | undefined {
    const file = this.files.get(numberOf(expression) ?? -1);
    return file instanceof SocketFile ? file : undefined;
  }

  epoll(expression: Expression | undefined): EpollFile | undefined {
    const file = this.files.get(numberOf(expression) ?? -1);
    return file instanceof EpollFile ? file : undefined;
  }

  /** The number a script expects for a new descriptor, or the next free one. */
  newNumber({ result }: CallAction): number {
    const wanted = numberOf(result);
    if (wanted !== undefined && wanted >= 0 && !this.files.has(wanted)) return wanted;
    let free = 3;
    while (this.files.has(free)) free++;
    return free;
  }
}

/** A call that has its answer already. */
export const done = (answer: number | Errno, wrote?: () => string | undefined): Pending => ({
  attempt: () => answer,
  otherwise: undefined,
  wrote,
});

export type Handler = (system: System, call: CallAction) => Pending;
