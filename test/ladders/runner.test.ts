import { describe, expect, test } from 'vitest';
import { parseLadder } from '../../src/lab/ladder/parse.ts';
import { whereText } from '../../src/lab/ladder/render-text.ts';
import type { LadderResult } from '../../src/lab/ladder/result.ts';
import { runLadder } from '../../src/lab/ladder/run.ts';
import { formatErrors } from '../../src/lab/ladder/source.ts';
import type { Ladder } from '../../src/lab/ladder/ast.ts';
import { load } from './all-ladders.ts';

const SCRIPTED = 'use: states/established\npeer: B scripted\n';

function ladderOf(text: string, file = 'x.ladder'): Ladder {
  const parsed = parseLadder(text, file);
  if (!parsed.ok) throw new Error(formatErrors(parsed.errors));
  return parsed.ladder;
}

const played = (text: string): LadderResult => runLadder(ladderOf(text), { family: 4, load });
const differences = ({ rows }: LadderResult): string[] =>
  rows.flatMap((row) => row.differences.map(whereText));

describe('a ladder that is wrong is found out', () => {
  test('an end the user was told of is not passed over', () => {
    const wrong = `${SCRIPTED}CLOSED (expect closed) <-- <SEQ=301><CTL=RST>`;
    expect(differences(played(wrong))).toEqual([
      'A: expected (expect closed), is (reset, closed)',
    ]);
    expect(played(wrong.replace('(expect', '(expect reset) (expect')).ok).toBe(true);
  });

  test('strict: an option that no row names', () => {
    const wrong = 'strict\npeer: B scripted\nCLOSED\n(open) --> <SEQ=100><CTL=SYN>';
    expect(differences(played(wrong))).toEqual([
      'segment: expected <SEQ=100><CTL=SYN>, is <SEQ=100><CTL=SYN><MSS=1460>',
    ]);
    expect(played(wrong.replace('SYN>', 'SYN><MSS=1460>')).ok).toBe(true);
  });

  test('strict: PSH that no row names', () => {
    const text = 'strict\n' + SCRIPTED + '(send 10 push) --> <SEQ=101><ACK=301><CTL=ACK><DATA=10>';
    expect(differences(played(text))).toHaveLength(1);
    expect(played(text.replace('strict\n', '')).ok).toBe(true);
  });

  test('another ECN codepoint', () => {
    const text = `${SCRIPTED}(send 10 push) --> <SEQ=101><CTL=ACK><DATA=10><ECN=ECT0>`;
    expect(differences(played(text))).toEqual([
      expect.stringMatching(/^segment: expected .*<ECN=ECT0>, is .*<ECN=none>$/),
    ]);
  });

  test('a segment of A that has no row, against a script', () => {
    const text = `${SCRIPTED}ESTABLISHED <-- <SEQ=302><CTL=RST>\nESTABLISHED`;
    expect(differences(played(text))).toEqual([
      'segment: expected nothing, is A sends <SEQ=101><ACK=301><CTL=ACK>',
    ]);
  });

  test('a segment at another time', () => {
    const text = `${SCRIPTED}(send 10 push) --X <SEQ=101><DATA=10>\n@1.5s --> <SEQ=101><DATA=10>`;
    expect(differences(played(text))).toEqual(['segment: expected at 1500 ms, is at 1000 ms']);
  });

  test('silence that is broken', () => {
    const text = `${SCRIPTED}(send 10 push) --X <SEQ=101><DATA=10>\n(silence 1s)`;
    expect(differences(played(text))).toEqual([
      'segment: expected silence, is A sends <SEQ=101><ACK=301><CTL=ACK><DATA=10>',
    ]);
  });
});

describe('what a ladder begins with', () => {
  const notes = (text: string, others: Readonly<Record<string, string>> = {}): readonly string[] => {
    const known = new Map(Object.entries(others).map(([k, v]) => [k, ladderOf(v, `${k}.ladder`)]));
    const result = runLadder(ladderOf(text), { family: 4, load: (name) => known.get(name) });
    expect(result.ok).toBe(false);
    return result.notes;
  };

  test('must be there', () => {
    expect(notes('use: nowhere\nCLOSED')).toEqual([
      "there is no ladder 'nowhere' to begin with",
    ]);
  });

  test('does not begin with itself', () => {
    const others = { a: 'use: b\nCLOSED', b: 'use: a\nCLOSED' };
    expect(notes('use: a\nCLOSED', others)).toEqual(["the ladder 'a' begins with itself"]);
  });

  test('has a scripted peer if and only if the ladder has', () => {
    const others = { a: 'peer: B scripted\nCLOSED' };
    expect(notes('use: a\nCLOSED', others)).toEqual(["'peer:' differs between this ladder and 'a'"]);
  });

  test('runs as written', () => {
    const others = { a: 'LISTEN   CLOSED\nESTABLISHED   CLOSED' };
    expect(notes('use: a\nLISTEN', others)).toEqual(["the prefix 'a' did not run as written"]);
  });

  test('what users were told there is forgotten', () => {
    expect(played(`${SCRIPTED}ESTABLISHED (expect nothing)`).ok).toBe(true);
  });
});

describe('a segment that left before its row', () => {
  const RETRANSMITTED = `network: delay=20ms
iss: A=100 B=300
1.   ESTABLISHED                                                     ESTABLISHED
2.   (send 10 push) --> <SEQ=101><ACK=301><CTL=ACK><DATA=10> X
3.   (close) FIN-WAIT-1 --> <SEQ=111><ACK=301><CTL=FIN,ACK>  --> ESTABLISHED
4.   FIN-WAIT-1  <-- <SEQ=301><ACK=101><CTL=ACK> <-- ESTABLISHED
5.   FIN-WAIT-1  --> <SEQ=101><ACK=301><CTL=ACK><DATA=10> --> CLOSE-WAIT
6.   FIN-WAIT-2  <-- <SEQ=301><ACK=112><CTL=ACK> <-- CLOSE-WAIT
7.   FIN-WAIT-1  --> <SEQ=111><ACK=301><CTL=FIN,ACK>  --> CLOSE-WAIT
`;

  test('the state beside it is the one after it left, and time goes back with a word', () => {
    const { rows } = played(RETRANSMITTED);
    expect(rows.flatMap((row) => row.differences.map(whereText))).toEqual([]);
    expect(rows.map(({ time, notes }) => [time, notes])).toEqual([
      [0, []],
      [0, []],
      [0, []],
      [20, []],
      [1000, []],
      [1020, []],
      [1000, ['left before row 6']],
    ]);
  });

  test('a wrong state beside it is found out', () => {
    const wrong = RETRANSMITTED.replace(/7\. +FIN-WAIT-1/, '7. FIN-WAIT-2');
    expect(differences(played(wrong))).toEqual(['A: expected FIN-WAIT-2, is FIN-WAIT-1']);
  });
});
