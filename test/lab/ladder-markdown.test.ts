import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Ladder } from '../../src/lab/ladder/ast.ts';
import { parseMarkdown } from '../../src/lab/ladder/markdown.ts';
import { rowTexts } from '../../src/lab/ladder/print.ts';
import { arrows } from '../../src/lab/ladder/figure.ts';
import { formatErrors } from '../../src/lab/ladder/source.ts';

function laddersOf(text: string, file = 'x.md'): readonly Ladder[] {
  const result = parseMarkdown(text, file);
  if (!result.ok) throw new Error(formatErrors(result.errors));
  return result.ladders;
}

/** `2 | SYN-SENT | --> | <SEQ=100><CTL=SYN> | ... | `, a line for each row, and what was noted. */
function figure(ladder: Ladder | undefined): string[] {
  return (ladder?.rows ?? []).map((row) => {
    const { left, passage, segment, right } = rowTexts(row);
    const [lead, trail] = passage === undefined ? ['', ''] : arrows(passage, false);
    const cells = [row.label ?? '', left, lead, segment, trail, right, ...row.notes];
    return cells.join('|').replace(/\|+$/, '');
  });
}

const HEAD = '| Step | TCP A status | Direction | Data | TCP B status |\n|---|:-:|---|---|---|\n';
const rowsOf = (body: string): string[] => figure(laddersOf(HEAD + body)[0]);

describe('the tables of the seed, mistakes included', () => {
  const read = (file: string): Ladder | undefined =>
    laddersOf(readFileSync(`ladders/seed/${file}.md`, 'utf8'), `ladders/seed/${file}.md`)[0];

  test.each([
    [
      '2.1-basic-three-way-handshake',
      '2.1 Basic 3-Way Handshake',
      [
        '1|CLOSED||||CLOSED',
        '2|SYN-SENT|-->|<SEQ=100><CTL=SYN>|-->|SYN-RECEIVED',
        '3|ESTABLISHED|<--|<SEQ=300><ACK=101><CTL=SYN,ACK>|<--|SYN-RECEIVED',
        '4|ESTABLISHED|-->|<SEQ=101><ACK=301><CTL=ACK>|-->|ESTABLISHED',
        '5|ESTABLISHED|-->|<SEQ=101><ACK=301><CTL=ACK><DATA>|-->|ESTABLISHED',
      ],
    ],
    [
      '2.2-simultaneous-open',
      '2.2 Simultaneous Connection Synchronization',
      [
        '1|CLOSED||||CLOSED',
        '2|SYN-SENT|-->|<SEQ=100><CTL=SYN>|...',
        '3|SYN-RECEIVED|<--|<SEQ=300><CTL=SYN>|<--|SYN-SENT|SYN_SENT is read as SYN-SENT',
        '4||...|<SEQ=100><CTL=SYN>|-->|SYN-RECEIVED',
        '5|SYN-RECEIVED|-->|<SEQ=100><ACK=301><CTL=SYN,ACK>|...',
        '6|ESTABLISHED|<--|<SEQ=300><ACK=101><CTL=SYN,ACK>|<--|SYN-RECEIVED',
        '7||...|<SEQ=101><ACK=301><CTL=SYN,ACK>|-->|ESTABLISHED',
      ],
    ],
    [
      '2.3-old-duplicate-syn',
      '2.3 Recovery from Old Duplicate SYN',
      [
        '1|CLOSED||||CLOSED',
        '2|SYN-SENT|-->|<SEQ=100><CTL=SYN>|...',
        '3||...|<SEQ=90><CTL=SYN>|-->|SYN-RECEIVED',
        '4|(????)|<--|<SEQ=300><ACK=91><CTL=SYN,ACK>|<--|SYN-RECEIVED',
        '5|SYN-SENT|-->|<SEQ=91><CTL=RST>|-->|LISTEN',
        '6||...|<SEQ=100><CTL=SYN>|-->|SYN-RECEIVED',
        '7|SYN-SENT|<--|<SEQ=400><ACK=101><CTL=SYN,ACK>|<--|SYN-RECEIVED',
        '8|ESTABLISHED|-->|<SEQ=101><ACK=401><CTL=ACK>|-->|ESTABLISHED',
      ],
    ],
    [
      '2.4-half-open-discovery',
      '2.4 Half-Open Connection Discovery',
      [
        '1|(reboot)||||(send 300, receive 100)',
        '2|CLOSED||||ESTABLISHED',
        '3|SYN-SENT|-->|<SEQ=100><CTL=SYN>|-->|(???)',
        '3|(!!!)|<--|<SEQ=300><ACK=100><CTL=ACK>|<--|ESTABLISHED|step 3 is there twice',
        '4|SYN-SENT|-->|<SEQ=100><CTL=RST>|-->|(ABORT!!!)',
        '5|SYN-SENT||||CLOSED',
        '6|SYN-SENT|-->|<SEQ=100><CTL=SYN>|...',
      ],
    ],
    [
      '2.5-two-passive-sockets',
      '2.5 Old Duplicate SYN Initiate a Reset on two Passive Sockets',
      [
        '1|LISTEN||||LISTEN',
        '2||...|<SEQ=100><CTL=SYN>|-->|SYN-RECEIVED',
        '3|(????)|<--|<SEQ=300><ACK=101><CTL=SYN,ACK>|<--|SYN-RECEIVED',
        '4|(????)|-->|<SEQ=101><CTL=RST>|-->|(ABORT!!)',
        '5|LISTEN||||LISTEN',
      ],
    ],
    [
      '3.1-normal-close',
      '3.1 Normal Close',
      [
        '1|ESTABLISHED||||ESTABLISHED|ESTABLISED is read as ESTABLISHED',
        '2|FIN-WAIT-1|-->|<SEQ=100><ACK=300><CTL=FIN,ACK>|-->|CLOSE-WAIT',
        '3|FIN-WAIT-2|<--|<SEQ=300><ACK=101><CTL=FIN,ACK>|<--|CLOSE-WAIT',
        '4|TIME-WAIT|<--|<SEQ=300><ACK=101><CTL=FIN,ACK>|<--|LAST-ACK',
        '5|TIME-WAIT|-->|<SEQ=101><ACK=301><CTL=FIN,ACK>|-->|CLOSED',
        '6|(2 MSL) CLOSED||||CLOSED',
      ],
    ],
    [
      '3.2-simultaneous-close',
      '3.2 Simultaneous Close Sequence',
      [
        '1|FIN-WAIT-1|-->|<SEQ=100><ACK=300><CTL=FIN,ACK>|...',
        '2||...|<SEQ=300><ACK=100><CTL=FIN,ACK>|<--|FIN-WAIT-1',
        '3||...|<SEQ=100><ACK=300><CTL=FIN,ACK>|-->|CLOSING',
        '4|CLOSING|<--|<SEQ=300><ACK=100><CTL=FIN,ACK>|...',
        '5|CLOSING|-->|<SEQ=101><ACK=301><CTL=ACK>|-->|CLOSING',
        '6|CLOSING|<--|<SEQ=301><ACK=101><CTL=ACK>|<--|CLOSING',
        '7|(2 MSL) CLOSED||||(2 MSL) CLOSED',
      ],
    ],
  ])('%s', (file, title, rows) => {
    const ladder = read(file);
    expect(ladder).toMatchObject({ name: title, title, markdown: true, scripted: undefined });
    expect(figure(ladder)).toEqual(rows);
  });

  test('as one document they are seven ladders, and every place is that of the document', () => {
    const files = readdirSync('ladders/seed').filter((file) => file.endsWith('.md'));
    const texts = files.map((file) => readFileSync(`ladders/seed/${file}`, 'utf8'));
    const document = `---\ntitle: x\n---\n\n## 1. States\n\n${texts.join('\n\n')}`;
    const ladders = laddersOf(document);
    expect(files.length).toBe(7);
    expect(ladders.map(({ name }) => name)).toEqual(
      texts.map((text) => /^### (.*?) *\n/.exec(text)?.[1]),
    );
    const lines = document.split('\n');
    for (const { rows, place } of ladders) {
      expect(lines[place.line - 1]).toContain('| Step | TCP A status |');
      for (const row of rows) {
        expect(lines[row.place.line - 1]?.trimEnd()).toBe(row.source);
        for (const item of [...row.left, ...row.right]) {
          if (item.kind !== 'state' || row.notes.length > 0) continue;
          expect(row.source.slice(item.place.column - 1)).toMatch(new RegExp(`^${item.state}`));
        }
      }
    }
  });
});

describe('what a table may look like', () => {
  test('columns are found by their heads, in any order, with or without the step', () => {
    const text = `
|Data|TCP Peer B|TCP Peer A|Direction|Remark|
|-|-|-|-|-|
|<SEQ=1><CTL=SYN>|SYN-RECEIVED|SYN-SENT|-->|whatever it is|
`;
    expect(figure(laddersOf(text)[0])).toEqual([
      '|SYN-SENT|-->|<SEQ=1>' + '<CTL=SYN>|-->|SYN-RECEIVED',
    ]);
    expect(figure(laddersOf('A | Direction | Segment | B\nCLOSED | | | LISTEN')[0])).toEqual([
      '|CLOSED||||LISTEN',
    ]);
  });

  test('pipes at the ends, rulers, markup and cells may be missing', () => {
    expect(rowsOf('1 | CLOSED | | | LISTEN\n| 2. | SYN-SENT | ---> | `<SEQ=1>` | ....\n')).toEqual([
      '1|CLOSED||||LISTEN',
      '2|SYN-SENT|-->|<SEQ=1>|...',
    ]);
    expect(rowsOf('| 1 | CLOSED\n')).toEqual(['1|CLOSED']);
    expect(rowsOf('| **1** | `CLOSED` | | | LISTEN<br>(close) |\n')).toEqual([
      '1|CLOSED||||LISTEN (close)',
    ]);
    expect(rowsOf('| 1 | SYN\\_SENT | --> | &lt;SEQ=1&gt;<br/>`<CTL=SYN>` | LISTEN |\n')).toEqual([
      '1|SYN-SENT|-->|<SEQ=1><CTL=SYN>|-->|LISTEN|SYN_SENT is read as SYN-SENT',
    ]);
  });

  test('arrows of any length, lost segments', () => {
    expect(
      rowsOf(
        [
          '| 1 | CLOSED | → | `<SEQ=1>` | LISTEN |',
          '| 2 | CLOSED | <----- | `<SEQ=1>` | LISTEN |',
          '| 3 | CLOSED | --X | `<SEQ=1>` | LISTEN |',
          '| 4 | CLOSED | X-- | `<SEQ=1>` | LISTEN |',
          '| 5 | .... | --X | `<SEQ=1>` | LISTEN |',
          '| 6 | .... (close) | ---> | `<SEQ=1>` | LISTEN |',
          '| 7 | FIN-WAIT-1 | ---> | `<SEQ=1>` | .... (close) FIN-WAIT-1 |',
        ].join('\n'),
      ),
    ).toEqual([
      '1|CLOSED|-->|<SEQ=1>|-->|LISTEN',
      '2|CLOSED|<--|<SEQ=1>|<--|LISTEN',
      '3|CLOSED|-->|<SEQ=1>|X|LISTEN',
      '4|CLOSED|X|<SEQ=1>|<--|LISTEN',
      '5||...|<SEQ=1>|--X|LISTEN',
      '6|(close)|...|<SEQ=1>|-->|LISTEN',
      '7|FIN-WAIT-1|-->|<SEQ=1>|...|(close) FIN-WAIT-1',
    ]);
  });

  test('misspelt states are read and noted', () => {
    const status = (text: string): string[] => rowsOf(`| 1 | ${text} | | | |`);
    expect(status('ESTABLISED')).toEqual(['1|ESTABLISHED|||||ESTABLISED is read as ESTABLISHED']);
    expect(status('fin_wait_1')).toEqual(['1|FIN-WAIT-1|||||fin_wait_1 is read as FIN-WAIT-1']);
    expect(status('SYN RECEIVED')).toEqual([
      '1|SYN-RECEIVED|||||SYN RECEIVED is read as SYN-RECEIVED',
    ]);
    expect(status('SYN-RECIEVED')).toEqual([
      '1|SYN-RECEIVED|||||SYN-RECIEVED is read as SYN-RECEIVED',
    ]);
    expect(status('CLOSE')).toEqual(['1|CLOSED|||||CLOSE is read as CLOSED']);
    expect(status('TIME-WAIT (2 MSL) CLOSED')).toEqual(['1|TIME-WAIT (2 MSL) CLOSED']);
    expect(status('CLOSED (after 1s)')).toEqual(['1|(advance 1s) CLOSED']);
    expect(status('Reboot')).toEqual(['1|(reboot)']);
  });

  test('odd steps are noted', () => {
    expect(rowsOf('| one | CLOSED | | | |\n| 2a | CLOSED | | | |\n| 2a | CLOSED | | | |')).toEqual([
      "|CLOSED|||||step 'one' is no number",
      '2a|CLOSED',
      '2a|CLOSED|||||step 2a is there twice',
    ]);
  });
});

describe('which tables', () => {
  const body = '| 1 | CLOSED | | | LISTEN |\n';

  test('two states in one cell are one too many', () => {
    const result = parseMarkdown(`${HEAD}| 1 | CLOSED LISTEN | | | |\n`, 'x.md');
    expect(result.ok ? '' : formatErrors(result.errors)).toContain(
      'x.md:3:14: two states in one cell: expected one, that after the segment',
    );
  });

  test('each is named by the nearest heading above it; names differ', () => {
    const text = `${HEAD}${body}\n# A *title* \`here\` ##\n\n${HEAD}${body}\n${HEAD}${body}\n## Other\n${HEAD}${body}`;
    expect(laddersOf(text, 'doc.md').map(({ name, title }) => [name, title])).toEqual([
      ['doc.md', ''],
      ['A title here', 'A title here'],
      ['A title here (2)', 'A title here'],
      ['Other', 'Other'],
    ]);
  });

  test('tables of another form and tables in code blocks are not ladders', () => {
    const text = `
| a | b |
|---|---|
| 1 | 2 |

\`\`\`
${HEAD}${body}
\`\`\`

~~~ text
${HEAD}${body}
~~~

${HEAD}${body}`;
    expect(laddersOf(text).length).toBe(1);
  });
});

describe('what is known to differ', () => {
  const table = (below: string): string =>
    `| Step | TCP A | Direction | Data | TCP B |\n|--|--|--|--|--|\n| 1 | CLOSED | | | LISTEN |\n${below}`;
  test.each([
    ['<!-- differs: 3, 5 -->', ['3', '5']],
    ['\n<!--differs: 2a-->', ['2a']],
    ['', []],
    ['text\n<!-- differs: 1 -->', []],
    ['<!-- differs: -->', []],
  ])('%j below a table', (below, known) => {
    const read = parseMarkdown(table(below), 'notes.md');
    expect(read.ladders.map((ladder) => ladder.known)).toEqual([known]);
  });
});
