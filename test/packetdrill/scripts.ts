/** Scripts of this folder, and those of the Debian package with the kernel's source, if it is installed. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Carrier, ScriptOutcome } from '../../src/lab/packetdrill/result.ts';
import { playScript, type PlayOptions } from '../../src/lab/packetdrill/play.ts';
import { renderOutcome } from '../../src/lab/packetdrill/render.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

/** Our own, by name. */
export const OWN: readonly string[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.pkt'))
  .sort();

export function play(
  name: string,
  carrier: Carrier,
  options: Partial<PlayOptions> = {},
): ScriptOutcome {
  return playScript(readFileSync(`${FOLDER}${name}`, 'utf8'), name, { carrier, ...options });
}

/** '' for one that passed, or is for the other version of IP. */
export const complaint = (outcome: ScriptOutcome): string =>
  outcome.status === 'passed' || outcome.status === 'other-family' ? '' : renderOutcome(outcome);
