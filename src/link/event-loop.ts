/** What a link that acts of its own accord needs of its platform: the EventLoop of a stack has it. */
export interface LinkLoop {
  /** Milliseconds with a fraction; does not decrease. */
  now(): number;
  /** Calls back when what runs now is over. */
  soon(call: () => void): void;
  /** Calls back in `ms` or later. */
  later(call: () => void, ms: number): unknown;
  /** The call that `later` promised is not made. */
  cancel(timer: unknown): void;
}
