/** How often the oracle is asked in the ladders, and how often it has no word. */
import { expect, test } from 'vitest';
import { ladderNamed, NAMES, play } from '../ladders/all-ladders.ts';
import { reach } from '../tcp/reach.ts';
import { Segment, SYN } from '../../src/wire/segment.ts';
import { add } from '../../src/wire/seq.ts';
import { tally } from './beside.ts';

const LEAST = 1500; // segments that arrive in all ladders, each played once

test('in the ladders it is silent about openings with Fast Open and ECN, and marks, and no more', () => {
  const before = { asked: tally.asked, ...tally.abstained };
  for (const name of NAMES) {
    const ladder = ladderNamed(name);
    play(ladder, { family: ladder.family === 6 ? 6 : 4 });
  }
  const asked = tally.asked - before.asked;
  const fastOpen = tally.abstained['Fast Open'] - before['Fast Open'];
  const synAgain = tally.abstained['ECN: a SYN again'] - before['ECN: a SYN again'];
  const marks = tally.abstained['ECN: a mark'] - before['ECN: a mark'];
  expect(asked).toBeGreaterThan(LEAST);
  expect(Math.min(fastOpen, synAgain, marks)).toBeGreaterThan(0);
  expect((fastOpen + synAgain + marks) / asked).toBeLessThan(0.05);
});

test('a stack that departs is stopped: a SYN that moves RCV.NXT', () => {
  const { subject } = reach('ESTABLISHED');
  const { tcb } = subject;
  const syn = new Segment();
  syn.seq = tcb.rcv.nxt;
  syn.ctl = SYN;
  // As if the stack took it: the variable moves while the segment is processed
  Object.defineProperty(tcb, 'because', {
    set: () => (tcb.rcv.nxt = add(tcb.rcv.nxt, 1)),
    get: () => '',
  });
  expect(() => subject.segmentArrives(1000, syn)).toThrow(/the oracle disagrees: RCV\.NXT/);
});
