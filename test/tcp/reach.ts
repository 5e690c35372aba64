/** Each of the eleven states, reached by user calls and segments alone. */
import type { Connection } from '../../src/tcp/connection.ts';
import type { State } from '../../src/tcp/state.ts';
import { RST, type Segment } from '../../src/wire/segment.ts';
import { TwoEnds } from './two-ends.ts';

export interface Reached {
  readonly ends: TwoEnds;
  readonly subject: Connection;
}

type Options = ConstructorParameters<typeof TwoEnds>[0];

/** A connection in `state`; its peer is beyond a network that loses everything from then on. */
export function reach(state: State, options: Options = {}): Reached {
  const ends = new TwoEnds(options);
  const subject = route(state, ends);
  if (subject.state !== state) throw new Error(`reached ${subject.state}, not ${state}`);
  ends.verdict = () => 'lose';
  return { ends, subject };
}

function route(state: State, ends: TwoEnds): Connection {
  const { a, b } = ends;
  const lose = (from: 'a' | 'b') => {
    ends.verdict = (side) => (side === from ? 'lose' : 'deliver');
  };
  switch (state) {
    case 'CLOSED':
      return a;
    case 'LISTEN':
      b.openPassive();
      return b;
    case 'SYN-SENT':
      lose('a');
      ends.connect();
      return a;
    case 'SYN-RECEIVED':
      lose('b');
      ends.connect();
      return b;
    case 'ESTABLISHED':
      ends.connect();
      return a;
    case 'FIN-WAIT-1':
      ends.connect();
      lose('a');
      a.close();
      ends.settle();
      return a;
    case 'FIN-WAIT-2':
      ends.connect();
      a.close();
      ends.settle();
      return a;
    case 'CLOSE-WAIT':
      ends.connect();
      a.close();
      ends.settle();
      return b;
    case 'CLOSING':
      ends.connect();
      a.close();
      b.close();
      ends.verdict = (from, seg) => (from === 'a' || isBareAck(seg) ? 'lose' : 'deliver');
      ends.settle();
      return a;
    case 'LAST-ACK':
      ends.connect();
      a.close();
      ends.settle();
      lose('b');
      b.close();
      ends.settle();
      return b;
    case 'TIME-WAIT':
      ends.connect();
      a.close();
      ends.settle();
      b.close();
      ends.settle();
      return a;
  }
}

const isBareAck = (seg: Segment): boolean => (seg.ctl & (RST | 0x01)) === 0;
