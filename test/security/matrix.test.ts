/**
 * Every state and every set of SYN, FIN, RST and ACK, before, at, inside and beyond the window, with
 * every kind of acknowledgment, with and without text: the answer is what RFC 9293 §3.10.7 says in its
 * order (oracle.ts), nothing throws, and nothing amplifies (S26).
 */
import { describe, expect, test } from 'vitest';
import { STATES, type State } from '../../src/tcp/state.ts';
import { ACK, FIN, PSH, RST, SYN, URG } from '../../src/wire/segment.ts';
import { expected, type Asked, type Given } from './oracle.ts';
import { FAMILIES, PEER_ISS, reach, TARGET_ISS, type Family } from './target.ts';

const WINDOW = 65_535; // octets, both ways
const MSS_OPTION = 4; // octets that a SYN,ACK has more than the SYN that asks for it

/** All of SYN, FIN, RST and ACK, and what is called null, xmas and all. */
const CONTROLS: readonly number[] = [
  ...Array.from({ length: 16 }, (_, i) => (i & 7) | ((i & 8) << 1)),
  FIN | PSH | URG,
  0x3f,
  0xff,
];

const OUTSTANDING: Partial<Record<State, number>> = {
  'SYN-SENT': 1,
  'SYN-RECEIVED': 1,
  'FIN-WAIT-1': 1,
  CLOSING: 1,
  'LAST-ACK': 1,
};

const FIN_TAKEN: readonly State[] = ['CLOSE-WAIT', 'CLOSING', 'LAST-ACK', 'TIME-WAIT'];
const OUR_FIN_SENT: readonly State[] = [
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'CLOSING',
  'LAST-ACK',
  'TIME-WAIT',
];

function givenIn(state: State): Given {
  const nxt = TARGET_ISS + 1 + (OUR_FIN_SENT.includes(state) ? 1 : 0);
  const finTaken = FIN_TAKEN.includes(state);
  return {
    state,
    una: nxt - (OUTSTANDING[state] ?? 0),
    nxt,
    rcv: PEER_ISS + 1 + (finTaken ? 1 : 0),
    wnd: finTaken ? WINDOW - 1 : WINDOW,
    maxWnd: WINDOW,
  };
}

/** TCP does not know its family, so for IPv6 a part will do. */
function asked(family: Family, given: Given): Asked[] {
  const { una, nxt, rcv } = given;
  const all: Asked[] = [];
  const places = [rcv, rcv + 10, rcv - 100, rcv + WINDOW - 1, rcv + WINDOW];
  for (const ctl of CONTROLS) {
    for (const seq of family === 4 ? places : [rcv]) {
      for (const ack of [una, nxt, nxt + 1, una - WINDOW - 1]) {
        for (const text of [0, 3]) all.push({ seq, ack, ctl, text });
      }
    }
  }
  return all;
}

function play(family: Family, given: Given, seg: Asked): void {
  const { target, socket } = reach(given.state, family, { tcp: { profile: 'rfc' } });
  const { octetsIn, octetsOut } = target;
  const answers = target.gets(seg);
  const got = { state: socket.state, answer: answers.join(' ').replaceAll(',URG', '') };
  const want = expected(given, seg);
  const what = JSON.stringify({ ...seg, ctl: names(seg.ctl) });
  expect({ what, ...got }).toEqual({ what, ...want, answer: wrapped(want.answer) });
  expect(target.octetsOut - octetsOut).toBeLessThanOrEqual(target.octetsIn - octetsIn + MSS_OPTION);
}

const names = (ctl: number): string =>
  [
    [SYN, 'SYN'],
    [FIN, 'FIN'],
    [RST, 'RST'],
    [ACK, 'ACK'],
  ]
    .filter(([bit]) => (ctl & Number(bit)) !== 0)
    .map(([, name]) => name)
    .join();

/** The oracle's numbers are plain ones; those of a segment are modulo 2^32. */
const wrapped = (answer: string): string =>
  answer.replace(/=(-\d+)/g, (_, n: string) => `=${Number(n) >>> 0}`);

describe.each(FAMILIES)('IPv%i: a segment arrives, as §3.10.7 says', (family) => {
  test.each(STATES)('in %s', (state) => {
    const given = givenIn(state);
    const all = asked(family, given);
    for (const seg of all) play(family, given, seg);
    expect(all.length).toBe(CONTROLS.length * (family === 4 ? 5 : 1) * 4 * 2);
  });
});
