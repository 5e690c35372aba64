/** Scripts in several processes at once: each is this command again, with some of the files, as JSON. */
import { spawn } from 'node:child_process';
import type { JsonOutcome } from '../../lab/packetdrill/render.ts';
import { EXIT, Failure } from '../failure.ts';

const LEAST = 24; // scripts, for which another process is worth its start
const PARTS = 3; //  of each process, so that progress is seen

/** In how many processes `count` scripts are played; 1: in this one. */
export function processesFor(count: number, jobs: number): number {
  const main = process.argv[1] ?? '';
  const ours = /(?:[/\\]|^)(?:estab|main\.[jt]s)$/.test(main); // and not a test, which has no command
  return ours ? Math.max(1, Math.min(jobs, Math.floor(count / LEAST))) : 1;
}

/** `args` are the options of the verb, for every process. */
export async function playInParallel(
  files: readonly string[],
  args: readonly string[],
  processes: number,
  progress: (played: number) => void,
): Promise<JsonOutcome[]> {
  const size = Math.ceil(files.length / (processes * PARTS));
  const parts = Array.from({ length: Math.ceil(files.length / size) }, (_, i) =>
    files.slice(i * size, (i + 1) * size),
  );
  const outcomes: JsonOutcome[][] = [];
  let next = 0;
  let played = 0;
  const work = async (): Promise<void> => {
    for (let part = next++; part < parts.length; part = next++) {
      const mine = parts[part] ?? [];
      outcomes[part] = await playPart(mine, args);
      progress((played += mine.length));
    }
  };
  await Promise.all(Array.from({ length: processes }, work));
  return outcomes.flat();
}

async function playPart(files: readonly string[], args: readonly string[]): Promise<JsonOutcome[]> {
  const command = [...process.execArgv, process.argv[1] ?? '', 'packetdrill', ...args];
  const child = spawn(process.execPath, [...command, '--json', '--jobs', '1', '--', ...files], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  const outcomes = outcomesIn(out);
  if (outcomes !== undefined) return outcomes;
  const message = said.replace(/^estab packetdrill: /, '').trim();
  throw new Failure(message === '' ? `a worker ended with ${code}` : message, EXIT.misused);
}

function outcomesIn(text: string): JsonOutcome[] | undefined {
  if (!text.startsWith('[')) return undefined;
  const parsed: JsonOutcome[] = JSON.parse(text);
  return parsed;
}
