/**
 * fast-check with a seed that stays the same, so that what passed once passes again. `ESTAB_SEED=random npm
 * test` looks for what nobody has met; a failure prints its seed, and `ESTAB_SEED=N` plays it again.
 */
import fc from 'fast-check';

const SEED = 9293;

const wish = process.env['ESTAB_SEED'] ?? `${SEED}`;
const seed = wish === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(wish);
if (wish === '' || !Number.isInteger(seed)) {
  throw new RangeError(`ESTAB_SEED is '${wish}': give an integer, or 'random'`);
}
fc.configureGlobal({ seed });

export { fc };
