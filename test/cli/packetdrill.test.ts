import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { estab, looksLikeCrash } from './estab.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'estab-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const SYN = `0 socket(..., SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_TCP) = 3
+0 connect(3, ..., ...) = -1 EINPROGRESS
+0 > S 0:0(0) <...>
`;

describe('estab packetdrill', () => {
  test('a script that passes: 0, and a line', async () => {
    const { status, stdout, stderr } = await estab(['packetdrill', file('a.pkt', SYN)]);
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: '1 script: 1 passed\n',
      stderr: '',
    });
  });

  test('one that fails: 1, with line, packets and ladder', async () => {
    const path = file('b.pkt', SYN.replace('<...>', '<mss 1>'));
    const { status, stdout } = await estab(['packetdrill', '--ip', '4,6', path]);
    expect(status).toBe(1);
    expect(stdout).toContain(`failed ${path}:3 (IPv6): options are <mss 1460,sackOK,TS val`);
    expect(stdout).toContain('  expected: > S 0:0(0) <mss 1>\n');
    expect(stdout).toMatch(/SYN-SENT +--> <SEQ=0><CTL=SYN>/);
    expect(stdout).toMatch(/\n1 script in 2 runs: 0 passed, 2 failed\n$/);
  });

  test('one that needs what is not here: 2, and its name', async () => {
    const path = file('c.pkt', `${SYN}+0 setsockopt(3, SOL_TCP, TCP_ULP, [1], 4) = 0\n`);
    const { status, stdout } = await estab(['packetdrill', path]);
    expect(status).toBe(2);
    expect(stdout).toBe(
      `unsupported ${path}:4 (IPv4): setsockopt(TCP_ULP)\n\n1 script: 0 passed, 1 unsupported\n`,
    );
    expect((await estab(['packetdrill', '-q', path])).stdout).toBe(
      '1 script: 0 passed, 1 unsupported\n',
    );
  });

  test('one that is none: 2, with line, column and caret', async () => {
    const path = file('d.pkt', SYN.replace('> S', '> Q'));
    const { status, stdout, stderr } = await estab(['packetdrill', path]);
    expect(status).toBe(2);
    expect(stderr).toContain(`${path}:3:6: expected the flags of a segment`);
    expect(stderr).toContain('  3 | +0 > Q 0:0(0) <...>\n    |      ^');
    expect(stdout).toBe('1 script: 0 passed, 1 unreadable\n');
  });

  test('a folder, its score by theme, and --json', async () => {
    file('themes/opening/one.pkt', SYN);
    file('themes/opening/two.pkt', SYN.replace('<...>', '<nop>'));
    file('themes/others/only-v6.pkt', SYN);
    const { status, stdout } = await estab([
      'packetdrill',
      '--score',
      '--ip',
      '4,6',
      join(folder, 'themes'),
    ]);
    expect(status).toBe(1);
    const rows = stdout.split('\n').map((line) => line.split(/\s+/).filter((cell) => cell !== ''));
    expect(rows[1]).toEqual(['opening', '1', '1', '1', '0', '1', '1', '1', '0']);
    expect(rows[2]).toEqual(['others', '0', '0', '0', '0', '1', '1', '0', '0']);
    expect(rows[3]?.[0]).toBe('all');
    const json = await estab(['packetdrill', '--json', join(folder, 'themes')]);
    const outcomes: unknown = JSON.parse(json.stdout);
    expect(outcomes).toMatchObject([
      { carrier: '4', status: 'passed', strict: true, line: null, ladder: null },
      { status: 'failed', line: 3, expected: '> S 0:0(0) <nop>' },
      { status: 'other-family', message: 'for IPv6' },
    ]);
  });

  test('--ladder shows the whole conversation', async () => {
    const { stdout } = await estab(['packetdrill', '--ladder', file('e.pkt', SYN)]);
    expect(stdout).toMatch(/\(socket = 3\)\n.*connect = -1 EINPROGRESS\)\n.*<CTL=SYN>/);
  });

  test.each([
    [['packetdrill'], "missing required argument 'FILE'"],
    [['packetdrill', 'nowhere.pkt'], "cannot read 'nowhere.pkt': there is no such file"],
    [['packetdrill', 'docs'], "no scripts in 'docs': expected files *.pkt"],
    [['packetdrill', '--ip', '5', 'x.pkt'], "--ip is '5': give 4, 6, 4in6"],
    [['packetdrill', '--jobs', '0', 'x.pkt'], "--jobs is '0': give a number from 1 to 999"],
    [['packetdrill', '-D', 'x', 'test/packetdrill/nagle.pkt'], "-D is 'x': give NAME=VALUE"],
    [['packetdrill', '--profile', 'bsd', 'x.pkt'], 'Allowed choices are linux, freebsd, rfc'],
  ])('%j: 2, and what would do', async (args, message) => {
    const { status, stderr } = await estab(args);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
    expect(looksLikeCrash(stderr)).toBe(false);
  });

  test('--help teaches', async () => {
    const { status, stdout } = await estab(['packetdrill', '--help']);
    expect(status).toBe(0);
    expect(stdout).toContain('+0    > S. 0:0(0) ack 1 <mss 1460>');
    expect(stdout).toContain('Exit status: 0 all passed');
  });
});
