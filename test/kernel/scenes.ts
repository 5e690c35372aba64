/**
 * Plays scenarios in a network namespace of their own and has tshark look at the capture of each.
 * One child process serves a test file; when it hangs it is killed, and the next scenario gets a
 * new one.
 */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, onTestFinished } from 'vitest';
import { canUseTun, script, spawnInNamespace } from './namespace.ts';
import type { Outcome, Wish } from './serve.ts';
import { hasTshark, malformedPackets } from './tshark.ts';

const LONGEST = 27_000; // ms for one scenario; the longest takes three
const LIFETIME = 300_000; // ms of a child
const EMPTY = 150; // octets: a capture without packets is smaller

export interface Scenes {
  /** Why they cannot be played here, in one line. */
  readonly unavailable: string | undefined;
  /** Plays a scenario; answers what it found. The capture stays when the test fails. */
  play(scenario: string): Promise<unknown>;
}

/** The scenarios that `path`, from the root of the repository, serves. For the top of a test file. */
export function scenesOf(path: string): Scenes {
  const file = path.replace(/^.*\//, '').replace('.script.', '.test.');
  const unavailable = canUseTun();
  if (unavailable !== undefined) console.log(`${file}: skipped, ${unavailable}`);
  const withTshark = hasTshark();
  if (!withTshark) console.log(`${file}: captures are not looked at, there is no tshark`);
  let captures = '';
  let theatre: Theatre | undefined;
  let n = 0;
  let keep = false;
  afterAll(() => {
    theatre?.close();
    if (captures !== '' && !keep) rmSync(captures, { recursive: true });
  });
  return {
    unavailable,
    async play(scenario) {
      if (captures === '') captures = mkdtempSync(join(tmpdir(), 'estab-'));
      const pcap = join(captures, `${(n += 1)}.pcapng`);
      onTestFinished(({ task }) => {
        if (task.result?.state === 'pass') rmSync(pcap, { force: true });
        else if (existsSync(pcap)) {
          keep = true;
          console.log(`${file}: the capture of '${scenario}' is ${pcap}`);
        }
      });
      if (theatre === undefined || theatre.closed) theatre = new Theatre(path);
      const outcome = await theatre.play({ scenario, pcap });
      if ('error' in outcome) throw new Error(outcome.error);
      if (withTshark) {
        expect(malformedPackets(pcap)).toEqual([]);
        expect(statSync(pcap).size).toBeGreaterThan(EMPTY);
      }
      return outcome.findings;
    },
  };
}

/** The child process. */
class Theatre {
  closed = false;
  readonly #child: ChildProcessWithoutNullStreams;
  #said = ''; // on its standard error
  #tell: (outcome: Outcome) => void = () => undefined;

  constructor(path: string) {
    this.#child = spawnInNamespace(script(path), { timeout: LIFETIME });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.#tell(JSON.parse(line));
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text;
    });
    this.#child.stdin.on('error', () => undefined); // 'close' says it
    this.#child.on('close', (status, signal) => {
      this.closed = true;
      this.#tell({ error: `the scenario ended with ${signal ?? status}\n${this.#said}` });
    });
  }

  play(wish: Wish): Promise<Outcome> {
    return new Promise((resolve) => {
      const late = setTimeout(() => this.#child.kill('SIGKILL'), LONGEST);
      this.#tell = (outcome) => {
        clearTimeout(late);
        resolve(outcome);
      };
      this.#child.stdin.write(`${JSON.stringify(wish)}\n`);
    });
  }

  close(): void {
    this.#child.stdin.end();
  }
}

/** Lines of a figure, their columns apart as they like. */
export function figure({ raw }: TemplateStringsArray): string[] {
  return (raw[0] ?? '')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().replace(/\s+/g, ' '))
    .filter((line) => line !== '');
}
