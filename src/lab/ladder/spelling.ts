/** Which known word was meant: for "did you mean", and for the states in Markdown tables. */
import { STATE_NAMES, type StateName } from './ast.ts';

/** The state spelled exactly so. */
export const stateNamed = (word: string): StateName | undefined =>
  STATE_NAMES.find((name) => name === word);

/** The state that is nearest to `word`: `SYN_SENT`, `ESTABLISED`, `established`. */
export function nearestState(word: string): StateName | undefined {
  const tidy = word.replaceAll(/[_\s]+/g, '-').toUpperCase();
  return stateNamed(tidy) ?? stateNamed(nearest(tidy, STATE_NAMES) ?? '');
}

/** The name at the smallest edit distance, at most 2 and less than half of the word. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const most = Math.min(2, Math.floor((word.length - 1) / 2));
  let best: string | undefined;
  let least = most + 1;
  for (const name of names) {
    if (Math.abs(name.length - word.length) >= least) continue;
    const distance = editDistance(word.toLowerCase(), name.toLowerCase());
    if (distance < least) [best, least] = [name, distance];
  }
  return best;
}

/** `unknown field 'SEK'; did you mean SEQ? Known: SEQ, ACK, …` */
export function unknown(what: string, word: string, names: readonly string[]): string {
  const meant = nearest(word, names);
  const hint = meant === undefined ? 'known' : `did you mean ${meant}? Known`;
  return `unknown ${what} '${word}'; ${hint}: ${names.join(', ')}`;
}

/** Insertions, deletions and substitutions from `a` to `b`. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + same));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
