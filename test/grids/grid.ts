/** A golden grid: a text in grids/, and what makes it anew. */
export interface Grid {
  /** grids/NAME.txt. */
  readonly name: string;
  /** How many cells it has, for whoever waits. */
  readonly cells: number;
  /** `long`: longer transfers, for a look at steady state; not what is compared. */
  text(long: boolean, onCell: () => void): string;
}
