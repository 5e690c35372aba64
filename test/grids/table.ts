/** Tables of plain text, aligned, with one line for each row: made to be read, and to be compared. */

export class Table {
  readonly #rows: (readonly string[])[] = [];
  readonly #left: number;

  /** The first `left` columns are names, and stand to the left; what follows are figures. */
  constructor(left: number, ...heads: readonly (readonly string[])[]) {
    this.#left = left;
    this.#rows.push(...heads);
  }

  /** None: an empty line. */
  row(...cells: readonly string[]): void {
    this.#rows.push(cells);
  }

  toString(): string {
    const widths: number[] = [];
    for (const row of this.#rows) {
      row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
    }
    const aligned = (cell: string, i: number): string =>
      i < this.#left ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0);
    return this.#rows.map((row) => row.map(aligned).join('  ').trimEnd() + '\n').join('');
  }
}

/** Three digits that count: 0.0123, 1.23, 12.3, 123. */
export function figure(value: number): string {
  if (!(value > 0)) return '0';
  const digits = Math.min(Math.max(2 - Math.floor(Math.log10(value)), 0), 4);
  return value.toFixed(digits);
}

export const percent = (value: number): string => value.toFixed(1);
