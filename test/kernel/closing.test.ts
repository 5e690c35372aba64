/** Half-closes, aborts, refusals and keep-alives with the Linux kernel as peer. */
import { describe, expect, test } from 'vitest';
import { figure, scenesOf } from './scenes.ts';

const scenes = scenesOf('test/kernel/closing.script.ts');
const skip = scenes.unavailable !== undefined;

describe.skipIf(skip)('a half-close', () => {
  test('by estab: the kernel goes on sending, then finishes', async () => {
    expect(await scenes.play('half-close by estab')).toEqual({
      states: ['FIN-WAIT-2', 'CLOSE-WAIT'],
      still: ['FIN-WAIT-2', 'CLOSE-WAIT'],
      text: 'that is all',
      equal: true,
      signals: ['established', 'end'],
    });
  });

  test('by the kernel: estab goes on sending, then finishes', async () => {
    expect(await scenes.play('half-close by the kernel')).toEqual({
      still: ['CLOSE-WAIT', 'FIN-WAIT-2'],
      text: 'that is all',
      equal: true,
      signals: ['end', 'closed'],
      kernel: 'TIME-WAIT',
    });
  });
});

describe.skipIf(skip)('an abort', () => {
  test('by estab: the application on the kernel gets ECONNRESET', async () => {
    expect(await scenes.play('abort by estab')).toEqual({
      lines: figure`
        CLOSED       -->  <SEQ=101><ACK=301><CTL=RST,ACK> -->  LISTEN
      `,
      kernel: ['error ECONNRESET', 'close'],
      signals: ['established', 'aborted', 'closed'],
    });
  });

  // The reset is in the kernel's window but not at RCV.NXT: a challenge ACK, then the exact reset.
  test('by estab, ahead of lost text: the kernel challenges it (RFC 5961)', async () => {
    expect(await scenes.play('abort by estab, its text lost')).toEqual({
      lines: figure`
        ESTABLISHED  --X  <SEQ=101><ACK=301><CTL=PSH,ACK><DATA=10>
        CLOSED       -->  <SEQ=111><ACK=301><CTL=RST,ACK> -->  ESTABLISHED
        CLOSED       <--  <SEQ=301><ACK=101><CTL=ACK>     <--  ESTABLISHED
        CLOSED       -->  <SEQ=101><CTL=RST>              -->  CLOSED
      `,
      kernel: ['connect', 'error ECONNRESET', 'close'],
    });
  });

  test('because text is unread when the application is gone (SHLD-3)', async () => {
    expect(await scenes.play('released with text unread')).toEqual({
      lines: figure`
        CLOSED       -->  <SEQ=101><ACK=311><CTL=RST,ACK> -->  LISTEN
      `,
      kernel: ['error ECONNRESET', 'close'],
    });
  });

  // As we do with its profile; §3.10.5 has RST.
  test('by the kernel: our user is told "connection reset"', async () => {
    expect(await scenes.play('abort by the kernel')).toEqual({
      lines: figure`
        CLOSED       <--  <SEQ=301><ACK=101><CTL=RST,ACK> <--  CLOSED
      `,
      signals: ['reset', 'closed'],
      late: ['error: connection reset', 'error: connection reset'],
    });
  });
});

describe.skipIf(skip)('a closed port', () => {
  test.each(['', ', IPv6'])(
    'of the kernel: refused within a round trip, two segments%s',
    async (family) => {
      expect(await scenes.play(`refused by the kernel${family}`)).toEqual({
        lines: figure`
          SYN-SENT     -->  <SEQ=100><CTL=SYN>            -->  CLOSED
          CLOSED       <--  <SEQ=0><ACK=101><CTL=RST,ACK> <--  CLOSED
        `,
        signals: ['reset', 'closed'],
        quiet: true,
      });
    },
  );

  test.each(['', ', IPv6'])(
    'of estab: ECONNREFUSED within a round trip, two segments%s',
    async (family) => {
      expect(await scenes.play(`refused by estab${family}`)).toEqual({
        lines: figure`
          CLOSED       <--  <SEQ=300><CTL=SYN>            <--  SYN-SENT
          CLOSED       -->  <SEQ=0><ACK=301><CTL=RST,ACK> -->  CLOSED
        `,
        kernel: ['error ECONNREFUSED', 'close'],
        state: 'CLOSED',
      });
    },
  );
});

describe.skipIf(skip)('an idle connection', () => {
  // The kernel answers one such probe each 500 ms (net.ipv4.tcp_invalid_ratelimit), not more.
  test('the kernel answers the probes of estab, and it stays (MUST-24)', async () => {
    expect(await scenes.play('estab keeps alive')).toEqual({
      lines: figure`
        ESTABLISHED  -->  <SEQ=100><ACK=301><CTL=ACK> -->  ESTABLISHED
        ESTABLISHED  <--  <SEQ=301><ACK=101><CTL=ACK> <--  ESTABLISHED
        ESTABLISHED  -->  <SEQ=100><ACK=301><CTL=ACK> -->  ESTABLISHED
        ESTABLISHED  <--  <SEQ=301><ACK=101><CTL=ACK> <--  ESTABLISHED
      `,
      signals: ['established', 'end'],
      texts: ['still there', 'so am I'],
    });
  });

  test('estab answers the probes of the kernel, and it stays', async () => {
    expect(await scenes.play('the kernel keeps alive')).toEqual({
      lines: figure`
        ESTABLISHED  <--  <SEQ=300><ACK=101><CTL=ACK> <--  ESTABLISHED
        ESTABLISHED  -->  <SEQ=101><ACK=301><CTL=ACK> -->  ESTABLISHED
        ESTABLISHED  <--  <SEQ=300><ACK=101><CTL=ACK> <--  ESTABLISHED
        ESTABLISHED  -->  <SEQ=101><ACK=301><CTL=ACK> -->  ESTABLISHED
      `,
      signals: ['end'],
      texts: ['still there', 'so am I'],
    });
  });

  test('no answer to any of several probes: the user is told (MUST-29)', async () => {
    expect(await scenes.play('estab keeps alive in vain')).toEqual({
      probes: 3,
      signals: ['established', 'timeout', 'closed'],
    });
  });
});
