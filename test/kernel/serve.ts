/**
 * What a test's child process in the namespace does: plays the scenarios that it is asked for, one
 * line of JSON each way. Its other half is scenes.ts.
 */
import { createInterface } from 'node:readline';
import { openStage, type Stage, type StageOptions } from './stage.ts';

/** Opens the scenario's stage; it is closed when the scenario is over. */
export type Opens = (options?: StageOptions) => Promise<Stage>;
/** Answers what it found, for a test to judge. */
export type Scenario = (opens: Opens) => Promise<unknown>;

export interface Wish {
  readonly scenario: string;
  /** Where the capture goes. */
  readonly pcap: string;
}

export type Outcome = { readonly findings: unknown } | { readonly error: string };

/** Serves until standard input ends. */
export async function serve(scenarios: Readonly<Record<string, Scenario>>): Promise<void> {
  let n = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    const wish: Wish = JSON.parse(line);
    const outcome = await play(scenarios[wish.scenario], (n += 1), wish);
    process.stdout.write(`${JSON.stringify(outcome)}\n`);
  }
}

async function play(scenario: Scenario | undefined, n: number, wish: Wish): Promise<Outcome> {
  if (scenario === undefined) return { error: `there is no scenario '${wish.scenario}'` };
  let stage: Stage | undefined;
  try {
    const findings = await scenario(async (options = {}) => {
      stage = await openStage(n, wish.pcap, options);
      return stage;
    });
    return { findings: findings ?? null };
  } catch (error) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const passed = stage?.figure.tail(MOST_LINES).join('\n') ?? '';
    return { error: `${what}\n${passed}` };
  } finally {
    await stage?.close();
  }
}

const MOST_LINES = 60; // of the figure, in the message of a failure
