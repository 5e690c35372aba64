import { describe, expect, test } from 'vitest';
import { playScript } from '../../src/lab/packetdrill/play.ts';
import { renderOutcome } from '../../src/lab/packetdrill/render.ts';
import type { ScriptOutcome } from '../../src/lab/packetdrill/result.ts';
import { complaint, OWN, play } from './scripts.ts';

const script = (lines: string): ScriptOutcome =>
  playScript(lines, 'mine.pkt', { carrier: '4', profile: 'linux' });

const LISTENING = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
`;
const ESTABLISHED = `${LISTENING}+0 < S 0:0(0) win 9000 <mss 1000>
+0 > S. 0:0(0) ack 1 <mss 1460>
+.1 < . 1:1(0) ack 1 win 9000
+0 accept(3, ..., ...) = 4
`;

describe('our own scripts pass, PSH and all', () => {
  describe.each(OWN)('%s', (name) => {
    test.each(['4', '6', '4in6'] as const)('over %s', (carrier) => {
      expect(complaint(play(name, carrier, { strictPush: true }))).toBe('');
    });

    test.each([2 ** 31 - 2, 2 ** 32 - 2])('with sequence numbers from %i', (issAt) => {
      for (const carrier of ['4', '6'] as const) {
        expect(complaint(play(name, carrier, { strictPush: true, issAt }))).toBe('');
      }
    });
  });

  test('and say something about each version of IP', () => {
    const passed = (carrier: '4' | '6'): number =>
      OWN.filter((name) => play(name, carrier).status === 'passed').length;
    expect([passed('4'), passed('6')]).toEqual([OWN.length - 1, OWN.length - 1]);
  });
});

describe('what a failure says', () => {
  test('the line, both packets in the notation of scripts, and the ladder around them', () => {
    const outcome = script(
      `${ESTABLISHED}+.1 < P. 1:501(500) ack 1 win 9000\n+0 > . 1:1(0) ack 500\n`,
    );
    const text = renderOutcome(outcome);
    expect(text.split('\n').slice(0, 4)).toEqual([
      'failed mine.pkt:9 (IPv4): ack is 501, not 500',
      '  script:   +0 > . 1:1(0) ack 500',
      '  expected: > . 1:1(0) ack 500',
      '  actual:   > . 1:1(0) ack 501',
    ]);
    expect(text).toMatch(
      /@200ms {2}ESTABLISHED +<-- <SEQ=1><ACK=1><CTL=PSH,ACK><WND=9000><DATA=500>/,
    );
    expect(text).toMatch(/! +ESTABLISHED +--> <SEQ=1><ACK=501><CTL=ACK><WND=65035>/);
    expect(text).toMatch(/expected: +--> <SEQ=1><ACK=500><CTL=ACK>/);
  });

  test.each([
    ['+0 > . 1:1(0) ack 1', 8, 'no packet left within 2 s of 0.1 s'],
    ['+0 read(4, ..., 10) = 10', 8, 'read() waits'],
    ['+0...0.1 read(4, ..., 10) = 10', 8, 'read() waits, it was to return at 0.2 s'],
    ['+0 write(4, ..., 10) = 11', 8, 'write() answered 10, not 11'],
    ['+0 close(9) = 0', 8, 'close() answered -1 EBADF, not 0'],
    ['+0 getsockopt(4, SOL_TCP, TCP_MAXSEG, [999], [4]) = 0', 8, 'TCP_MAXSEG is 1000, not 999'],
    [
      '+0 %{ assert tcpi_snd_cwnd == 9, "nine" }%',
      8,
      'assert tcpi_snd_cwnd == 9: nine (tcpi_snd_cwnd is 10)',
    ],
    ['0.05 close(4) = 0', 8, 'it is 0.1 s already, this was to be at 0.05 s'],
    ['+0 write(4, ..., 10) = 10\n+.5 > P. 1:11(10) ack 1', 9, 'it left at 0.1 s, not at 0.6 s'],
    [
      '+0 write(4, ..., 10) = 10\n+0 > [ect0] P. 1:11(10) ack 1',
      9,
      'the ECN field is noecn, not ect0',
    ],
    [
      '+0 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 1 <nop,nop>',
      9,
      'options are <>, not <nop,nop>',
    ],
  ])('%s', (line, number, message) => {
    const outcome = script(`${ESTABLISHED}${line}\n`);
    expect([outcome.status, outcome.line, outcome.message]).toEqual(['failed', number, message]);
  });

  test('PSH alone is a remark, and with strictPush a failure', () => {
    const text = `${ESTABLISHED}+0 write(4, ..., 10) = 10\n+0 > . 1:11(10) ack 1\n`;
    expect(script(text)).toMatchObject({ status: 'passed', pushes: [9] });
    const strict = playScript(text, 'mine.pkt', { carrier: '4', strictPush: true });
    expect(strict).toMatchObject({ status: 'failed', message: 'PSH is not as it should be' });
  });
});

describe('what is not here has a name', () => {
  test.each([
    ['+0 epoll_pwait(4) = 0', 'epoll_pwait()'],
    ['+0 `sysctl net.ipv4.tcp_shiny=1`', 'sysctl tcp_shiny'],
    ['+0 `iptables -A INPUT -j DROP`', 'the command `iptables -A INPUT -j DROP`'],
    ['+0 setsockopt(4, SOL_TCP, TCP_ULP, [1], 4) = 0', 'setsockopt(TCP_ULP)'],
    ['+0 send(4, ..., 10, MSG_ZEROCOPY) = 10', 'MSG_ZEROCOPY'],
    ['+0 send(4, ..., 10, MSG_SHINY) = 10', 'the name MSG_SHINY'],
    ['+0 close(4) = -1 ESHINY', 'the error ESHINY'],
    ['+0 > icmp unreachable', 'ICMP errors that are expected'],
  ])('%s', (line, feature) => {
    const outcome = script(`${ESTABLISHED}${line}\n`);
    expect([outcome.status, outcome.line, outcome.message]).toEqual(['unsupported', 8, feature]);
  });

  test('an option of the script that nobody knows', () => {
    expect(script(`--tolerence_usecs=1\n${LISTENING}`)).toMatchObject({
      status: 'unsupported',
      message: expect.stringContaining('did you mean --tolerance_usecs?'),
    });
  });
});

describe('settings', () => {
  test.each([
    ['`sysctl -q net.ipv4.tcp_timestamps=0`', '<mss 1460,nop,nop,sackOK,nop,wscale 7>'],
    ['`sysctl -q net.ipv4.tcp_sack=0 net/ipv4/tcp_timestamps=0`', '<mss 1460,nop,wscale 7>'],
    ['`./defaults.sh`', '<mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 8>'],
    [
      '`../common/defaults.sh\n../common/set_sysctls.py /proc/sys/net/ipv4/tcp_sack=0`',
      '<mss 1460,nop,nop,TS val 100 ecr 0,nop,wscale 8>',
    ],
    ['`ip link set dev tun0 mtu 1000`', '<mss 960,sackOK,TS val 100 ecr 0,nop,wscale 7>'],
    ['# nothing', '<mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 7>'],
  ])('%s', (command, options) => {
    const text = `${command}
0 socket(..., SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_TCP) = 3
+0 connect(3, ..., ...) = -1 EINPROGRESS
+0 > S 0:0(0) ${options}`;
    expect(complaint(script(text))).toBe('');
  });

  test.each([
    ['freebsd', '<mss 1460,nop,wscale 6,sackOK,TS val 100 ecr 0>'],
    ['rfc', '<mss 1460>'],
  ] as const)('the profile %s', (profile, options) => {
    const text = `0 socket(..., SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_TCP) = 3
+0 connect(3, ..., ...) = -1 EINPROGRESS
+0 > S 0:0(0) ${options}`;
    expect(complaint(playScript(text, 'mine.pkt', { carrier: '4', profile }))).toBe('');
  });

  test('the same script does the same every time', () => {
    for (const name of OWN)
      expect(play(name, '4', { whole: true })).toEqual(play(name, '4', { whole: true }));
  });
});
