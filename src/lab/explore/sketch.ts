/**
 * How many different states several shards saw together: HyperLogLog (Flajolet et al., 2007) of 2048
 * registers, within 2.3 % two times out of three. A few octets that can be merged, where sets cannot.
 */

const REGISTERS = 2048;
const INDEX_BITS = 11;
const ALPHA = 0.7213 / (1 + 1.079 / REGISTERS);
const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFG';

export class Sketch {
  readonly #ranks = new Uint8Array(REGISTERS);

  /** A hash from 1 to 2^53 - 1. */
  add(hash: number): void {
    const at = hash % REGISTERS;
    const rest = Math.floor(hash / REGISTERS); // 42 bits
    const high = Math.floor(rest / 2 ** 21);
    const rank = 1 + (high > 0 ? Math.clz32(high) - INDEX_BITS : 21 + zeros(rest % 2 ** 21));
    if (rank > this.#ranks[at]!) this.#ranks[at] = rank;
  }

  merge(other: Sketch): void {
    for (let i = 0; i < REGISTERS; i++) {
      this.#ranks[i] = Math.max(this.#ranks[i]!, other.#ranks[i]!);
    }
  }

  get estimate(): number {
    let sum = 0;
    let empty = 0;
    for (const rank of this.#ranks) {
      sum += 2 ** -rank;
      if (rank === 0) empty++;
    }
    const raw = (ALPHA * REGISTERS * REGISTERS) / sum;
    const few = raw <= 2.5 * REGISTERS && empty > 0;
    return Math.round(few ? REGISTERS * Math.log(REGISTERS / empty) : raw);
  }

  /** A character for each register. */
  toString(): string {
    return Array.from(this.#ranks, (rank) => DIGITS[rank] ?? '0').join('');
  }

  /** Undefined: that is no sketch. */
  static parse(text: string): Sketch | undefined {
    if (text.length !== REGISTERS) return undefined;
    const sketch = new Sketch();
    for (let i = 0; i < REGISTERS; i++) {
      const rank = DIGITS.indexOf(text[i] ?? '');
      if (rank < 0) return undefined;
      sketch.#ranks[i] = rank;
    }
    return sketch;
  }
}

/** Leading zeros of 21 bits. */
const zeros = (bits: number): number => Math.clz32(bits) - INDEX_BITS;
