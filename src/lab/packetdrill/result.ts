/** What became of a script, as plain data: `run.ts` makes these, `render.ts` shows them. */
import type { LadderResult } from '../ladder/result.ts';

export type Status =
  | 'passed'
  | 'failed'
  /** It needs something that is not here: `message` names it. */
  | 'unsupported'
  /** It is about the other version of IP. */
  | 'other-family'
  /** It is no script: `message` says where and why. */
  | 'unreadable';

/** What carried it: IPv4, IPv6, or IPv4 through sockets of IPv6. */
export const CARRIERS = ['4', '6', '4in6'] as const;
export type Carrier = (typeof CARRIERS)[number];

export interface ScriptOutcome {
  readonly file: string;
  readonly carrier: Carrier;
  readonly status: Status;
  /** Of the script, from 1; 0 where it has none. */
  readonly line: number;
  /** What is wrong, or missing; '' when it passed. */
  readonly message: string;
  /** The event as it stands in the script. */
  readonly source: string;
  /** Packets in the script's notation; undefined where no packet is at fault. */
  readonly expected: string | undefined;
  readonly actual: string | undefined;
  /** Lines on which PSH is not as the script has it. With strict PSH such a script has failed. */
  readonly pushes: readonly number[];
  /** What code printed. */
  readonly printed: readonly string[];
  /** What happened; around the failure, or all of it. */
  readonly ladder: LadderResult | undefined;
}
