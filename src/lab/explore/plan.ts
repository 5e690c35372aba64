/**
 * The small worlds that are searched: two connections, and what their users do. A user makes its calls
 * in their order, each whenever the search likes.
 */
import type { TcpDefaults } from '../../tcp/options.ts';

/** As the RFC has them; `send 2` is two octets with PUSH, `crash` forgets the connection. */
export type UserCall =
  | 'open'
  | 'listen'
  | 'close'
  | 'release'
  | 'abort'
  | 'crash'
  | `send ${number}`
  | `receive ${number}`;

/** One user. */
export interface Conduct {
  /** Called before anything else happens. */
  readonly first: readonly UserCall[];
  /** Called later, in this order. */
  readonly calls: readonly UserCall[];
  /** May happen at any time, once, in place of the calls that are left. */
  readonly mishap?: 'abort' | 'crash';
  /** The calls after a crash. */
  readonly afterCrash?: readonly UserCall[];
  /** Takes text when it arrives, or an octet at a time when the search likes. */
  readonly reads: 'at once' | 'later';
  /** Initial sequence number of its first connection. */
  readonly iss: number;
  readonly tcp?: Partial<TcpDefaults>;
}

export interface Plan {
  readonly name: string;
  readonly title: string;
  readonly A: Conduct;
  readonly B: Conduct;
}

const SEGMENT_FOR_EACH_SEND = { noDelay: true } as const;

const A: Conduct = { first: [], calls: [], reads: 'at once', iss: 100, tcp: SEGMENT_FOR_EACH_SEND };
const B: Conduct = { ...A, iss: 300 };

/** All worlds, in the order they are searched. */
export const PLANS: readonly Plan[] = [
  {
    name: 'open-close',
    title: 'one opens, both send and close',
    A: { ...A, first: ['open'], calls: ['send 2', 'close'] },
    B: { ...B, first: ['listen'], calls: ['send 1', 'close'] },
  },
  {
    name: 'simultaneous',
    title: 'both open at once, send and close',
    A: { ...A, first: ['open'], calls: ['send 1', 'close'] },
    B: { ...B, first: ['open'], calls: ['send 1', 'close'] },
  },
  {
    name: 'wrap',
    title: 'sequence numbers pass 2^32 and 2^31, text in three segments',
    A: { ...A, iss: 2 ** 32 - 2, first: ['open'], calls: ['send 1', 'send 2', 'send 1', 'close'] },
    B: { ...B, iss: 2 ** 31 - 2, first: ['listen'], calls: ['close'] },
  },
  {
    name: 'late-listener',
    title: 'who is called does not listen yet',
    A: { ...A, calls: ['open', 'send 1', 'close'] },
    B: { ...B, calls: ['listen', 'close'] },
  },
  {
    name: 'small-window',
    title: 'a receive buffer of one octet, read when the user likes',
    A: { ...A, first: ['open'], calls: ['send 2', 'close'] },
    B: {
      ...B,
      first: ['listen'],
      calls: ['close'],
      reads: 'later',
      tcp: { ...SEGMENT_FOR_EACH_SEND, receiveBuffer: 1, receiveBufferMax: 1 },
    },
  },
  {
    name: 'abort',
    title: 'one side may abort at any time',
    A: { ...A, first: ['open'], calls: ['send 1', 'close'], mishap: 'abort' },
    B: { ...B, first: ['listen'], calls: ['send 1', 'close'] },
  },
  {
    name: 'crash-active',
    title: 'who opened may crash, reboot and open again',
    A: {
      ...A,
      first: ['open'],
      calls: ['send 1', 'close'],
      mishap: 'crash',
      afterCrash: ['open', 'send 1', 'close'],
    },
    B: { ...B, first: ['listen'], calls: ['send 1', 'close'] },
  },
  {
    name: 'crash-passive',
    title: 'who listened may crash, reboot and listen again',
    A: { ...A, first: ['open'], calls: ['send 1', 'close'] },
    B: {
      ...B,
      first: ['listen'],
      calls: ['send 1', 'close'],
      mishap: 'crash',
      afterCrash: ['listen', 'close'],
    },
  },
];

export const planNamed = (name: string): Plan | undefined =>
  PLANS.find((plan) => plan.name === name);
