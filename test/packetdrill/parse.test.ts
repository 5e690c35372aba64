import { describe, expect, test } from 'vitest';
import { formatErrors } from '../../src/lab/ladder/source.ts';
import type { Action, Script } from '../../src/lab/packetdrill/ast.ts';
import { parseScript } from '../../src/lab/packetdrill/parse.ts';
import { printAction } from '../../src/lab/packetdrill/print.ts';
import { ACK, AE, CWR, ECE, PSH, SYN } from '../../src/wire/segment.ts';

function parsed(text: string): Script {
  const result = parseScript(text, 'mine.pkt', { COOKIE: '0a0b0c0d' });
  if (result.ok) return result.script;
  throw new Error('errors' in result ? formatErrors(result.errors) : result.unsupported);
}

/** The one event after its time. */
const action = (text: string): Action => parsed(`0 ${text}`).events[0]!.action;

/** What is wrong with a script. */
function complaint(text: string): string {
  const result = parseScript(text, 'mine.pkt');
  if (result.ok) return '';
  return 'errors' in result ? formatErrors(result.errors) : `unsupported: ${result.unsupported}`;
}

describe('a script', () => {
  test('has options, a command, events, and a command', () => {
    const script = parsed(`
--tolerance_usecs=10000
--strict_segments
\`sysctl -q net.ipv4.tcp_sack=0\`
// a comment
/* another
   one */
# and a third
    0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+.5 close(3) = 0
\`ip tcp_metrics flush\``);
    expect(script.options.map(({ name, value }) => [name, value])).toEqual([
      ['tolerance_usecs', '10000'],
      ['strict_segments', ''],
    ]);
    expect(script.init?.text).toBe('sysctl -q net.ipv4.tcp_sack=0');
    expect(script.events.map(({ place, text }) => [place.line, text])).toEqual([
      [9, '0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3'],
      [10, '+.5 close(3) = 0'],
    ]);
    expect(script.cleanup?.text).toBe('ip tcp_metrics flush');
  });

  test.each([
    ['0 > . 1:1(0) ack 1', { kind: 'absolute', at: 0 }],
    ['1.5 > . 1:1(0) ack 1', { kind: 'absolute', at: 1_500_000 }],
    ['+.1 > . 1:1(0) ack 1', { kind: 'relative', at: 100_000 }],
    ['* > . 1:1(0) ack 1', { kind: 'any', at: 0 }],
    ['+.1~+.25 > . 1:1(0) ack 1', { kind: 'relative', at: 100_000, until: 250_000 }],
    ['1~2 > . 1:1(0) ack 1', { kind: 'absolute', at: 1_000_000, until: 2_000_000 }],
    ['+0...0.2 read(4, ..., 9) = 9', { kind: 'relative', at: 0, end: 200_000 }],
    ['.1....3 read(4, ..., 9) = 9', { kind: 'absolute', at: 100_000, end: 300_000 }],
  ])('the time of %s', (text, time) => {
    expect(parsed(text).events[0]!.time).toMatchObject(time);
  });

  test.each([
    '< S 0:0(0) win 32792 <mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 7>',
    '> S. 0:0(0) ack 1 <mss 1460,nop,nop,sackOK,nop,wscale 8>',
    '> FP. 1:1001(1000) ack 1 win 257 urg 3 <...>',
    '< - 1:1(0) win 257',
    '< [ect0] . 1:1(0) ack 1 win 320 <sack 1001:2001 3001:4001,nop,nop>',
    '> [ce, tos 0x1c, ttl 64] R 1:1(0)',
    '> S 0:100(100) <mss 1460,FO 0a0b0c0d,nop,nop>',
    '> S 0:0(0) <mss 1460,FO,eol,eol>',
    '> SW. 0:0(0) ack 1 <mss 1460,ECN e1b 1 ceb 0 e0b 1>',
    '< icmp unreachable frag_needed mtu 1200 [1:1461(1460)]',
    '< icmp packet_too_big mtu 1280',
  ])('prints as it was: %s', (text) => {
    const packet = action(text);
    expect(packet.kind === 'packet' && printAction(packet)).toBe(text);
  });

  test('flags are letters, and the three of AccECN a digit as well (RFC 9768 §3.2.2)', () => {
    const flags = (text: string): number => {
      const packet = action(`> ${text} 1:1(0) ack 1`);
      return packet.kind === 'packet' && packet.body.kind === 'tcp' ? packet.body.flags : -1;
    };
    expect(flags('SEWA')).toBe(SYN | ECE | CWR | AE);
    expect(flags('P.5')).toBe(PSH | ACK | AE | ECE);
    expect(flags('-')).toBe(0);
  });

  test('a call with what it takes and what it answers', () => {
    expect(action('read(4, ..., 0x10) = -1 EAGAIN (come again)')).toMatchObject({
      name: 'read',
      args: [{ value: 4 }, { kind: 'any' }, { value: 16 }],
      result: { value: -1 },
      errno: 'EAGAIN',
      note: 'come again',
    });
    expect(action('fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0')).toMatchObject({
      args: [{}, { name: 'F_SETFL' }, { kind: 'or', parts: [{}, { name: 'O_NONBLOCK' }] }],
    });
    expect(
      action('sendmsg(3, {msg_name(...)=..., msg_iov(1)=[{..., 10}], msg_flags=0}, 0) = 10'),
    ).toMatchObject({
      args: [
        {},
        { fields: [{ name: 'msg_name' }, { name: 'msg_iov' }, { name: 'msg_flags' }] },
        {},
      ],
    });
  });

  test('a name that -D defines', () => {
    expect(action('> S 0:0(0) <FO COOKIE>')).toMatchObject({
      body: { options: [{ kind: 'FO', cookie: '0a0b0c0d' }] },
    });
  });
});

describe('what is wrong is said with line, column and caret', () => {
  test.each([
    [
      '0 < S 0:0(0) win 1 <msss 1460>',
      "mine.pkt:1:21: unknown TCP option 'msss'; did you mean mss?",
    ],
    ['0 > . 1:11(9) ack 1', 'mine.pkt:1:7: 1 and 9 octets are 10, not 11'],
    ['0 > X. 1:1(0)', "expected the flags of a segment, such as S, S., P. or -, found 'X'"],
    ['0 < [ectt0] . 1:1(0) ack 1', "unknown field of the IP header 'ectt0'; did you mean ect0?"],
    ['0 < . 1:1(0) ack 1 <...>', '<...> is for those that leave'],
    ['0 read(4, ..., 10', "expected ')' behind a list, found the end of the script"],
    ['0 read(4) 3', "expected '=' and the result of read(), found '3'"],
    ['0 %{ assert 1', 'a block of code is not closed'],
    ['0 `sysctl', 'a command is not closed'],
    ['* read(4) = 3', 'only a packet that is expected may come at any time'],
    ['+0...1 > . 1:1(0) ack 1', 'only a system call may last from one time to another'],
    [
      'soon close(3) = 0',
      "expected the time of an event: a number of seconds, +SECONDS or *, found 'soon'",
    ],
    ['// nothing', 'there are no events in this script'],
  ])('%s', (text, message) => {
    expect(complaint(text)).toContain(message);
  });

  test('the place is marked', () => {
    expect(complaint('0 close(3) = 0\n+0 < S 0:0(0) <nop,wscal 7>')).toBe(
      [
        "mine.pkt:2:20: unknown TCP option 'wscal'; did you mean wscale? Known: " +
          'nop, eol, mss, wscale, sackOK, sack, TS, FO, FOEXP, ECN, md5',
        '  2 | +0 < S 0:0(0) <nop,wscal 7>',
        '    |                    ^^^^^',
      ].join('\n'),
    );
  });

  test.each([
    ['0 > encap psp spi 7 . 1:1(0) ack 1', 'encap psp'],
    ['0 < S 0:0(0) win 1 <md5 00>', 'TCP MD5 signatures (RFC 2385)'],
    ['0 < S 0:0(0) <mss MSS>', 'the name MSS, which -D MSS=N would define'],
  ])('%s is well-formed and not here', (text, feature) => {
    expect(complaint(text)).toBe(`unsupported: ${feature}`);
  });
});
