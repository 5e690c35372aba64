import { describe, expect, test } from 'vitest';
import { STATE_NAMES, type Cell, type Ladder, type Row } from '../../src/lab/ladder/ast.ts';
import { parseLadder } from '../../src/lab/ladder/parse.ts';
import { cellText, segmentText } from '../../src/lab/ladder/print.ts';
import { formatErrors } from '../../src/lab/ladder/source.ts';

function ladderOf(text: string, file = 'test.ladder'): Ladder {
  const result = parseLadder(text, file);
  if (!result.ok) throw new Error(formatErrors(result.errors));
  return result.ladder;
}

function rowOf(text: string, header = ''): Row {
  const row = ladderOf(`${header}\n${text}`).rows.at(-1);
  if (row === undefined) throw new Error('no row');
  return row;
}

/** The cell without its places. */
const bare = (cell: Cell): unknown =>
  JSON.parse(JSON.stringify(cell, (key, value: unknown) => (key === 'place' ? undefined : value)));

const left = (text: string): unknown => bare(rowOf(text).left);
const segment = (fields: string): string =>
  segmentText(rowOf(`--> ${fields} -->`).movement!.segment);

describe('header', () => {
  test('every line of it', () => {
    const ladder = ladderOf(
      `# a comment
title: Retransmission # 5 is no comment
cite: RFC 9293 §3.5, Figure 6
note: first
note: second
requirements: MUST-10, SHLD-31 MAY-1 REC-1   # comment
let: Z=100 X=0x12C
iss: A=1,Z B=X,0xffffffff
use: rfc9293/established
option: A mss=1000 noDelay=true receiveBuffer=2000
option: B linger=infinite rto=1.5s congestion=reno scale=-1
network: delay=10ms
strict  # flag
family: 6
shift: off, because it names SEQ=0

1. CLOSED   LISTEN
`,
      'ladders/x/y.ladder',
    );
    expect(ladder).toMatchObject({
      name: 'x/y',
      file: 'ladders/x/y.ladder',
      title: 'Retransmission # 5 is no comment',
      cite: 'RFC 9293 §3.5, Figure 6',
      notes: ['first', 'second'],
      requirements: ['MUST-10', 'SHLD-31', 'MAY-1', 'REC-1'],
      lets: [
        { name: 'Z', value: 100 },
        { name: 'X', value: 300 },
      ],
      iss: { A: [1, 100], B: [300, 4294967295] },
      use: { name: 'rfc9293/established', place: { line: 9, column: 6 } },
      scripted: undefined,
      options: [
        { side: 'A', key: 'mss', value: 1000, text: '1000' },
        { side: 'A', key: 'noDelay', value: true },
        { side: 'A', key: 'receiveBuffer', value: 2000 },
        { side: 'B', key: 'linger', value: Infinity },
        { side: 'B', key: 'rto', value: 1500, text: '1.5s', place: { line: 11, column: 27 } },
        { side: 'B', key: 'congestion', value: 'reno' },
        { side: 'B', key: 'scale', value: -1 },
      ],
      network: [{ key: 'delay', value: 10, text: '10ms' }],
      strict: true,
      family: 6,
      shiftOff: 'because it names SEQ=0',
      known: [],
      markdown: false,
    });
  });

  test('what is not said has a value all the same', () => {
    expect(ladderOf('1. CLOSED   LISTEN', './somewhere/else.txt')).toMatchObject({
      name: 'somewhere/else',
      title: '',
      cite: undefined,
      notes: [],
      iss: { A: [], B: [] },
      family: 'both',
      strict: false,
      shiftOff: undefined,
    });
  });

  test('line ends, tabs, a byte order mark', () => {
    const ladder = ladderOf('\uFEFFtitle: t\r\n1.\tCLOSED\t\tLISTEN\r2. SYN-SENT');
    expect(ladder.title).toBe('t');
    expect(ladder.rows.map((row) => row.place.line)).toEqual([2, 3]);
    expect(ladder.rows[0]).toMatchObject({
      left: [{ state: 'CLOSED', place: { line: 2, column: 9 } }],
      right: [{ state: 'LISTEN', place: { line: 2, column: 25 } }],
    });
  });
});

describe('rows', () => {
  test('label, time, comment, places', () => {
    const row = rowOf('2a. @1.5s SYN-SENT --> <SEQ=100><CTL=SYN> --> SYN-RECEIVED  # hello # you');
    expect(row).toMatchObject({
      label: '2a',
      at: { kind: 'absolute', ms: 1500, place: { line: 2, column: 6 } },
      comment: 'hello # you',
      place: { line: 2, column: 1 },
      left: [{ kind: 'state', state: 'SYN-SENT', place: { line: 2, column: 11 } }],
      movement: { from: 'A', place: { line: 2, column: 20 }, scripted: false },
      right: [{ kind: 'state', state: 'SYN-RECEIVED', place: { line: 2, column: 47 } }],
    });
    expect(rowOf('@+200ms (close)').at).toMatchObject({ kind: 'relative', ms: 200 });
    expect(rowOf('@2min').at).toMatchObject({ kind: 'absolute', ms: 120_000 });
    expect(rowOf('3.').label).toBe('3');
    expect(rowOf('-')).toMatchObject({ left: [], right: [], label: undefined });
  });

  test.each(STATE_NAMES)('state %s', (state) => {
    expect(left(state)).toEqual([{ kind: 'state', state }]);
  });

  const here = { departs: true, arrives: true, lost: false };
  const held = { departs: true, arrives: false, lost: false };
  const arriving = { departs: false, arrives: true, lost: false };
  const lost = { departs: true, arrives: false, lost: true };
  const gone = { departs: false, arrives: false, lost: true };
  test.each([
    ['--> S -->', { from: 'A', ...here }],
    ['-----> S ->', { from: 'A', ...here }],
    ['--> S ...', { from: 'A', ...held }],
    ['... S -->', { from: 'A', ...arriving }],
    ['..... S -->', { from: 'A', ...arriving }],
    ['--> S X', { from: 'A', ...lost }],
    ['--> S --X', { from: 'A', ...lost }],
    ['--X S', { from: 'A', ...lost }],
    ['---X S', { from: 'A', ...lost }],
    ['... S --X', { from: 'A', ...gone }],
    ['<-- S <--', { from: 'B', ...here }],
    ['<- S <----', { from: 'B', ...here }],
    ['... S <--', { from: 'B', ...held }],
    ['<-- S ...', { from: 'B', ...arriving }],
    ['X S <--', { from: 'B', ...lost }],
    ['X-- S <--', { from: 'B', ...lost }],
    ['S X--', { from: 'B', ...lost }],
    ['X-- S ...', { from: 'B', ...gone }],
  ])('arrows: %s', (notation, passage) => {
    const row = rowOf(`CLOSED ${notation.replace('S', '<SEQ=1><CTL=SYN>')} LISTEN`);
    expect(row.movement).toMatchObject({ ...passage, scripted: false });
    expect([cellText(row.left), cellText(row.right)]).toEqual(['CLOSED', 'LISTEN']);
  });

  test('no space is needed around arrows and fields', () => {
    const row = rowOf('1. SYN-SENT--><SEQ=1><CTL=SYN>-->SYN-RECEIVED');
    expect([cellText(row.left), cellText(row.right)]).toEqual(['SYN-SENT', 'SYN-RECEIVED']);
  });

  test('with a scripted peer there is no right side', () => {
    const play = (text: string): Row => rowOf(text, 'peer: B scripted');
    expect(play('SYN-SENT --> <SEQ=1>').movement).toMatchObject({ from: 'A', ...here });
    expect(play('SYN-SENT --> <SEQ=1>').movement?.scripted).toBe(false);
    expect(play('SYN-SENT <-- <SEQ=1>').movement).toMatchObject({ from: 'B', scripted: true });
    expect(play('SYN-SENT --> <SEQ=1> -->').movement).toMatchObject({ from: 'A', ...here });
    expect(play('SYN-SENT <-- <SEQ=1> <--').movement).toMatchObject({ from: 'B', ...here });
    expect(play('SYN-SENT --X <SEQ=1>  # lost').movement).toMatchObject({ from: 'A', ...lost });
    expect(play('SYN-SENT --> <SEQ=1> X').movement).toMatchObject({ from: 'A', ...lost });
    expect(cellText(play('(close)      (abort)').left)).toBe('(close) (abort)');
  });

  test('with a scripted peer a bare number is a time in milliseconds', () => {
    const text = `peer: B scripted
  time  TCP Peer A                               TCP Peer B (scripted)
     0  SYN-SENT     (open)
     0  SYN-SENT     --> <SEQ=100><CTL=SYN><MSS=1000>
    50  ESTABLISHED  <-- <SEQ=300><ACK=101><CTL=SYN,ACK><WND=4000><MSS=1000>
  1150  ESTABLISHED  (receive = 2000)
`;
    const { rows, scripted } = ladderOf(text);
    expect(scripted).toBe('B');
    expect(rows.map((row) => row.at?.ms)).toEqual([0, 0, 50, 1150]);
    expect(rows.every((row) => row.label === undefined && row.right.length === 0)).toBe(true);
  });
});

describe('segments', () => {
  test('fields in brackets, in one bracket, and bare', () => {
    const written = '<SEQ=300><ACK=100><CTL=ACK><DATA=10>';
    expect(segment(written)).toBe(written);
    expect(segment('<SEQ=300 ACK=100 CTL=ACK DATA=10>')).toBe(written);
    expect(segment('SEQ=300 ACK=100 CTL=ACK DATA=10')).toBe(written);
    expect(segment('<SEQ=300><ACK=100><DATA=10><CTL=ACK>')).toBe(written);
    expect(segment('<seq=300> <ack=100> <ctl=ack> <len=10>')).toBe(written);
  });

  test('every field', () => {
    const all =
      '<SEQ=1><ACK=2><CTL=SYN,FIN,RST,PSH,URG,ACK,ECE,CWR><WND=65535><UP=3><DATA>' +
      '<MSS=1460><WS=7><SACKOK><SACK=100:200,Z:Z+1><TSVAL==t><TSECR=t-1><ECN=CE>';
    expect(segment(all)).toBe(all);
    expect(segment('<CTL=none><SACKOK=no><SACK=none><ECN=none>')).toBe(
      '<CTL=none><SACKOK=no><SACK=none><ECN=none>',
    );
    expect(segment('<SACKOK=yes><SEQ=0xffffffff>')).toBe('<SEQ=4294967295><SACKOK>');
  });

  test('control bits are in one order, whatever order they are written in', () => {
    expect(segment('<CTL=ACK,SYN>')).toBe('<CTL=SYN,ACK>');
    expect(segment('<CTL=ACK, FIN>')).toBe('<CTL=FIN,ACK>');
  });

  test('values: numbers, names, bindings', () => {
    const { movement } = rowOf('--> <SEQ=0x64><ACK=Z+1><TSVAL==ts1><TSECR=Z-2><WND=w> -->');
    expect(movement?.segment).toMatchObject({
      seq: { kind: 'number', value: 100, place: { line: 2, column: 10 } },
      ack: { kind: 'name', name: 'Z', plus: 1 },
      tsval: { kind: 'bind', name: 'ts1' },
      tsecr: { kind: 'name', name: 'Z', plus: -2 },
      wnd: { kind: 'name', name: 'w', plus: 0 },
      ctl: undefined,
      len: undefined,
      text: '<SEQ=0x64><ACK=Z+1><TSVAL==ts1><TSECR=Z-2><WND=w>',
    });
  });
});

describe('calls, assertions and remarks', () => {
  const call = (call: object, answer?: object): object =>
    answer === undefined ? { kind: 'call', call } : { kind: 'call', call, answer };
  const number = (value: number): object => ({ kind: 'number', value });

  test.each([
    ['(open)', call({ name: 'open' })],
    ['(OPEN active)', call({ name: 'open' })],
    ['(active open)', call({ name: 'open' })],
    ['(listen)', call({ name: 'listen' })],
    ['(passive open)', call({ name: 'listen' })],
    ['(Close)', call({ name: 'close' })],
    ['(abort)', call({ name: 'abort' })],
    ['(send 300)', call({ name: 'send', octets: 300, push: false, urgent: false })],
    ['(send 300 push)', call({ name: 'send', octets: 300, push: true, urgent: false })],
    ['(send 1 urgent push)', call({ name: 'send', octets: 1, push: true, urgent: true })],
    ['(receive)', call({ name: 'receive' })],
    ['(receive 100)', call({ name: 'receive', octets: 100 })],
    ['(receive = 20)', call({ name: 'receive' }, { kind: 'octets', octets: 20 })],
    ['(receive 9=5)', call({ name: 'receive', octets: 9 }, { kind: 'octets', octets: 5 })],
    ['(status)', call({ name: 'status' })],
    ['(reboot)', call({ name: 'reboot' })],
    ['(CRASH)', call({ name: 'reboot' })],
    ['(release)', call({ name: 'release' })],
    ['(nodelay on)', call({ name: 'nodelay', on: true })],
    ['(nodelay off)', call({ name: 'nodelay', on: false })],
    ['(keepalive on)', call({ name: 'keepalive', on: true })],
    ['(user timeout 2min)', call({ name: 'user timeout', ms: 120_000 })],
    ['(open = ok)', call({ name: 'open' }, { kind: 'ok' })],
    [
      '(close = "error: connection closing (#1)")',
      call({ name: 'close' }, { kind: 'text', text: 'error: connection closing (#1)' }),
    ],
    ['(expect established)', { kind: 'expect', event: 'established' }],
    ['(expect reset "error: x")', { kind: 'expect', event: 'reset', text: 'error: x' }],
    ['(expect nothing)', { kind: 'expect', event: 'nothing' }],
    ['(icmp unreachable 3)', { kind: 'icmp', type: 'unreachable', code: 3 }],
    ['(icmp source-quench)', { kind: 'icmp', type: 'source-quench', code: 0 }],
    [
      '(icmp too-big mtu=1280 seq=Z+1)',
      {
        kind: 'icmp',
        type: 'too-big',
        code: 0,
        mtu: 1280,
        seq: { kind: 'name', name: 'Z', plus: 1 },
      },
    ],
    ['(snd.una = 101)', { kind: 'status', name: 'snd.una', relation: '=', value: number(101) }],
    ['(SND.NXT = 5)', { kind: 'status', name: 'snd.nxt', relation: '=', value: number(5) }],
    ['(cwnd >= 4380)', { kind: 'status', name: 'cwnd', relation: '>=', value: number(4380) }],
    ['(unread =< 7)', { kind: 'status', name: 'unread', relation: '<=', value: number(7) }],
    ['(rto = 1.5s)', { kind: 'status', name: 'rto', relation: '=', value: number(1500) }],
    ['(srtt < 200)', { kind: 'status', name: 'srtt', relation: '<', value: number(200) }],
    ['(2 MSL)', { kind: 'pass', unit: 'MSL', amount: 2 }],
    ['(after 2 msl)', { kind: 'pass', unit: 'MSL', amount: 2 }],
    ['(advance 200ms)', { kind: 'pass', unit: 'ms', amount: 200 }],
    ['(after 1 s)', { kind: 'pass', unit: 'ms', amount: 1000 }],
    ['(after 1.5 min)', { kind: 'pass', unit: 'ms', amount: 90_000 }],
    ['(silence 10s)', { kind: 'silence', ms: 10_000 }],
    ['(send 300,receive 100)', { kind: 'position', sndNxt: number(300), rcvNxt: number(100) }],
    ['(??)', { kind: 'remark', meaning: 'unknown', text: '??' }],
    ['(!!)', { kind: 'remark', meaning: 'surprise', text: '!!' }],
    ['(Abort!!)', { kind: 'remark', meaning: 'abort', text: 'Abort!!' }],
    [
      '(return to LISTEN!)',
      { kind: 'remark', meaning: 'return-to-listen', text: 'return to LISTEN!' },
    ],
    ['(duplicate)', { kind: 'remark', meaning: 'duplicate', text: 'duplicate' }],
    ['(forged)', { kind: 'remark', meaning: 'forged', text: 'forged' }],
    ['("see (above) # here")', { kind: 'remark', meaning: 'other', text: 'see (above) # here' }],
  ])('%s', (text, item) => {
    expect(left(text)).toEqual([item]);
  });

  test('a cell keeps its order', () => {
    const text = 'TIME-WAIT (2 MSL) CLOSED';
    expect(cellText(rowOf(`4. ${text}     (Close) FIN-WAIT-1`).left)).toBe(text);
    expect(cellText(rowOf(`4. ${text}     (Close) FIN-WAIT-1`).right)).toBe('(close) FIN-WAIT-1');
  });
});

describe('which side a row without an arrow is about', () => {
  const sides = (row: Row): string[] => [cellText(row.left), cellText(row.right)];
  const HEAD = '    TCP Peer A               TCP Peer B\n';

  test('three spaces divide left from right', () => {
    expect(sides(rowOf('1. CLOSED   LISTEN'))).toEqual(['CLOSED', 'LISTEN']);
    expect(sides(rowOf('1. (close) FIN-WAIT-1   -'))).toEqual(['(close) FIN-WAIT-1', '']);
    expect(sides(rowOf('1. -   (close)'))).toEqual(['', '(close)']);
  });

  test('one group is left without a head line or a right cell above it', () => {
    expect(sides(rowOf('                               (close)'))).toEqual(['(close)', '']);
  });

  test('one group is right at or behind the nearest earlier right cell', () => {
    const above = '1. CLOSED              LISTEN\n';
    const at = (column: number): string[] => sides(rowOf(`${' '.repeat(column)}(close)`, above));
    expect(above.indexOf('LISTEN')).toBe(23);
    expect(at(3)).toEqual(['(close)', '']);
    expect(at(22)).toEqual(['(close)', '']);
    expect(at(23)).toEqual(['', '(close)']);
    expect(at(30)).toEqual(['', '(close)']);
    const moved = `${above}2. SYN-SENT --> <SEQ=1> --> SYN-RECEIVED\n\n3. (close)\n`;
    expect(sides(rowOf(`${' '.repeat(27)}(close)`, moved))).toEqual(['(close)', '']);
    expect(sides(rowOf(`${' '.repeat(28)}(close)`, moved))).toEqual(['', '(close)']);
  });

  test('one group under a head line belongs to the nearer head', () => {
    const at = (column: number): string[] => sides(rowOf(`${' '.repeat(column)}(close)`, HEAD));
    expect([HEAD.indexOf('TCP Peer A'), HEAD.indexOf('TCP Peer B')]).toEqual([4, 29]);
    expect(at(4)).toEqual(['(close)', '']);
    expect(at(16)).toEqual(['(close)', '']);
    expect(at(17)).toEqual(['', '(close)']);
    expect(at(29)).toEqual(['', '(close)']);
    expect(at(60)).toEqual(['', '(close)']);
  });

  test('two groups are left and right even where the right one starts before its head', () => {
    const row = '1. (REBOOT)     (send 300,receive 100)';
    expect(sides(rowOf(row, HEAD))).toEqual(['(reboot)', '(send 300, receive 100)']);
  });

  test('A: and B: say it outright', () => {
    expect(sides(rowOf('2. @1s B: (close) LAST-ACK'))).toEqual(['', '(close) LAST-ACK']);
    expect(sides(rowOf('A: (close)'))).toEqual(['(close)', '']);
    expect(sides(rowOf('B: (close)    FIN-WAIT-1 A: LISTEN'))).toEqual([
      'LISTEN',
      '(close) FIN-WAIT-1',
    ]);
    expect(sides(rowOf('A: -'))).toEqual(['', '']);
  });
});

test('the figures of the RFC can be pasted in unchanged', () => {
  const { rows } = ladderOf(`
       TCP Peer A                                           TCP Peer B

   1.  (REBOOT)                              (send 300,receive 100)

   2.  CLOSED                                           ESTABLISHED

   3.  SYN-SENT --> <SEQ=400><CTL=SYN>              --> (??)

   4.  (!!)     <-- <SEQ=300><ACK=100><CTL=ACK>     <-- ESTABLISHED

   5.  SYN-SENT --> <SEQ=100><CTL=RST>              --> (Abort!!)

   6.  SYN-SENT                                         CLOSED

   7.  SYN-SENT --> <SEQ=400><CTL=SYN>              -->

   8.  (Close)                                              (Close)
       FIN-WAIT-1  --> <SEQ=100><ACK=300><CTL=FIN,ACK>  ... FIN-WAIT-1
                   <-- <SEQ=300><ACK=100><CTL=FIN,ACK>  <--
                   ... <SEQ=100><ACK=300><CTL=FIN,ACK>  -->

   9.  TIME-WAIT                                            TIME-WAIT
       (2 MSL)                                              (2 MSL)
       CLOSED                                               CLOSED
`);
  expect(rows.map((row) => [row.label, cellText(row.left), cellText(row.right)])).toEqual([
    ['1', '(reboot)', '(send 300, receive 100)'],
    ['2', 'CLOSED', 'ESTABLISHED'],
    ['3', 'SYN-SENT', '(??)'],
    ['4', '(!!)', 'ESTABLISHED'],
    ['5', 'SYN-SENT', '(Abort!!)'],
    ['6', 'SYN-SENT', 'CLOSED'],
    ['7', 'SYN-SENT', ''],
    ['8', '(close)', '(close)'],
    [undefined, 'FIN-WAIT-1', 'FIN-WAIT-1'],
    [undefined, '', ''],
    [undefined, '', ''],
    ['9', 'TIME-WAIT', 'TIME-WAIT'],
    [undefined, '(2 MSL)', '(2 MSL)'],
    [undefined, 'CLOSED', 'CLOSED'],
  ]);
});
