/** RFC 9293 §3.10.1 to §3.10.6: the answer to each user call in each state. */
import { describe, expect, test } from 'vitest';
import { STATES, type State } from '../../src/tcp/state.ts';
import { printSegment } from '../../src/wire/print.ts';
import { Segment } from '../../src/wire/segment.ts';
import { seq } from '../../src/wire/seq.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import { reach } from './reach.ts';

const NONE = 'error: connection does not exist';
const CLOSING = 'error: connection closing';
const EXISTS = 'error: connection already exists';

type Row = { [S in State]: [answer: number | string, after: State, sends: string] };

function play(
  call: (subject: Connection, now: number) => number | string,
  rows: Row,
  prepare: (subject: Connection) => void = () => undefined,
): void {
  test.each(STATES)('in %s', (state) => {
    const { ends, subject } = reach(state);
    prepare(subject);
    const answer = call(subject, ends.now);
    const segments = sent(subject, ends.now); // LAST-ACK begins when the FIN leaves
    expect([answer, subject.state, segments]).toEqual(rows[state]);
  });
}

describe('OPEN, active (§3.10.1)', () => {
  play((c) => c.openActive(seq(100)), {
    CLOSED: ['ok', 'SYN-SENT', '<SEQ=100><CTL=SYN>'],
    LISTEN: ['ok', 'SYN-SENT', '<SEQ=100><CTL=SYN>'],
    'SYN-SENT': [EXISTS, 'SYN-SENT', ''],
    'SYN-RECEIVED': [EXISTS, 'SYN-RECEIVED', ''],
    ESTABLISHED: [EXISTS, 'ESTABLISHED', ''],
    'FIN-WAIT-1': [EXISTS, 'FIN-WAIT-1', ''],
    'FIN-WAIT-2': [EXISTS, 'FIN-WAIT-2', ''],
    'CLOSE-WAIT': [EXISTS, 'CLOSE-WAIT', ''],
    CLOSING: [EXISTS, 'CLOSING', ''],
    'LAST-ACK': [EXISTS, 'LAST-ACK', ''],
    'TIME-WAIT': [EXISTS, 'TIME-WAIT', ''],
  });
});

describe('OPEN, passive (§3.10.1)', () => {
  play((c) => c.openPassive(), {
    CLOSED: ['ok', 'LISTEN', ''],
    LISTEN: [EXISTS, 'LISTEN', ''],
    'SYN-SENT': [EXISTS, 'SYN-SENT', ''],
    'SYN-RECEIVED': [EXISTS, 'SYN-RECEIVED', ''],
    ESTABLISHED: [EXISTS, 'ESTABLISHED', ''],
    'FIN-WAIT-1': [EXISTS, 'FIN-WAIT-1', ''],
    'FIN-WAIT-2': [EXISTS, 'FIN-WAIT-2', ''],
    'CLOSE-WAIT': [EXISTS, 'CLOSE-WAIT', ''],
    CLOSING: [EXISTS, 'CLOSING', ''],
    'LAST-ACK': [EXISTS, 'LAST-ACK', ''],
    'TIME-WAIT': [EXISTS, 'TIME-WAIT', ''],
  });
});

describe('SEND of 5 octets (§3.10.2)', () => {
  play((c, now) => c.send(now, new Uint8Array(5)), {
    CLOSED: [NONE, 'CLOSED', ''],
    LISTEN: ['error: foreign socket unspecified', 'LISTEN', ''],
    'SYN-SENT': [5, 'SYN-SENT', ''],
    'SYN-RECEIVED': [5, 'SYN-RECEIVED', ''],
    ESTABLISHED: [5, 'ESTABLISHED', '<SEQ=101><ACK=301><CTL=PSH,ACK><DATA=5>'],
    'FIN-WAIT-1': [CLOSING, 'FIN-WAIT-1', ''],
    'FIN-WAIT-2': [CLOSING, 'FIN-WAIT-2', ''],
    'CLOSE-WAIT': [5, 'CLOSE-WAIT', '<SEQ=301><ACK=102><CTL=PSH,ACK><DATA=5>'],
    CLOSING: [CLOSING, 'CLOSING', ''],
    'LAST-ACK': [CLOSING, 'LAST-ACK', ''],
    'TIME-WAIT': [CLOSING, 'TIME-WAIT', ''],
  });

  test('in LISTEN with an ISS for a foreign socket that is known turns the OPEN active', () => {
    const { ends, subject } = reach('LISTEN');
    expect(subject.send(ends.now, new Uint8Array(5), 0, 5, { iss: seq(700) })).toBe(5);
    expect(subject.state).toBe('SYN-SENT');
    expect(sent(subject, ends.now)).toBe('<SEQ=700><CTL=SYN>');
  });
});

describe('RECEIVE (§3.10.3)', () => {
  play((c) => c.receive(new Uint8Array(10)), {
    CLOSED: [NONE, 'CLOSED', ''],
    LISTEN: [0, 'LISTEN', ''],
    'SYN-SENT': [0, 'SYN-SENT', ''],
    'SYN-RECEIVED': [0, 'SYN-RECEIVED', ''],
    ESTABLISHED: [0, 'ESTABLISHED', ''],
    'FIN-WAIT-1': [0, 'FIN-WAIT-1', ''],
    'FIN-WAIT-2': [0, 'FIN-WAIT-2', ''],
    'CLOSE-WAIT': [CLOSING, 'CLOSE-WAIT', ''],
    CLOSING: [CLOSING, 'CLOSING', ''],
    'LAST-ACK': [CLOSING, 'LAST-ACK', ''],
    'TIME-WAIT': [CLOSING, 'TIME-WAIT', ''],
  });
});

describe('CLOSE (§3.10.4)', () => {
  play((c) => c.close(), {
    CLOSED: [NONE, 'CLOSED', ''],
    LISTEN: ['ok', 'CLOSED', ''],
    'SYN-SENT': ['ok', 'CLOSED', ''],
    'SYN-RECEIVED': ['ok', 'FIN-WAIT-1', '<SEQ=301><ACK=101><CTL=FIN,ACK>'],
    ESTABLISHED: ['ok', 'FIN-WAIT-1', '<SEQ=101><ACK=301><CTL=FIN,ACK>'],
    'FIN-WAIT-1': [CLOSING, 'FIN-WAIT-1', ''],
    'FIN-WAIT-2': [CLOSING, 'FIN-WAIT-2', ''],
    'CLOSE-WAIT': ['ok', 'LAST-ACK', '<SEQ=301><ACK=102><CTL=FIN,ACK>'],
    CLOSING: [CLOSING, 'CLOSING', ''],
    'LAST-ACK': [CLOSING, 'LAST-ACK', ''],
    'TIME-WAIT': [CLOSING, 'TIME-WAIT', ''],
  });

  test('in SYN-RECEIVED with text to send waits for ESTABLISHED', () => {
    const { ends, subject } = reach('SYN-RECEIVED');
    subject.send(ends.now, new Uint8Array(5));
    expect(subject.close()).toBe('ok');
    expect([subject.state, sent(subject, ends.now)]).toEqual(['SYN-RECEIVED', '']);
    ends.verdict = () => 'deliver';
    ends.advance(5000);
    expect(subject.state).toBe('FIN-WAIT-2');
  });

  test('a second CLOSE, and SEND after CLOSE, are refused', () => {
    const { ends, subject } = reach('CLOSE-WAIT');
    expect(subject.close()).toBe('ok');
    expect(subject.close()).toBe(CLOSING);
    expect(subject.send(ends.now, new Uint8Array(1))).toBe(CLOSING);
  });
});

describe('ABORT (§3.10.5)', () => {
  play((c) => c.abort(), {
    CLOSED: [NONE, 'CLOSED', ''],
    LISTEN: ['ok', 'CLOSED', ''],
    'SYN-SENT': ['ok', 'CLOSED', ''],
    'SYN-RECEIVED': ['ok', 'CLOSED', '<SEQ=301><CTL=RST>'],
    ESTABLISHED: ['ok', 'CLOSED', '<SEQ=101><CTL=RST>'],
    'FIN-WAIT-1': ['ok', 'CLOSED', '<SEQ=102><CTL=RST>'],
    'FIN-WAIT-2': ['ok', 'CLOSED', '<SEQ=102><CTL=RST>'],
    'CLOSE-WAIT': ['ok', 'CLOSED', '<SEQ=301><CTL=RST>'],
    CLOSING: ['ok', 'CLOSED', ''],
    'LAST-ACK': ['ok', 'CLOSED', ''],
    'TIME-WAIT': ['ok', 'CLOSED', ''],
  });
});

describe('STATUS (§3.10.6)', () => {
  test.each(STATES)('in %s', (state) => {
    const { subject } = reach(state);
    const status = subject.status();
    if (state === 'CLOSED') expect(status).toBe(NONE);
    else expect(status).toMatchObject({ state });
  });
});

function sent(subject: Connection, now: number): string {
  const all: string[] = [];
  for (;;) {
    const seg = new Segment();
    seg.bytes = new Uint8Array(2048);
    seg.textStart = seg.textEnd = 100;
    if (!subject.poll(now, seg)) return all.join(' ');
    all.push(printSegment(seg));
  }
}
