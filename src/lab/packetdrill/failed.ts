/** What stops a script: it and the stack do not agree. */
import type { ScriptEvent } from './ast.ts';

export class Failed extends Error {
  override readonly name: string = 'Failed';
  readonly event: ScriptEvent;
  /** Packets in the script's notation. */
  readonly expected: string | undefined;
  readonly actual: string | undefined;

  constructor(event: ScriptEvent, message: string, expected?: string, actual?: string) {
    super(message);
    this.event = event;
    this.expected = expected;
    this.actual = actual;
  }
}

/** `1.25 s` */
export const seconds = (ms: number): string => `${Math.round(ms * 1000) / 1_000_000} s`;
