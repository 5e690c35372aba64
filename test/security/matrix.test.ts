/**
 * Every state and every set of SYN, FIN, RST and ACK, before, at, inside and beyond the window, with
 * every kind of acknowledgment, with and without text: the answer is what test/oracle says, nothing
 * throws, and nothing amplifies (S26).
 */
import { describe, expect, test } from 'vitest';
import { STATES } from '../../src/tcp/state.ts';
import { ACK, FIN, PSH, RST, SYN, URG } from '../../src/wire/segment.ts';
import { sentAtOnce, variablesIn, WINDOW } from '../matrix/cells.ts';
import { segmentArrives } from '../oracle/segment-arrives.ts';
import { modulo, type Arriving, type Variables } from '../oracle/variables.ts';
import { FAMILIES, PEER_ISS, reach, TARGET_ISS, type Family } from './target.ts';

const MSS_OPTION = 4; // octets that a SYN,ACK has more than the SYN that asks for it

/** All of SYN, FIN, RST and ACK, and what is called null, xmas and all. */
const CONTROLS: readonly number[] = [
  ...Array.from({ length: 16 }, (_, i) => (i & 7) | ((i & 8) << 1)),
  FIN | PSH | URG,
  0x3f,
  0xff,
];

/** TCP does not know its family, so for IPv6 a part will do. */
function asked(family: Family, { una, nxt, rcvNxt }: Variables): Arriving[] {
  const all: Arriving[] = [];
  const places = [0, 10, -100, WINDOW - 1, WINDOW];
  for (const ctl of CONTROLS) {
    for (const place of family === 4 ? places : [0]) {
      for (const ack of [una, nxt, nxt + 1, una - WINDOW - 1].map(modulo)) {
        const seq = modulo(rcvNxt + place);
        for (const text of [0, 3]) all.push({ ...FIELDS, seq, ack, ctl, text });
      }
    }
  }
  return all;
}

const FIELDS = { wnd: WINDOW, up: 0, tsval: undefined };

function play(family: Family, tcb: Variables, seg: Arriving): void {
  const { target, socket } = reach(tcb.state, family, { tcp: { profile: 'rfc' } });
  const { octetsIn, octetsOut } = target;
  const answers = target.gets(seg);
  const want = segmentArrives(tcb, seg);
  const got = `${answers.join(' ').replaceAll(',URG', '')} in ${socket.state}`;
  const what = `${names(seg.ctl)} ${JSON.stringify(seg)}`;
  expect(`${what}: ${got}`).toBe(`${what}: ${sentAtOnce(tcb, seg, want)} in ${want.state}`);
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

describe.each(FAMILIES)('S26, IPv%i: a segment arrives, as §3.10.7 says', (family) => {
  test.each(STATES)('in %s', (state) => {
    const given = variablesIn(state, TARGET_ISS, PEER_ISS);
    const all = asked(family, given);
    for (const seg of all) play(family, given, seg);
    expect(all.length).toBe(CONTROLS.length * (family === 4 ? 5 : 1) * 4 * 2);
  });
});
