/** The other half of playing.ts: what a script in the namespace does with its scenarios. */

/** Plays all, one after another, and ends the process. */
export async function plays(
  scenarios: Readonly<Record<string, () => Promise<unknown>>>,
): Promise<void> {
  process.on('SIGTERM', () => process.exit()); // enough has been played
  for (const [scenario, play] of Object.entries(scenarios)) {
    const said = await play().then(
      (findings) => ({ scenario, findings: findings ?? null }),
      (error: unknown) => ({ scenario, error: inWords(error) }),
    );
    process.stdout.write(`${JSON.stringify(said)}\n`);
  }
  process.exit(0);
}

const inWords = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
