import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wantsColor } from '../../src/cli/terminal.ts';
import { readPcapng } from '../../src/pcap/read-pcapng.ts';
import { command, estab, looksLikeCrash } from './estab.ts';

const FIGURE = 'ladders/rfc9293/figure-06-basic-handshake.ladder';
const TABLE = 'ladders/seed/3.2-simultaneous-close.md';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'estab-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A file of this content in a folder of its own. */
function file(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const HANDSHAKE = `title: Mine
iss: A=100 B=300
    TCP Peer A                                           TCP Peer B
1.  CLOSED                                               LISTEN
2.  SYN-SENT     --> <SEQ=100><CTL=SYN>              --> SYN-RECEIVED
3.  ESTABLISHED  <-- <SEQ=300><ACK=101><CTL=SYN,ACK> <-- SYN-RECEIVED
4.  ESTABLISHED  --> <SEQ=101><ACK=301><CTL=ACK>     --> ESTABLISHED
`;

describe('estab ladder', () => {
  test('a ladder that agrees is shown as it ran: 0', async () => {
    const { status, stdout, stderr } = await estab(['ladder', FIGURE]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('3.  ESTABLISHED  <-- <SEQ=300><ACK=101><CTL=SYN,ACK>');
    expect(stdout).toMatch(/\n1 ladder: as written\n$/);
  });

  test('a wrong number: 1, with what was expected and what happened in one notation', async () => {
    const path = file('wrong.ladder', HANDSHAKE.replace('<ACK=101>', '<ACK=102>'));
    const { status, stdout } = await estab(['ladder', path]);
    expect(status).toBe(1);
    const lines = stdout.split('\n');
    const expected = lines.find((line) => line.trim().startsWith('expected: ')) ?? '';
    const actual = lines.find((line) => line.trim().startsWith('actual: ')) ?? '';
    expect(expected).toContain('ESTABLISHED  <-- <SEQ=300><ACK=102><CTL=SYN,ACK> <--');
    expect(actual).toContain('ESTABLISHED  <-- <SEQ=300><ACK=101><CTL=SYN,ACK> <--');
    expect(expected.indexOf('<SEQ')).toBe(actual.indexOf('<SEQ'));
    expect(stdout).toMatch(/1 ladder: 0 as written, 1 differs:\n {2}\S*wrong\n$/);
  });

  test('a mistake: 2, with file, line, column, the line and a caret', async () => {
    const path = file('typo.ladder', HANDSHAKE.replace('<CTL=SYN>', '<CTL=SIN>'));
    const { status, stdout, stderr } = await estab(['ladder', path]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    const source = readFileSync(path, 'utf8').split('\n')[4] ?? '';
    const column = source.indexOf('SIN') + 1;
    expect(stderr).toContain(`typo.ladder:5:${column}: `);
    expect(stderr).toContain(`  5 | ${source}\n`);
    expect(stderr).toMatch(new RegExp(`\\n    \\| {${column}}\\^\\^\\^`));
    expect(looksLikeCrash(stderr)).toBe(false);
  });

  test('an unknown option and an unknown `use:` are mistakes of their lines', async () => {
    const option = file('option.ladder', `option: A colour=7\n${HANDSHAKE}`);
    expect(await estab(['ladder', option])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(
        /option\.ladder:1:11: no option 'colour'.*\n +1 \| option: A colour=7\n +\| {11}\^{8}\n/,
      ),
    });
    const use = file('use.ladder', `use: nothing/here\n${HANDSHAKE}`);
    expect(await estab(['ladder', use])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(
        /use\.ladder:1:6: there is no ladder 'nothing\/here'.*\n +1 \| use: nothing\/here\n/,
      ),
    });
  });

  test('a file that is not there, a folder without ladders: 2, and what to give instead', async () => {
    const absent = await estab(['ladder', 'nowhere.ladder']);
    expect(absent).toMatchObject({ status: 2, stdout: '' });
    expect(absent.stderr).toBe(
      "estab ladder: cannot read 'nowhere.ladder': there is no such file or folder (ENOENT)\n",
    );
    const empty = await estab(['ladder', 'src/wire']);
    expect(empty.status).toBe(2);
    expect(empty.stderr).toMatch(
      /^estab ladder: no ladders in 'src\/wire': expected files \*\.ladder/,
    );
  });

  test('`use:` of itself, in a circle, or of another peer is a mistake of its line', async () => {
    const self = file('self.ladder', `use: self\n${HANDSHAKE}`);
    const circle = file('round.ladder', `use: about\n${HANDSHAKE}`);
    file('about.ladder', `use: round\n${HANDSHAKE}`);
    const peer = file('peer.ladder', `use: plain\npeer: B scripted\n--> <SEQ=101><CTL=ACK>\n`);
    file('plain.ladder', HANDSHAKE);
    for (const [path, message] of [
      [self, "self.ladder:1:6: the ladder 'self' begins with itself"],
      [circle, "round.ladder:1:6: the ladder 'round', with which 'about' begins, begins with"],
      [
        peer,
        "peer.ladder:1:6: the ladder 'plain' has no scripted peer, this one 'peer: B scripted'",
      ],
    ] as const) {
      const { status, stdout, stderr } = await estab(['ladder', path]);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toContain(message);
      expect(stderr).toMatch(/\n {2}1 \| use: \w+\n +\| {6}\^+\n/);
    }
  });

  test('all that is wrong is said at once, and what was not played', async () => {
    const good = file('good.ladder', HANDSHAKE);
    const typo = file('typo2.ladder', HANDSHAKE.replace('<CTL=SYN>', '<CTL=SIN>'));
    const { status, stdout, stderr } = await estab(['ladder', good, typo, '/nonexist', 'none.md']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^estab ladder: not played:\n\n/);
    expect(stderr).toContain('typo2.ladder:5:');
    expect(stderr).toContain("cannot read '/nonexist': there is no such file");
    expect(stderr).toContain("cannot read 'none.md': there is no such file");
    expect(stderr).toMatch(/so nothing was played, not even what is sound: '.*good\.ladder'\n$/);
  });

  test('a file that is no text is one error of one line', async () => {
    const octets = Array.from({ length: 4000 }, (_, i) => String.fromCharCode(i % 128)).join('');
    const { status, stderr } = await estab(['ladder', file('binary.ladder', octets)]);
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^estab ladder: cannot read '.*binary\.ladder': it is not a text file\n$/,
    );
  });

  test('control characters of a file reach no terminal', async () => {
    const evil = '\u001B]0;pwned\u0007\u009B2J';
    const controls = /[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/;
    const header = `cite: ${evil}\nnote: ${evil}\n`;
    const ladder = HANDSHAKE.replace('Mine\n', `${evil}\n${header}`);
    const path = file('evil.ladder', ladder.replace('<ACK=101>', '<ACK=102>'));
    for (const format of ['text', 'markdown', 'svg', 'json']) {
      const { status, stdout, stderr } = await estab(['ladder', '--format', format, path]);
      expect({ format, status }).toEqual({ format, status: 1 });
      expect(stdout).toContain('pwned');
      expect(`${stdout}${stderr}`).not.toMatch(controls);
    }
    const wrong = await estab(['ladder', file('evil2.ladder', `1. ${evil} --> <SEQ=1> --> x\n`)]);
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toContain('␛]0;pwned␇');
    expect(wrong.stderr).not.toMatch(controls);
  });

  test('a long line is cut around the caret', async () => {
    const long = `1. ${'CLOSED '.repeat(200)}CLOSD ${'LISTEN '.repeat(200)}\n`;
    const { status, stderr } = await estab(['ladder', file('long.ladder', long)]);
    expect(status).toBe(2);
    expect(Math.max(...stderr.split('\n').map((line) => line.length))).toBeLessThan(700);
    const [, quoted = '', carets = ''] = /\n( +1 \| .*)\n( +\| +\^+)/.exec(stderr) ?? [];
    expect(quoted).toContain('…');
    expect(carets.length).toBeLessThanOrEqual(quoted.length);
  });

  test('without FILE every ladder that ships is played', async () => {
    const { status, stdout, stderr } = await estab(['ladder', '--quiet']);
    expect(stderr).toBe('');
    expect([0, 1]).toContain(status);
    const shipped = readdirSync('ladders', { recursive: true, encoding: 'utf8' });
    const files = shipped.filter((name) => name.endsWith('.ladder')).length;
    const count = Number(/^(\d+) ladders: /m.exec(stdout)?.[1]);
    expect(count).toBeGreaterThanOrEqual(files);
    expect(stdout).not.toContain('title: Basic three-way handshake for connection');
  });

  test('`use:` finds what ships, what is below the same ladders/ and what is beside it', async () => {
    const prefix = HANDSHAKE.replace('title: Mine\n', '');
    file('ladders/start/begin.ladder', prefix);
    const rest =
      'iss: A=100 B=300\n1.  ESTABLISHED  --> <SEQ=101><ACK=301><CTL=ACK><DATA=5> --> ESTABLISHED\n';
    const paths = [
      file('ladders/other/far.ladder', `use: start/begin\n${rest}`),
      file('ladders/start/near.ladder', `use: begin\n${rest}`),
      file('lone/shipped.ladder', `use: rfc9293/established\n${rest}`),
    ];
    const { status, stdout } = await estab(['ladder', ...paths]);
    expect({ status, last: stdout.trimEnd().split('\n').at(-1) }).toEqual({
      status: 0,
      last: '3 ladders: all as written',
    });
  });

  test('without FILE: all that ship, whose known differences are no failure', async () => {
    const { status, stdout } = await estab(['ladder', '--quiet']);
    expect(stdout).toMatch(
      /\d+ ladders: all as written, 6 of them but for differences that are known/,
    );
    expect(status).toBe(0);
  });

  test('- is the standard input, a ladder or a document with tables', async () => {
    expect((await estab(['ladder', '-'], HANDSHAKE)).status).toBe(0);
    const document = await estab(['ladder', '-'], readFileSync(TABLE, 'utf8'));
    expect(document.stdout).toContain('3.2 Simultaneous Close');
    const broken = await estab(['ladder', '-'], '1. CLOSD\n');
    expect(broken.status).toBe(2);
    expect(broken.stderr).toContain('standard input:1:');
  });

  test('a table: which steps agree, which differ, what happens instead and its section', async () => {
    const { status, stdout } = await estab(['ladder', TABLE]);
    expect(status).toBe(1);
    expect(stdout).toContain('# steps 1 to 4 and 7 agree; steps 5 and 6 differ');
    expect(stdout).toMatch(/B: expected CLOSING, is TIME-WAIT\n.*\n +RFC 9293 §3\.10\.7\.4 fifth/);
  });

  test('--format json is one array with an object for each ladder', async () => {
    const { status, stdout, stderr } = await estab(['ladder', '--format', 'json', FIGURE, TABLE]);
    expect(status).toBe(1);
    expect(stderr).toContain('2 ladders: 1 as written, 1 differs');
    const parsed: unknown = JSON.parse(stdout);
    expect(parsed).toMatchObject([
      { name: 'rfc9293/figure-06-basic-handshake', ok: true },
      { name: '3.2 Simultaneous Close Sequence', ok: false },
    ]);
    expect(parsed).toHaveProperty('[0].rows[1].actual.segment', '<SEQ=100><CTL=SYN>');
  });

  test('--format markdown is a table that can be read again', async () => {
    const { stdout } = await estab(['ladder', '--format', 'markdown', FIGURE]);
    const again = await estab(['ladder', file('again.md', stdout)]);
    expect(again.stdout).toContain('1 ladder: as written');
  });

  test('--format svg is one document; several want a folder', async () => {
    const one = await estab(['ladder', '--format', 'svg', FIGURE]);
    expect(one.stdout).toMatch(/^<svg [^]*<\/svg>\n$/);
    expect(one.stderr).toBe('1 ladder: as written\n');
    const several = await estab(['ladder', '--format', 'svg', 'ladders/rfc9293']);
    expect(several.status).toBe(2);
    expect(several.stderr).toMatch(/SVG documents: say where with --out DIR/);
    const out = join(folder, 'pictures');
    const written = await estab(['ladder', '--format', 'svg', '--out', out, 'ladders/rfc9293']);
    expect(written.status).toBe(0);
    const names = readdirSync(out);
    expect(names).toContain('rfc9293-figure-06-basic-handshake.svg');
    expect(names).toHaveLength(readdirSync('ladders/rfc9293').length);
    expect(written.stdout.split('\n')).toContain(join(out, names[0] ?? ''));
  });

  test('--pcap is what A sees, with states and rules as comments', async () => {
    const path = join(folder, 'figure.pcapng');
    expect((await estab(['ladder', '--pcap', path, FIGURE])).status).toBe(0);
    const { packets } = readPcapng(readFileSync(path));
    expect(packets.map(({ direction, comment }) => [direction, comment])).toEqual([
      ['out', 'SYN-SENT; §3.10.1: active OPEN'],
      ['in', 'SYN-SENT → ESTABLISHED; §3.10.7.3 fourth: our SYN is acknowledged'],
      ['out', expect.stringMatching(/^ESTABLISHED/)],
      ['out', expect.stringMatching(/^ESTABLISHED/)],
    ]);
    const nowhere = await estab(['ladder', '--pcap', join(folder, 'no', 'x.pcapng'), FIGURE]);
    expect(nowhere.status).toBe(2);
    expect(nowhere.stderr).toMatch(/cannot write the capture '.*x\.pcapng': there is no such file/);
  });

  test('--ip 6 runs over IPv6', async () => {
    expect((await estab(['ladder', '--ip', '6', FIGURE])).stdout).toContain('as written, IPv6');
  });

  test('--rerun shows only what differs, and a summary of all runs', async () => {
    const { status, stdout } = await estab(['ladder', '--rerun', 'ladders/rfc9293']);
    expect(stdout).toMatch(/^\d+ ladders in \d+ runs: all as written\n$/);
    expect(status).toBe(0);
  });

  test('colour when asked for; on a terminal unless NO_COLOR says no', async () => {
    const colored = async (...args: string[]): Promise<boolean> =>
      (await estab(['ladder', ...args, TABLE])).stdout.includes('\u001B[');
    expect(await colored()).toBe(false);
    expect(await colored('--color')).toBe(true);
    expect(await colored('--no-color')).toBe(false);
    expect(wantsColor(true, {})).toBe(true);
    expect(wantsColor(true, { NO_COLOR: '' })).toBe(true);
    expect(wantsColor(true, { NO_COLOR: '1' })).toBe(false);
    expect(wantsColor(true, { TERM: 'dumb' })).toBe(false);
    expect(wantsColor(false, {})).toBe(false);
  });

  test('from a shell: exit codes, any working directory, output that nobody reads', () => {
    const quoted = (...args: string[]): string =>
      command(...args)
        .map((part) => `'${part}'`)
        .join(' ');
    const lines = [
      `${quoted('ladder')} | head -n 1; echo \${PIPESTATUS[0]}`,
      `${quoted('ladder', 'absent')} 2>&1; echo $?`,
    ];
    const { stdout, stderr } = spawnSync('bash', ['-c', lines.join('\n')], {
      encoding: 'utf8',
      cwd: folder,
    });
    const [title, head, absent, code] = stdout.trimEnd().split('\n');
    expect(title).toMatch(/^title: /);
    expect(['0', '1']).toContain(head);
    expect([absent?.slice(0, 36), code]).toEqual(["estab ladder: cannot read 'absent': ", '2']);
    expect(stderr).toBe('');
  });
});
