/** What sockets ask of the stack they live on. */
import type { Host } from '../stack/host.ts';
import type { IpAddress } from '../wire/address.ts';
import type { EventLoop } from './event-loop.ts';
import type { ResolveOptions } from './resolver.ts';

export interface Home {
  readonly host: Host;
  readonly loop: EventLoop;
  /** After close(): nothing can be opened any more. */
  readonly closed: boolean;
  /** Calls of the host at the present time; what they make due is sent at the end of the turn. */
  act<T>(call: (now: number) => T): T;
  resolve(name: string, options?: ResolveOptions): Promise<readonly IpAddress[]>;
  /** A reason for the process to go on, until release(). */
  hold(): void;
  release(): void;
  /** Asked after each flush, until it says true: for what the host has no signal for. */
  watch(isOver: () => boolean): void;
  /** Told when the stack is closed, until leave(). */
  join(resident: Resident): void;
  leave(resident: Resident): void;
}

/** Who is told that the stack is closed. */
export interface Resident {
  /** `gently`: end in order; you are told again when it takes too long. */
  stackCloses(gently: boolean): void;
}
