/**
 * Tests with the programs that people run, on the kernel or as its neighbours: a script plays its
 * scenarios in a network namespace, one after another, and says in a line of JSON what each found.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll } from 'vitest';
import { canUseTun, script, spawnInNamespace } from '../kernel/namespace.ts';

const LIFETIME = 120_000; // ms of a script
const PATIENCE = 5000; // ms that a script has to end

export interface Playing {
  /** Why nothing can be played here, in one line. */
  readonly unavailable: string | undefined;
  /** What the scenario found; they are played in the order of the script, all once. */
  found(scenario: string): Promise<unknown>;
}

type Said = { readonly scenario: string } & (
  { readonly findings: unknown } | { readonly error: string }
);

/**
 * `path` from the root of the repository; `programs` are looked for in the path and in sbin; `root`
 * says that the script becomes other users.
 */
export function playing(
  path: string,
  programs: readonly string[] = [],
  { root = false }: { readonly root?: boolean } = {},
): Playing {
  const file = path.replace(/^.*\//, '').replace('.script.', '.test.');
  const missing = programs.filter((program) => !isThere(program));
  const unavailable =
    canUseTun() ??
    (missing.length > 0 ? `there is no ${missing.join(', no ')}` : undefined) ??
    (root && process.getuid?.() !== 0 ? 'it needs root' : undefined);
  if (unavailable !== undefined) console.log(`${file}: skipped, ${unavailable}`);
  let play: Play | undefined;
  afterAll(() => play?.end());
  return {
    unavailable,
    async found(scenario) {
      play ??= new Play(path);
      const said = await play.said(scenario);
      if ('error' in said) throw new Error(said.error);
      return said.findings;
    },
  };
}

/** Debian keeps servers in sbin, which is not in everybody's path. */
export function isThere(program: string): boolean {
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
  return spawnSync('sh', ['-c', 'command -v "$0"', program], { env }).status === 0;
}

class Play {
  readonly #child;
  readonly #said = new Map<string, Said>();
  readonly #asked = new Map<string, (said: Said) => void>();
  #errors = '';
  #over: string | undefined = undefined;

  constructor(path: string) {
    const env = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
    this.#child = spawnInNamespace(script(path), { timeout: LIFETIME, env });
    this.#child.stdin.end();
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      if (!line.startsWith('{"scenario":')) {
        this.#errors += `${line}\n`;
        return;
      }
      const said: Said = JSON.parse(line);
      this.#said.set(said.scenario, said);
      this.#asked.get(said.scenario)?.(said);
    });
    this.#child.on('close', (status, signal) => {
      this.#over = `the script ended (${signal ?? status}) and did not play it\n${this.#errors}`;
      for (const [scenario, tell] of this.#asked) {
        tell(this.#said.get(scenario) ?? { scenario, error: this.#over });
      }
    });
  }

  said(scenario: string): Promise<Said> {
    const said = this.#said.get(scenario);
    if (said !== undefined) return Promise.resolve(said);
    if (this.#over !== undefined) return Promise.resolve({ scenario, error: this.#over });
    return new Promise((resolve) => this.#asked.set(scenario, resolve));
  }

  /** Lets the script tidy up; the signal finds it gone if it has played all. */
  async end(): Promise<void> {
    if (this.#over !== undefined) return;
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGTERM');
    const patience = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE);
    await closed;
    clearTimeout(patience);
  }
}
