/** The clock of everything that runs in Node: never set back, in milliseconds with a fraction. */
import { performance } from 'node:perf_hooks';

/** Milliseconds since the process started; does not decrease. */
export function monotonicMs(): number {
  return performance.now();
}
