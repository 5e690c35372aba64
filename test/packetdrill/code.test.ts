import { describe, expect, test } from 'vitest';
import { runCode, type Names } from '../../src/lab/packetdrill/code.ts';

const names = (): Names =>
  new Map<string, number>([
    ['tcpi_snd_cwnd', 10],
    ['tcpi_options', 0x25],
    ['TCPI_OPT_SYN_DATA', 0x20],
  ]);

describe('the code of %{ }%', () => {
  test.each([
    'assert tcpi_snd_cwnd == 10',
    'assert tcpi_snd_cwnd == 10, tcpi_snd_cwnd',
    'assert 9 <= tcpi_snd_cwnd <= 11',
    'assert (tcpi_options & TCPI_OPT_SYN_DATA) != 0, tcpi_options',
    'x = tcpi_snd_cwnd; x += 2\nassert x == 12 and not x < 12',
    'assert tcpi_snd_cwnd in (9, 10)',
    'assert tcpi_snd_cwnd not in [1, 2] or False',
    'assert 7 // 2 == 3 and 7 % 4 == 3 and -7 % 4 == 1 and 2 ** 10 == 1024',
    'assert 1 + 2 * 3 == 7 and (1 + 2) * 3 == 9',
    'assert 0xffffffff & 0xf0000000 == 0xf0000000',
    'assert "%d of %s" % (1, "two") == "1 of two"',
    'assert max(1, min(5, 3)) == 3 and abs(-2) == 2',
    'assert tcpi_snd_cwnd == 10, \\\n   "continued" # and a comment',
    'assert (1 if tcpi_snd_cwnd > 5 else 0) == 1',
    '',
  ])('%s holds', (source) => {
    expect(runCode(source, names()).failure).toBeUndefined();
  });

  test.each([
    ['assert tcpi_snd_cwnd == 11', 'assert tcpi_snd_cwnd == 11 (tcpi_snd_cwnd is 10)'],
    ['assert 1 == 2, "one"', 'assert 1 == 2: one'],
    [
      'assert tcpi_snd_cwmd == 1',
      "the name 'tcpi_snd_cwmd' stands for nothing; did you mean tcpi_snd_cwnd?",
    ],
    ['while True: pass', "the name 'while' stands for nothing"],
    ['assert open("x")', 'there is no function open() here, only abs'],
    ['x = 1 / 0', 'division by zero'],
    ['x = 1 << 100', 'cannot shift by 100'],
    ['x = (1', 'the end of the statement is not understood here'],
    ['x = "a" - 1', "'a' is no number: '-' needs one"],
    [`x = ${'('.repeat(100)}`, 'this is nested too deep'],
    ['x = $', "'$' is not understood"],
  ])('%s fails', (source, failure) => {
    expect(runCode(source, names()).failure).toContain(failure);
  });

  test('names are kept, and print prints', () => {
    const kept = names();
    expect(runCode('x = 3; print(x, "is", True); print x', kept).printed).toEqual([
      '3 is True',
      '3',
    ]);
    expect(runCode('assert x == 3', kept).failure).toBeUndefined();
  });
});
