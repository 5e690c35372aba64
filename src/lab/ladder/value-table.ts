/** The names of a ladder and what they stand for: `Z`, `Z+1`, `=name`. */
import type { Ladder, Value } from './ast.ts';

export class ValueTable {
  readonly #values = new Map<string, number>();
  readonly #cookies = new Map<string, string>();

  constructor(ladder: Ladder) {
    for (const { name, value } of ladder.lets) this.#values.set(name, value);
  }

  /** The number a value stands for; undefined while its name stands for none. */
  resolve(value: Value): number | undefined {
    switch (value.kind) {
      case 'number':
        return value.value;
      case 'name': {
        const known = this.#values.get(value.name);
        return known === undefined ? undefined : known + value.plus;
      }
      case 'bind':
        return undefined;
    }
  }

  /** The octets that the name of a cookie stands for, in hexadecimal. */
  cookie(name: string): string | undefined {
    return this.#cookies.get(name);
  }

  bindCookie(name: string, hex: string): void {
    this.#cookies.set(name, hex);
  }

  /** Lets a name that stands for nothing yet stand for what is there now. */
  bind(value: Value, actual: number): void {
    if (value.kind === 'bind') this.#values.set(value.name, actual);
    if (value.kind === 'name' && !this.#values.has(value.name)) {
      this.#values.set(value.name, actual - value.plus);
    }
  }
}
