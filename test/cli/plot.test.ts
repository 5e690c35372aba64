import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { draw } from '../../src/cli/plot/draw.ts';
import { Flow } from '../../src/cli/plot/flow.ts';
import { PICTURE } from '../../tools/docs-picture.ts';
import { estab } from './estab.ts';

const directory = mkdtempSync(join(tmpdir(), 'estab-plot-'));
afterAll(() => rmSync(directory, { recursive: true }));
const at = (name: string): string => join(directory, name);

const LOSSY = ['--rate', '10mbit', '--delay', '20ms', '--loss', '2%/0%', '--queue', '30'];
const SMALL = ['transfer', '--octets', '200k', '--seed', '7', ...LOSSY];

describe('estab transfer', () => {
  test('says how fast it was, and the same again', async () => {
    const once = await estab(SMALL);
    expect(once).toMatchObject({ status: 0, stderr: '' });
    expect(once.stdout).toMatch(/goodput +\d+\.\d+ Mbit\/s/);
    expect(once.stdout).toMatch(/sent again +[1-9]/);
    expect(await estab(SMALL)).toEqual(once);
  });

  test('writes a trace and a capture, and both can be drawn', { timeout: 30_000 }, async () => {
    const [trace, capture] = [at('t.jsonl'), at('t.pcapng')];
    await estab([...SMALL, '--trace', trace, '--pcap', capture]);
    const fromTrace = await estab(['plot', trace]);
    expect(fromTrace).toMatchObject({ status: 0, stderr: '' });
    for (const text of [
      'Congestion window',
      'Round-trip time',
      'R: sent again',
      'octets from the ISS',
      'cwnd',
    ])
      expect(fromTrace.stdout).toContain(text);
    const fromCapture = await estab(['plot', capture]);
    expect(fromCapture).toMatchObject({ status: 0, stderr: '' });
    expect(fromCapture.stdout).toContain('R: sent again');
    expect(fromCapture.stdout).not.toContain('ssthresh');
  });

  test('in reverse and side by side', async () => {
    const { status, stdout } = await estab([...SMALL, '--reverse', '--flows', '2']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/goodput +\d+\.\d+ Mbit\/s +\d+\.\d+ Mbit\/s/);
  });

  test.each([
    [['--octets', 'many'], "--octets is 'many': give a number of octets"],
    [['--congestion', 'fast'], "--congestion is 'fast': take one of"],
    [['--flows', '0'], "--flows is '0': give a number from 1 to 1000"],
    [['--loss', '200%'], "--loss is '200%'"],
  ])('%j says what would do', async (args, message) => {
    const { status, stderr } = await estab(['transfer', ...args]);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('estab plot', () => {
  test('draws the same picture twice, with a title and a description', async () => {
    const trace = at('same.jsonl');
    await estab([...SMALL, '--trace', trace]);
    const { stdout } = await estab(['plot', trace]);
    expect(stdout).toContain('<title>');
    expect(stdout).toMatch(/<desc>A, 192\.0\.2\.1:\d+ to 192\.0\.2\.2:80: \d+ octets of text/);
    expect((await estab(['plot', trace])).stdout).toBe(stdout);
  });

  test('what it cannot read it names', async () => {
    writeFileSync(at('notes.txt'), 'no trace\n');
    const { status, stderr } = await estab(['plot', at('notes.txt')]);
    expect(status).toBe(2);
    expect(stderr).toContain('notes.txt:1: not a trace');
    expect((await estab(['plot', at('absent')])).stderr).toContain('there is no such file');
  });

  test('of 50,000 segments is small, and has its extremes', async () => {
    const flow = new Flow('many');
    for (let i = 0; i < 50_000; i++) {
      flow.saw(i);
      flow[i % 50 === 0 ? 'again' : 'sent'].push({ t: i, start: i * 1000, end: (i + 1) * 1000 });
      flow.acks.push({ t: i, value: i * 1000 });
      flow.sacked.push({ t: i, start: i * 1000, end: i * 1000 + 5000 });
      flow.cwnd.push({ t: i, value: 10_000 + ((i * 7919) % 50_000) });
      flow.samples.push({ t: i, value: i === 777 ? 900 : 50 + (i % 40) });
    }
    const svg = await draw({ title: 'many', flows: [flow], graphs: ['tcptrace', 'cwnd', 'rtt'] });
    expect(svg.length).toBeLessThan(5_000_000);
  });
});

test('the picture of docs/tracing.md is as it is drawn', { timeout: 30_000 }, async () => {
  const picture = at('docs.svg');
  await estab([...PICTURE, '--plot', picture]);
  const svg = readFileSync(picture, 'utf8');
  expect(svg.length).toBeLessThan(300_000);
  expect(readFileSync('docs/images/lossy-transfer.svg', 'utf8') === svg).toBe(true); // npm run docs:output
});
