import { describe, expect, test } from 'vitest';
import { parseMarkdown } from '../../src/lab/ladder/markdown.ts';
import { parseLadder } from '../../src/lab/ladder/parse.ts';
import { formatErrors } from '../../src/lab/ladder/source.ts';

/** The complaints about `text` as people read them. */
function complaints(text: string, markdown: boolean): string {
  const result = markdown ? parseMarkdown(text, 'x.md') : parseLadder(text, 'x.ladder');
  return result.ok ? 'none' : `\n${formatErrors(result.errors)}\n`;
}

describe('a ladder', () => {
  test.each([
    [
      ``,
      `
x.ladder:1:1: expected a row: there is none
  1 |
    | ^
`,
    ],
    [
      `# only`,
      `
x.ladder:1:1: expected a row: there is none
  1 | # only
    | ^^^^^^
`,
    ],
    [
      `titel: x`,
      `
x.ladder:1:1: unknown header line 'titel'; did you mean title? Known: title, cite, note, requirements, iss, let, use, peer, option, network, family, shift, strict
  1 | titel: x
    | ^^^^^
`,
    ],
    [
      `title:`,
      `
x.ladder:1:7: expected something after 'title:'
  1 | title:
    |       ^
`,
    ],
    [
      `title: a
title: b
CLOSED`,
      `
x.ladder:2:1: 'title:' is there twice
  2 | title: b
    | ^^^^^
`,
    ],
    [
      `CLOSED
title: late`,
      `
x.ladder:2:1: header lines come before the first row
  2 | title: late
    | ^^^^^^^^^^^
`,
    ],
    [
      `strict: yes`,
      `
x.ladder:1:9: 'strict' stands alone on its line
  1 | strict: yes
    |         ^^^
`,
    ],
    [
      `requirements: MUST10`,
      `
x.ladder:1:15: expected a label such as 'MUST-10' or 'SHLD-31', found 'MUST10'
  1 | requirements: MUST10
    |               ^^^^^^
`,
    ],
    [
      `iss: A`,
      `
x.ladder:1:6: expected 'A=100', found 'A'
  1 | iss: A
    |      ^
`,
    ],
    [
      `iss: C=1`,
      `
x.ladder:1:6: expected 'A=…' or 'B=…', found 'C=1'
  1 | iss: C=1
    |      ^^^
`,
    ],
    [
      `iss: A=Q`,
      `
x.ladder:1:8: expected sequence numbers, 0 to 4294967295, or names that 'let:' gives a value above, found 'Q'
  1 | iss: A=Q
    |        ^
`,
    ],
    [
      `iss: A=4294967296`,
      `
x.ladder:1:8: expected sequence numbers, 0 to 4294967295, or names that 'let:' gives a value above, found '4294967296'
  1 | iss: A=4294967296
    |        ^^^^^^^^^^
`,
    ],
    [
      `let: Z=x`,
      `
x.ladder:1:8: expected a number, found 'x'
  1 | let: Z=x
    |        ^
`,
    ],
    [
      `let: Z=1 Z=2`,
      `
x.ladder:1:10: 'Z' already has a value
  1 | let: Z=1 Z=2
    |          ^^^
`,
    ],
    [
      `let: a-b=1`,
      `
x.ladder:1:6: a name has letters, digits and '_': 'a-b'
  1 | let: a-b=1
    |      ^^^^^
`,
    ],
    [
      `use: a b`,
      `
x.ladder:1:6: expected the name of a ladder: 'rfc9293/established'
  1 | use: a b
    |      ^^^
`,
    ],
    [
      `peer: A scripted`,
      `
x.ladder:1:7: expected 'B scripted', found 'A scripted'
  1 | peer: A scripted
    |       ^^^^^^^^^^
`,
    ],
    [
      `option: mss=1`,
      `
x.ladder:1:9: expected 'A' or 'B', found 'mss=1'
  1 | option: mss=1
    |         ^^^^^
`,
    ],
    [
      `option: C mss=1`,
      `
x.ladder:1:9: expected 'A' or 'B', found 'C'
  1 | option: C mss=1
    |         ^
`,
    ],
    [
      `option: A`,
      `
x.ladder:1:9: expected a setting such as 'mss=1000'
  1 | option: A
    |         ^
`,
    ],
    [
      `option: A mss`,
      `
x.ladder:1:11: expected 'mss=1000', found 'mss'
  1 | option: A mss
    |           ^^^
`,
    ],
    [
      `option: A mss=1kb`,
      `
x.ladder:1:15: expected a number, a time such as '10ms', 'true', 'false', 'infinite' or a word, found '1kb'
  1 | option: A mss=1kb
    |               ^^^
`,
    ],
    [
      `network: delay`,
      `
x.ladder:1:10: expected 'delay=10ms', found 'delay'
  1 | network: delay
    |          ^^^^^
`,
    ],
    [
      `family: 5`,
      `
x.ladder:1:9: expected '4', '6' or 'both', found '5'
  1 | family: 5
    |         ^
`,
    ],
    [
      `shift: on`,
      `
x.ladder:1:8: expected 'off' and a reason
  1 | shift: on
    |        ^^
`,
    ],
    [
      `shift: off`,
      `
x.ladder:1:8: expected a reason after 'off'
  1 | shift: off
    |        ^^^
`,
    ],
    [
      `@x CLOSED`,
      `
x.ladder:1:2: expected a time such as '200ms', '1.5s' or '2min' after '@'
  1 | @x CLOSED
    |  ^
`,
    ],
    [
      `@5 CLOSED`,
      `
x.ladder:1:2: expected a time such as '200ms', '1.5s' or '2min' after '@'
  1 | @5 CLOSED
    |  ^
`,
    ],
    [
      `@ CLOSED`,
      `
x.ladder:1:2: expected a time such as '200ms', '1.5s' or '2min' after '@'
  1 | @ CLOSED
    |  ^
`,
    ],
    [
      `@2s CLOSED
@1s CLOSED`,
      `
x.ladder:2:2: time goes back: it was 2s above
  2 | @1s CLOSED
    |  ^^
`,
    ],
    [
      `1. ESTABLISED`,
      `
x.ladder:1:4: unknown state 'ESTABLISED'; did you mean ESTABLISHED? Known: LISTEN, SYN-SENT, SYN-RECEIVED, ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2, CLOSE-WAIT, CLOSING, LAST-ACK, TIME-WAIT, CLOSED
  1 | 1. ESTABLISED
    |    ^^^^^^^^^^
`,
    ],
    [
      `1. CLOSED LISTEN`,
      `
x.ladder:1:11: two states in one cell: leave three spaces between the two sides
  1 | 1. CLOSED LISTEN
    |           ^^^^^^
`,
    ],
    [
      `1. closed`,
      `
x.ladder:1:4: unknown state 'closed'; did you mean CLOSED? Known: LISTEN, SYN-SENT, SYN-RECEIVED, ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2, CLOSE-WAIT, CLOSING, LAST-ACK, TIME-WAIT, CLOSED
  1 | 1. closed
    |    ^^^^^^
`,
    ],
    [
      `1. close`,
      `
x.ladder:1:4: a call is written in parentheses: '(close)'
  1 | 1. close
    |    ^^^^^
`,
    ],
    [
      `1. close()`,
      `
x.ladder:1:4: a call is written in parentheses: '(close)'
  1 | 1. close()
    |    ^^^^^
`,
    ],
    [
      `1. FOO`,
      `
x.ladder:1:4: unknown state 'FOO'; known: LISTEN, SYN-SENT, SYN-RECEIVED, ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2, CLOSE-WAIT, CLOSING, LAST-ACK, TIME-WAIT, CLOSED
  1 | 1. FOO
    |    ^^^
`,
    ],
    [
      `(clsoe)`,
      `
x.ladder:1:2: unknown call 'clsoe'; did you mean close? Known: open, listen, close, abort, send, receive, status, reboot, release, nodelay, keepalive, cork, quickack, maxseg, expect, icmp, advance, after, silence, snd.una, snd.nxt, snd.wnd, rcv.nxt, rcv.wnd, cwnd, ssthresh, rto, srtt, unread, urgent, user timeout, fast open, 2 MSL, duplicate, forged; a remark of your own is written ("clsoe")
  1 | (clsoe)
    |  ^^^^^
`,
    ],
    [
      `()`,
      `
x.ladder:1:2: expected a call such as '(close)'
  1 | ()
    |  ^
`,
    ],
    [
      `(send)`,
      `
x.ladder:1:6: expected how many octets to send: '(send 300)'
  1 | (send)
    |      ^
`,
    ],
    [
      `(send x)`,
      `
x.ladder:1:2: expected how many octets to send: '(send 300)'
  1 | (send x)
    |  ^^^^^^
`,
    ],
    [
      `(send 5 now)`,
      `
x.ladder:1:9: expected ')', found 'now'
  1 | (send 5 now)
    |         ^^^
`,
    ],
    [
      `(send Z)`,
      `
x.ladder:1:2: expected how many octets to send: '(send 300)'
  1 | (send Z)
    |  ^^^^^^
`,
    ],
    [
      `(send 9999999999)`,
      `
x.ladder:1:2: at most 1073741823 octets
  1 | (send 9999999999)
    |  ^^^^^^^^^^^^^^^
`,
    ],
    [
      `(receive = x)`,
      `
x.ladder:1:12: expected an answer: octets, 'ok' or a text in double quotes, found 'x'
  1 | (receive = x)
    |            ^
`,
    ],
    [
      `(receive =)`,
      `
x.ladder:1:11: expected an answer: octets, 'ok' or a text in double quotes
  1 | (receive =)
    |           ^
`,
    ],
    [
      `(close = "abc)`,
      `
x.ladder:1:1: this '(' has no ')'
  1 | (close = "abc)
    | ^
`,
    ],
    [
      `(nodelay maybe)`,
      `
x.ladder:1:10: expected 'on' or 'off', found 'maybe'
  1 | (nodelay maybe)
    |          ^^^^^
`,
    ],
    [
      `(user timer 5s)`,
      `
x.ladder:1:7: expected 'timeout', found 'timer'
  1 | (user timer 5s)
    |       ^^^^^
`,
    ],
    [
      `(user timeout never)`,
      `
x.ladder:1:15: expected a time such as '200ms', '1.5s' or '2min', found 'never'
  1 | (user timeout never)
    |               ^^^^^
`,
    ],
    [
      `(expect connected)`,
      `
x.ladder:1:9: expected an event (established, readable, writable, urgent, end, r1, reset, refused, timeout, aborted, closed, unreachable, nothing), found 'connected'
  1 | (expect connected)
    |         ^^^^^^^^^
`,
    ],
    [
      `(icmp foo)`,
      `
x.ladder:1:7: expected a kind of ICMP error (unreachable, source-quench, time-exceeded, parameter-problem, too-big), found 'foo'
  1 | (icmp foo)
    |       ^^^
`,
    ],
    [
      `(icmp unreachable 300)`,
      `
x.ladder:1:2: an ICMP code is at most 255
  1 | (icmp unreachable 300)
    |  ^^^^^^^^^^^^^^^^^^^^
`,
    ],
    [
      `(icmp too-big mtu)`,
      `
x.ladder:1:18: expected '='
  1 | (icmp too-big mtu)
    |                  ^
`,
    ],
    [
      `(icmp too-big mtu=x)`,
      `
x.ladder:1:19: expected octets, found 'x'
  1 | (icmp too-big mtu=x)
    |                   ^
`,
    ],
    [
      `(snd.una 5)`,
      `
x.ladder:1:10: expected '=', '<' or '>', found '5'
  1 | (snd.una 5)
    |          ^
`,
    ],
    [
      `(snd.una = )`,
      `
x.ladder:1:12: expected a number or a name such as 'Z' or 'Z+1'
  1 | (snd.una = )
    |            ^
`,
    ],
    [
      `(advance)`,
      `
x.ladder:1:9: expected a time such as '200ms', '1.5s' or '2min'
  1 | (advance)
    |         ^
`,
    ],
    [
      `(advance 200)`,
      `
x.ladder:1:13: expected a unit: 'ms', 's', 'min' or 'MSL'
  1 | (advance 200)
    |             ^
`,
    ],
    [
      `(after 5)`,
      `
x.ladder:1:9: expected a unit: 'ms', 's', 'min' or 'MSL'
  1 | (after 5)
    |         ^
`,
    ],
    [
      `(2 MLS)`,
      `
x.ladder:1:4: expected 'MSL', found 'MLS'
  1 | (2 MLS)
    |    ^^^
`,
    ],
    [
      `(silence forever)`,
      `
x.ladder:1:10: expected a time such as '200ms', '1.5s' or '2min', found 'forever'
  1 | (silence forever)
    |          ^^^^^^^
`,
    ],
    [
      `(send 300, recv 1)`,
      `
x.ladder:1:12: expected 'receive', found 'recv'
  1 | (send 300, recv 1)
    |            ^^^^
`,
    ],
    [
      `(active close)`,
      `
x.ladder:1:9: expected 'open', found 'close'
  1 | (active close)
    |         ^^^^^
`,
    ],
    [
      `(close now)`,
      `
x.ladder:1:8: expected ')', found 'now'
  1 | (close now)
    |        ^^^
`,
    ],
    [
      `(close`,
      `
x.ladder:1:1: this '(' has no ')'
  1 | (close
    | ^
`,
    ],
    [
      `CLOSED )`,
      `
x.ladder:1:8: unknown state ')'; known: LISTEN, SYN-SENT, SYN-RECEIVED, ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2, CLOSE-WAIT, CLOSING, LAST-ACK, TIME-WAIT, CLOSED
  1 | CLOSED )
    |        ^
`,
    ],
    [
      `(a (b))`,
      `
x.ladder:1:1: this '(' has no ')'
  1 | (a (b))
    | ^
`,
    ],
    [
      `--> -->`,
      `
x.ladder:1:4: expected a segment such as '<SEQ=100><CTL=SYN>'
  1 | --> -->
    |    ^
`,
    ],
    [
      `--> <SEQ=1>`,
      `
x.ladder:1:12: where does it go? Expected '-->' (arrives), '...' (stays in the network) or 'X' (lost)
  1 | --> <SEQ=1>
    |            ^
`,
    ],
    [
      `<-- <SEQ=1> LISTEN`,
      `
x.ladder:1:12: where does it come from? Expected '<--' (B sends it now) or '...' (from the network)
  1 | <-- <SEQ=1> LISTEN
    |            ^
`,
    ],
    [
      `... <SEQ=1> ...`,
      `
x.ladder:1:13: who sends it? Expected '-->' (arrives at B), '<--' (B sends it) or '--X' (lost)
  1 | ... <SEQ=1> ...
    |             ^^^
`,
    ],
    [
      `<SEQ=1> -->`,
      `
x.ladder:1:9: which way does it go? Expected '-->' or '<--' on both sides of the segment
  1 | <SEQ=1> -->
    |         ^^^
`,
    ],
    [
      `<SEQ=1>`,
      `
x.ladder:1:1: which way does it go? Expected '-->' or '<--' on both sides of the segment
  1 | <SEQ=1>
    | ^^^^^^^
`,
    ],
    [
      `X <SEQ=1> X`,
      `
x.ladder:1:11: expected '<--': B sends it and it is lost
  1 | X <SEQ=1> X
    |           ^
`,
    ],
    [
      `X-- <SEQ=1> X`,
      `
x.ladder:1:13: expected '<--' (B sends it now) or '...' (it was in the network)
  1 | X-- <SEQ=1> X
    |             ^
`,
    ],
    [
      `--X <SEQ=1> -->`,
      `
x.ladder:1:13: expected nothing behind a segment that '--X' loses
  1 | --X <SEQ=1> -->
    |             ^^^
`,
    ],
    [
      `--> <SEQ=1> <--`,
      `
x.ladder:1:13: where does it go? Expected '-->' (arrives), '...' (stays in the network) or 'X' (lost)
  1 | --> <SEQ=1> <--
    |             ^^^
`,
    ],
    [
      `--> <SEQ=1> --> --> LISTEN`,
      `
x.ladder:1:17: one row, one segment: expected a state or a call
  1 | --> <SEQ=1> --> --> LISTEN
    |                 ^^^
`,
    ],
    [
      `--> <SEQ=1> --> <SEQ=2>`,
      `
x.ladder:1:17: one row, one segment: expected a state or a call
  1 | --> <SEQ=1> --> <SEQ=2>
    |                 ^^^^^^^
`,
    ],
    [
      `-- <SEQ=1> -->`,
      `
x.ladder:1:1: expected an arrow: '-->', '<--', '...', '--X' or 'X--'
  1 | -- <SEQ=1> -->
    | ^
`,
    ],
    [
      `--> <SEQ=1 -->`,
      `
x.ladder:1:5: this '<' has no '>'; a field is written '<SEQ=100>', an arrow '<--'
  1 | --> <SEQ=1 -->
    |     ^
`,
    ],
    [
      `A: --> <SEQ=1> -->`,
      `
x.ladder:1:1: 'A:' and 'B:' are for rows with no segment
  1 | A: --> <SEQ=1> -->
    | ^^
`,
    ],
    [
      `CLOSED A: LISTEN`,
      `
x.ladder:1:1: expected 'A:' or 'B:' before this, as there is one behind it
  1 | CLOSED A: LISTEN
    | ^^^^^^
`,
    ],
    [
      `peer: B scripted
<-- <SEQ=1> LISTEN`,
      `
x.ladder:2:13: the peer is scripted: nothing stands to the right of the segment
  2 | <-- <SEQ=1> LISTEN
    |             ^^^^^^
`,
    ],
    [
      `peer: B scripted
... <SEQ=1> -->`,
      `
x.ladder:2:13: the peer is scripted: expected '--> segment', '<-- segment' or '--X segment'
  2 | ... <SEQ=1> -->
    |             ^^^
`,
    ],
    [
      `peer: B scripted
<-- <SEQ=1> X`,
      `
x.ladder:2:13: the peer is scripted: expected '--> segment', '<-- segment' or '--X segment'
  2 | <-- <SEQ=1> X
    |             ^
`,
    ],
    [
      `--> <SEK=1> -->`,
      `
x.ladder:1:6: unknown field 'SEK'; did you mean SEQ? Known: SEQ, ACK, CTL, WND, UP, LEN, DATA, MSS, WS, SACKOK, SACK, TSVAL, TSECR, OPT, FO, FOEXP, UTO, ECN, ACE, ACCECN, ACCECN0, ACCECN1
  1 | --> <SEK=1> -->
    |      ^^^
`,
    ],
    [
      `--> <FOO=1> -->`,
      `
x.ladder:1:6: unknown field 'FOO'; did you mean FO? Known: SEQ, ACK, CTL, WND, UP, LEN, DATA, MSS, WS, SACKOK, SACK, TSVAL, TSECR, OPT, FO, FOEXP, UTO, ECN, ACE, ACCECN, ACCECN0, ACCECN1
  1 | --> <FOO=1> -->
    |      ^^^
`,
    ],
    [
      `--> <SEQ=1><SEQ=2> -->`,
      `
x.ladder:1:13: SEQ is there twice
  1 | --> <SEQ=1><SEQ=2> -->
    |             ^^^^^
`,
    ],
    [
      `--> <LEN=1><DATA> -->`,
      `
x.ladder:1:13: DATA is there twice
  1 | --> <LEN=1><DATA> -->
    |             ^^^^
`,
    ],
    [
      `--> <ACK><SEQ=1> -->`,
      `
x.ladder:1:6: ACK needs a value: 'ACK=100'; the control bit is written '<CTL=ACK>'
  1 | --> <ACK><SEQ=1> -->
    |      ^^^
`,
    ],
    [
      `--> <SEQ> -->`,
      `
x.ladder:1:6: SEQ needs a value: 'SEQ=100'
  1 | --> <SEQ> -->
    |      ^^^
`,
    ],
    [
      `--> <SEQ=x-> -->`,
      `
x.ladder:1:10: expected a number or a name such as 'Z' or 'Z+1', or '=Z' to bind one, for SEQ, found 'x-'
  1 | --> <SEQ=x-> -->
    |          ^^
`,
    ],
    [
      `--> <SEQ=4294967296> -->`,
      `
x.ladder:1:10: SEQ is at most 4294967295
  1 | --> <SEQ=4294967296> -->
    |          ^^^^^^^^^^
`,
    ],
    [
      `--> <WND=65536> -->`,
      `
x.ladder:1:10: WND is at most 65535
  1 | --> <WND=65536> -->
    |          ^^^^^
`,
    ],
    [
      `--> <CTL> -->`,
      `
x.ladder:1:6: CTL needs a value: 'CTL=SYN,ACK'
  1 | --> <CTL> -->
    |      ^^^
`,
    ],
    [
      `--> <CTL=SYN,FOO> -->`,
      `
x.ladder:1:14: expected a control bit (SYN, FIN, RST, PSH, URG, ACK, ECE, CWR, AE) or 'none', found 'FOO'
  1 | --> <CTL=SYN,FOO> -->
    |              ^^^
`,
    ],
    [
      `--> <CTL=SYN,SYN> -->`,
      `
x.ladder:1:14: SYN is there twice
  1 | --> <CTL=SYN,SYN> -->
    |              ^^^
`,
    ],
    [
      `--> <CTL=SYN,> -->`,
      `
x.ladder:1:14: expected a control bit (SYN, FIN, RST, PSH, URG, ACK, ECE, CWR, AE) or 'none', found ''
  1 | --> <CTL=SYN,> -->
    |              ^
`,
    ],
    [
      `--> <SACK=1> -->`,
      `
x.ladder:1:11: expected a block 'left:right' or 'none', found '1'
  1 | --> <SACK=1> -->
    |           ^
`,
    ],
    [
      `--> <SACKOK=5> -->`,
      `
x.ladder:1:13: expected 'yes' or 'no', found '5'
  1 | --> <SACKOK=5> -->
    |             ^
`,
    ],
    [
      `--> <ECN=3> -->`,
      `
x.ladder:1:10: expected ECN=none, ECT0, ECT1, CE
  1 | --> <ECN=3> -->
    |          ^
`,
    ],
    [
      `--> <> -->`,
      `
x.ladder:1:5: expected a field in <...>
  1 | --> <> -->
    |     ^^
`,
    ],
    [
      `--> <=5> -->`,
      `
x.ladder:1:6: expected a field such as 'SEQ=100'
  1 | --> <=5> -->
    |      ^^^
`,
    ],
    [
      `--> <SEQ=1;ACK=2> -->`,
      `
x.ladder:1:10: expected a number or a name such as 'Z' or 'Z+1', or '=Z' to bind one, for SEQ, found '1;ACK=2'
  1 | --> <SEQ=1;ACK=2> -->
    |          ^^^^^^^
`,
    ],
    [
      `  TCP Peer A      TCP Peer B
  CLOSED          LISTEN
  (close) (abort) (close)`,
      `
x.ladder:3:19: left or right? Leave 3 spaces or more between the two sides and fewer within each, or write 'A:' and 'B:' before them
  3 |   (close) (abort) (close)
    |                   ^^^^^^^
`,
    ],
    [
      `  TCP Peer A      TCP Peer B
                  (close)   (abort)`,
      `
x.ladder:2:29: left or right? Leave 3 spaces or more between the two sides and fewer within each, or write 'A:' and 'B:' before them
  2 |                   (close)   (abort)
    |                             ^^^^^^^
`,
    ],
    [
      `CLOSED   LISTEN   CLOSED`,
      `
x.ladder:1:19: left or right? Leave 3 spaces or more between the two sides and fewer within each, or write 'A:' and 'B:' before them
  1 | CLOSED   LISTEN   CLOSED
    |                   ^^^^^^
`,
    ],
  ])('%j', (text, golden) => {
    expect(complaints(text, false)).toBe(golden);
  });

  test('every complaint of a file, in its order', () => {
    const text = 'iss: A\nfoo: 1\n1. CLOSE   LISTEN\n2. CLOSED --> <SEK=1> --> (clsoe)\n3. @ x';
    const result = parseLadder(text, 'dir/x.ladder');
    expect(
      result.ok
        ? []
        : result.errors.map(({ file, line, column, width }) => [file, line, column, width]),
    ).toEqual([
      ['dir/x.ladder', 1, 6, 1],
      ['dir/x.ladder', 2, 1, 3],
      ['dir/x.ladder', 3, 4, 5],
      ['dir/x.ladder', 4, 16, 3],
      ['dir/x.ladder', 5, 5, 1],
    ]);
  });

  test('at most fifty complaints', () => {
    const result = parseLadder('(clsoe)\n'.repeat(200), 'x');
    expect(result.ok ? 0 : result.errors.length).toBe(50);
  });
});

const HEAD = `| Step | TCP A status | Direction | Data | TCP B status |
|---|---|---|---|---|
`;

describe('a table', () => {
  test.each([
    [
      ``,
      `
x.md:1:1: no ladder here: expected a table '| Step | TCP A status | Direction | Data | TCP B status |' with '--->' or '<---' as directions
  1 |
    | ^
`,
    ],
    [
      `no table`,
      `
x.md:1:1: no ladder here: expected a table '| Step | TCP A status | Direction | Data | TCP B status |' with '--->' or '<---' as directions
  1 | no table
    | ^^^^^^^^
`,
    ],
    [
      HEAD + `| 1 | FOO | | | CLOSED |`,
      `
x.md:3:7: unknown state 'FOO'; known: LISTEN, SYN-SENT, SYN-RECEIVED, ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2, CLOSE-WAIT, CLOSING, LAST-ACK, TIME-WAIT, CLOSED
  3 | | 1 | FOO | | | CLOSED |
    |       ^^^
`,
    ],
    [
      HEAD + `| 1 | CLOSED | ---> | | CLOSED |`,
      `
x.md:3:16: a direction and no segment: expected '<SEQ=100><CTL=SYN>'
  3 | | 1 | CLOSED | ---> | | CLOSED |
    |                ^^^^
`,
    ],
    [
      HEAD + `| 1 | CLOSED | | \`<SEQ=1>\` | CLOSED |`,
      `
x.md:3:19: a segment needs a direction, '--->' or '<---'
  3 | | 1 | CLOSED | | \`<SEQ=1>\` | CLOSED |
    |                   ^^^^^^^
`,
    ],
    [
      HEAD + `| 1 | CLOSED | up | \`<SEQ=1>\` | CLOSED |`,
      `
x.md:3:16: expected '--->', '<---', '--X' or 'X--', found 'up'
  3 | | 1 | CLOSED | up | \`<SEQ=1>\` | CLOSED |
    |                ^^
`,
    ],
    [
      HEAD + `| 1 | .... | ---> | \`<SEQ=1>\` | .... |`,
      `
x.md:3:14: '....' on both sides: the segment neither departs nor arrives
  3 | | 1 | .... | ---> | \`<SEQ=1>\` | .... |
    |              ^^^^
`,
    ],
    [
      HEAD + `| 1 | CLOSED | ---> | \`<SEK=1>\` | CLOSED |`,
      `
x.md:3:25: unknown field 'SEK'; did you mean SEQ? Known: SEQ, ACK, CTL, WND, UP, LEN, DATA, MSS, WS, SACKOK, SACK, TSVAL, TSECR, OPT, FO, FOEXP, UTO, ECN, ACE, ACCECN, ACCECN0, ACCECN1
  3 | | 1 | CLOSED | ---> | \`<SEK=1>\` | CLOSED |
    |                         ^^^
`,
    ],
    [
      HEAD + `| 1 | CLOSED | ---> | hello | CLOSED |`,
      `
x.md:3:23: expected a segment such as '<SEQ=100><CTL=SYN>'
  3 | | 1 | CLOSED | ---> | hello | CLOSED |
    |                       ^^^^^
`,
    ],
    [
      HEAD + `| 1 | (foo) | | | (bar |`,
      `
x.md:3:8: unknown call 'foo'; known: open, listen, close, abort, send, receive, status, reboot, release, nodelay, keepalive, cork, quickack, maxseg, expect, icmp, advance, after, silence, snd.una, snd.nxt, snd.wnd, rcv.nxt, rcv.wnd, cwnd, ssthresh, rto, srtt, unread, urgent, user timeout, fast open, 2 MSL, duplicate, forged; a remark of your own is written ("foo")
  3 | | 1 | (foo) | | | (bar |
    |        ^^^

x.md:3:19: this '(' has no ')'
  3 | | 1 | (foo) | | | (bar |
    |                   ^
`,
    ],
  ])('%j', (text, golden) => {
    expect(complaints(text, true)).toBe(golden);
  });

  test('the sound tables of a document are there beside the complaints', () => {
    const text = `# one\n${HEAD}| 1 | CLOSED | | | LISTEN |\n\n# two\n${HEAD}| 1 | FOO | | | LISTEN |\n`;
    const result = parseMarkdown(text, 'x.md');
    expect(result.ok).toBe(false);
    expect(result.ladders.map(({ name }) => name)).toEqual(['one']);
  });
});
