/**
 * The figures of RFC 9293 with the Linux kernel as TCP B. Where a line departs from the figure, the
 * comment says why; 300, 400: the kernel's first ISS and its next. The state in the last column is
 * the kernel's own word (/proc/net/tcp), LISTEN where its listener is all that is left.
 */
import { describe, expect, test } from 'vitest';
import { figure, scenesOf } from './scenes.ts';

const scenes = scenesOf('test/kernel/figures.script.ts');

describe.skipIf(scenes.unavailable !== undefined)('the kernel as TCP B', () => {
  // The kernel sends its FIN,ACK only when its user calls CLOSE: line 4 of Figure 12 as the RFC has it.
  const basicAndNormalClose = figure`
    SYN-SENT     -->  <SEQ=100><CTL=SYN>                       -->  SYN-RECEIVED
    ESTABLISHED  <--  <SEQ=300><ACK=101><CTL=SYN,ACK>          <--  SYN-RECEIVED
    ESTABLISHED  -->  <SEQ=101><ACK=301><CTL=ACK>              -->  ESTABLISHED
    ESTABLISHED  -->  <SEQ=101><ACK=301><CTL=PSH,ACK><DATA=10> -->  ESTABLISHED
    ESTABLISHED  <--  <SEQ=301><ACK=111><CTL=ACK>              <--  ESTABLISHED
    FIN-WAIT-1   -->  <SEQ=111><ACK=301><CTL=FIN,ACK>          -->  CLOSE-WAIT
    FIN-WAIT-2   <--  <SEQ=301><ACK=112><CTL=ACK>              <--  CLOSE-WAIT
    TIME-WAIT    <--  <SEQ=301><ACK=112><CTL=FIN,ACK>          <--  LAST-ACK
    TIME-WAIT    -->  <SEQ=112><ACK=302><CTL=ACK>              -->  LISTEN
  `;

  test.each(['', ', IPv6'])('Figures 6 and 12: basic handshake, normal close%s', async (family) => {
    expect(await scenes.play(`basic, normal close${family}`)).toEqual({
      lines: basicAndNormalClose,
      arrows: [
        'CLOSED > SYN-SENT',
        'SYN-SENT > ESTABLISHED',
        'ESTABLISHED > FIN-WAIT-1',
        'FIN-WAIT-1 > FIN-WAIT-2',
        'FIN-WAIT-2 > TIME-WAIT',
        'TIME-WAIT > CLOSED',
      ],
      kernel: ['end', 'close'],
    });
  });

  test('Figures 6 and 12 with the kernel as TCP A', async () => {
    expect(await scenes.play('basic and normal close, by the kernel')).toEqual({
      lines: figure`
        SYN-RECEIVED <--  <SEQ=300><CTL=SYN>                       <--  SYN-SENT
        SYN-RECEIVED -->  <SEQ=100><ACK=301><CTL=SYN,ACK>          -->  ESTABLISHED
        ESTABLISHED  <--  <SEQ=301><ACK=101><CTL=ACK>              <--  ESTABLISHED
        ESTABLISHED  <--  <SEQ=301><ACK=101><CTL=PSH,ACK><DATA=10> <--  ESTABLISHED
        ESTABLISHED  -->  <SEQ=101><ACK=311><CTL=ACK>              -->  ESTABLISHED
        CLOSE-WAIT   <--  <SEQ=311><ACK=101><CTL=FIN,ACK>          <--  FIN-WAIT-1
        CLOSE-WAIT   -->  <SEQ=101><ACK=312><CTL=ACK>              -->  FIN-WAIT-2
        LAST-ACK     -->  <SEQ=101><ACK=312><CTL=FIN,ACK>          -->  TIME-WAIT
        CLOSED       <--  <SEQ=312><ACK=102><CTL=ACK>              <--  TIME-WAIT
      `,
      arrows: [
        'CLOSED > LISTEN',
        'LISTEN > SYN-RECEIVED',
        'SYN-RECEIVED > ESTABLISHED',
        'ESTABLISHED > CLOSE-WAIT',
        'CLOSE-WAIT > LAST-ACK',
        'LAST-ACK > CLOSED',
      ],
      kernel: 'TIME-WAIT',
      text: 'ten octets',
    });
  });

  // Line for line. The kernel acknowledges the last one once more, which the figure does not ask for.
  test('Figure 7: simultaneous open (MUST-10)', async () => {
    expect(await scenes.play('simultaneous open')).toEqual({
      lines: figure`
        SYN-SENT     -->  <SEQ=100><CTL=SYN>              ...
        SYN-RECEIVED <--  <SEQ=300><CTL=SYN>              <--  SYN-SENT
        SYN-RECEIVED -->  <SEQ=100><ACK=301><CTL=SYN,ACK> ...
                     ...  <SEQ=100><CTL=SYN>              -->  SYN-RECEIVED
        ESTABLISHED  <--  <SEQ=300><ACK=101><CTL=SYN,ACK> <--  SYN-RECEIVED
                     ...  <SEQ=100><ACK=301><CTL=SYN,ACK> -->  ESTABLISHED
      `,
      arrows: ['CLOSED > SYN-SENT', 'SYN-SENT > SYN-RECEIVED', 'SYN-RECEIVED > ESTABLISHED'],
      texts: ['from the kernel', 'from estab'],
    });
  });

  test('Figure 8: recovery from an old duplicate SYN', async () => {
    expect(await scenes.play('old duplicate SYN')).toEqual({
      lines: figure`
        SYN-SENT     -->  <SEQ=100><CTL=SYN>              ...
                     ...  <SEQ=90><CTL=SYN>               -->  SYN-RECEIVED
        SYN-SENT     <--  <SEQ=300><ACK=91><CTL=SYN,ACK>  <--  SYN-RECEIVED
        SYN-SENT     -->  <SEQ=91><CTL=RST>               -->  LISTEN
                     ...  <SEQ=100><CTL=SYN>              -->  SYN-RECEIVED
        ESTABLISHED  <--  <SEQ=400><ACK=101><CTL=SYN,ACK> <--  SYN-RECEIVED
        ESTABLISHED  -->  <SEQ=101><ACK=401><CTL=ACK>     -->  ESTABLISHED
      `,
      arrows: ['CLOSED > SYN-SENT', 'SYN-SENT > ESTABLISHED'],
    });
  });

  // The figure stops at line 7, the SYN again; a listener of the kernel's takes it.
  test('Figure 9: half-open connection discovery', async () => {
    expect(await scenes.play('half-open, A opens again')).toEqual({
      lines: figure`
        SYN-SENT     -->  <SEQ=400><CTL=SYN>              -->  ESTABLISHED
        SYN-SENT     <--  <SEQ=301><ACK=101><CTL=ACK>     <--  ESTABLISHED
        SYN-SENT     -->  <SEQ=101><CTL=RST>              -->  LISTEN
        SYN-SENT     -->  <SEQ=400><CTL=SYN>              -->  SYN-RECEIVED
        ESTABLISHED  <--  <SEQ=400><ACK=401><CTL=SYN,ACK> <--  SYN-RECEIVED
        ESTABLISHED  -->  <SEQ=401><ACK=401><CTL=ACK>     -->  ESTABLISHED
      `,
      kernel: ['error ECONNRESET', 'close'],
    });
  });

  test('Figure 9 with the kernel as TCP A: it forgot, and opens again', async () => {
    expect(await scenes.play('half-open, B reboots and opens again')).toEqual({
      lines: figure`
        ESTABLISHED  <--  <SEQ=400><CTL=SYN>              <--  SYN-SENT
        ESTABLISHED  -->  <SEQ=101><ACK=301><CTL=ACK>     -->  SYN-SENT
        CLOSED       <--  <SEQ=301><CTL=RST>              <--  SYN-SENT
        SYN-RECEIVED <--  <SEQ=400><CTL=SYN>              <--  SYN-SENT
        SYN-RECEIVED -->  <SEQ=500><ACK=401><CTL=SYN,ACK> -->  ESTABLISHED
        ESTABLISHED  <--  <SEQ=401><ACK=501><CTL=ACK>     <--  ESTABLISHED
      `,
      signals: ['reset', 'closed'],
    });
  });

  test('Figure 10: the active side causes the discovery', async () => {
    expect(await scenes.play('half-open, B sends')).toEqual({
      lines: figure`
        CLOSED       <--  <SEQ=301><ACK=101><CTL=PSH,ACK><DATA=10> <--  ESTABLISHED
        CLOSED       -->  <SEQ=101><CTL=RST>                       -->  LISTEN
      `,
      kernel: ['error ECONNRESET', 'close'],
    });
  });

  test('Figure 10 with the kernel as TCP A: it forgot, estab sends', async () => {
    expect(await scenes.play('half-open, B reboots and A sends')).toEqual({
      lines: figure`
        ESTABLISHED  -->  <SEQ=101><ACK=301><CTL=PSH,ACK><DATA=10> -->  LISTEN
        CLOSED       <--  <SEQ=301><CTL=RST>                       <--  LISTEN
      `,
      signals: ['established', 'reset', 'closed'],
    });
  });

  test('Figure 11: an old duplicate SYN resets nobody of two passive sockets', async () => {
    expect(await scenes.play('old duplicate SYN, two passive sockets')).toEqual({
      lines: figure`
                     ...  <SEQ=100><CTL=SYN>              -->  SYN-RECEIVED
        LISTEN       <--  <SEQ=300><ACK=101><CTL=SYN,ACK> <--  SYN-RECEIVED
        LISTEN       -->  <SEQ=101><CTL=RST>              -->  LISTEN
      `,
      signals: [],
      states: ['LISTEN', 'LISTEN'],
      accepted: 0,
    });
  });

  test('Figure 13: simultaneous close', async () => {
    expect(await scenes.play('simultaneous close')).toEqual({
      lines: figure`
        FIN-WAIT-1   -->  <SEQ=100><ACK=301><CTL=FIN,ACK> ...
        CLOSING      <--  <SEQ=301><ACK=100><CTL=FIN,ACK> <--  FIN-WAIT-1
        CLOSING      -->  <SEQ=101><ACK=302><CTL=ACK>     ...
                     ...  <SEQ=100><ACK=301><CTL=FIN,ACK> -->  CLOSING
        TIME-WAIT    <--  <SEQ=302><ACK=101><CTL=ACK>     <--  CLOSING
                     ...  <SEQ=101><ACK=302><CTL=ACK>     -->  TIME-WAIT
      `,
      arrows: [
        'ESTABLISHED > FIN-WAIT-1',
        'FIN-WAIT-1 > CLOSING',
        'CLOSING > TIME-WAIT',
        'TIME-WAIT > CLOSED',
      ],
      kernel: 'TIME-WAIT',
    });
  });
});

describe.skipIf(scenes.unavailable !== undefined)('TIME-WAIT beside the kernel', () => {
  test('on our side: the FIN again is acknowledged and the 2 MSL begin anew', async () => {
    expect(await scenes.play('TIME-WAIT on our side')).toEqual({
      lines: figure`
        TIME-WAIT    <--  <SEQ=301><ACK=102><CTL=FIN,ACK> <--  LAST-ACK
        TIME-WAIT    --X  <SEQ=102><ACK=302><CTL=ACK>
        TIME-WAIT    <--  <SEQ=301><ACK=102><CTL=FIN,ACK> <--  LAST-ACK
        TIME-WAIT    -->  <SEQ=102><ACK=302><CTL=ACK>     -->  LISTEN
      `,
      restarted: true,
      kept: 1,
    });
  });

  test('on the kernel side: our FIN comes again and is acknowledged', async () => {
    expect(await scenes.play('TIME-WAIT on the kernel side')).toEqual({
      lines: figure`
        LAST-ACK     -->  <SEQ=101><ACK=302><CTL=FIN,ACK> -->  TIME-WAIT
                     X--  <SEQ=302><ACK=102><CTL=ACK>     <--  TIME-WAIT
        LAST-ACK     -->  <SEQ=101><ACK=302><CTL=FIN,ACK> -->  TIME-WAIT
        CLOSED       <--  <SEQ=302><ACK=102><CTL=ACK>     <--  TIME-WAIT
      `,
      signals: ['established', 'end', 'closed'],
    });
  });

  test('on our side: a new SYN of the kernel opens the connection again (MAY-2)', async () => {
    expect(await scenes.play('TIME-WAIT on our side, the kernel opens again')).toEqual({
      waiting: 'TIME-WAIT',
      lines: figure`
        SYN-RECEIVED <--  <SEQ=400><CTL=SYN>                 <--  SYN-SENT
        SYN-RECEIVED -->  <SEQ=200000><ACK=401><CTL=SYN,ACK> -->  ESTABLISHED
        ESTABLISHED  <--  <SEQ=401><ACK=200001><CTL=ACK>     <--  ESTABLISHED
      `,
      reopened: 1,
    });
  });

  test('on the kernel side: our new SYN opens the connection again', async () => {
    expect(await scenes.play('TIME-WAIT on the kernel side, we open again')).toEqual({
      lines: figure`
        SYN-SENT     -->  <SEQ=200000><CTL=SYN>              -->  SYN-RECEIVED
        ESTABLISHED  <--  <SEQ=400><ACK=200001><CTL=SYN,ACK> <--  SYN-RECEIVED
        ESTABLISHED  -->  <SEQ=200001><ACK=401><CTL=ACK>     -->  ESTABLISHED
      `,
    });
  });
});
