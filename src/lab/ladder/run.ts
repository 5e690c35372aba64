/**
 * Plays a ladder with live TCPs and says, row by row, what really happened. Nothing moves in the
 * network unless a row moves it; what a row leaves unsaid is inferred as a reader of the RFC's
 * figures does it (docs/ladders.md).
 */
import type { Cell, CellItem, Ladder, Movement, Row, Side } from './ast.ts';
import { explained } from './explain.ts';
import { answersUnasked, cellOf, hasState } from './infer.ts';
import { Moves, type Moved } from './moves.ts';
import { checkState, playItem, splitForSender, type Findings } from './play-cell.ts';
import { cellText, rowTexts } from './print.ts';
import type { Difference, LadderResult, RowResult, RowTexts } from './result.ts';
import { otherSide } from './segment-match.ts';
import { Stage, type StageOptions } from './stage.ts';

export interface RunOptions extends StageOptions {
  /** Finds the ladder that `use:` names. */
  readonly load: (name: string) => Ladder | undefined;
  /** How this run differs from the plain one, for the result; '' for the plain one. */
  readonly variant?: string;
}

export function runLadder(ladder: Ladder, options: RunOptions): LadderResult {
  return new LadderRun(ladder, options).play();
}

class LadderRun {
  readonly #ladder: Ladder;
  readonly #options: RunOptions;
  readonly #stage: Stage;
  readonly #moves: Moves;
  readonly #results: RowResult[] = [];
  readonly #notes: string[] = [];
  readonly #firstRowBecause = new Map<Side, string>();
  #began = 0; //   ms, when the first row is played
  #rowTime = 0; // ms, of the row before

  constructor(ladder: Ladder, options: RunOptions) {
    this.#ladder = ladder;
    this.#options = options;
    this.#stage = new Stage(ladder, options);
    this.#moves = new Moves(this.#stage);
  }

  play(): LadderResult {
    const begins = this.#begin();
    this.#began = this.#rowTime = this.#stage.world.now;
    if (begins) this.#ladder.rows.forEach((row, index) => this.#playRow(row, index));
    const { name, title, cite, requirements, scripted, notes, known } = this.#ladder;
    return {
      name,
      title,
      cite,
      requirements,
      variant: this.#options.variant ?? '',
      family: this.#stage.family,
      scripted,
      ok: begins && this.#results.every((row) => row.ok),
      known,
      rows: this.#results,
      notes: [...notes, ...this.#notes],
    };
  }

  // What comes before the first row. False when it failed.
  #begin(): boolean {
    const { use } = this.#ladder;
    if (use !== undefined) return this.#playPrefixes(use.name);
    const { listens, established } = this.#stage.beginning;
    if (established) return this.#establish() && this.#forgetTold();
    for (const side of ['A', 'B'] as const) {
      if (listens[side]) this.#stage.peer(side)?.call({ name: 'listen' });
      else if (this.#ladder.markdown && answersUnasked(this.#ladder, side)) this.#repair(side);
    }
    return true;
  }

  /** The ladder `name` after the one it begins with itself, and so on. */
  #playPrefixes(name: string): boolean {
    const prefixes: Ladder[] = [];
    for (let next: string | undefined = name; next !== undefined;) {
      const prefix = this.#options.load(next);
      const wrong =
        prefix === undefined
          ? `there is no ladder '${next}' to begin with`
          : prefixes.includes(prefix)
            ? `the ladder '${next}' begins with itself`
            : prefix.scripted !== this.#ladder.scripted
              ? `'peer:' differs between this ladder and '${next}'`
              : undefined;
      if (prefix === undefined || wrong !== undefined) {
        this.#notes.push(wrong ?? '');
        return false;
      }
      prefixes.unshift(prefix);
      next = prefix.use?.name;
    }
    const played = prefixes.every((prefix) => this.#playPrefix(prefix));
    this.#stage.strict = this.#ladder.strict;
    return played && this.#forgetTold();
  }

  /** What the users were told before the first row is not asked for in the rows. */
  #forgetTold(): true {
    for (const side of ['A', 'B'] as const) {
      const peer = this.#stage.peer(side);
      if (peer !== undefined) peer.told = [];
    }
    return true;
  }

  #playPrefix(prefix: Ladder): boolean {
    this.#stage.strict = prefix.strict;
    const first = prefix.use === undefined ? prefix.rows[0] : undefined;
    for (const side of ['A', 'B'] as const) {
      if (first !== undefined && hasState(cellOf(first, side), 'LISTEN')) {
        this.#stage.peer(side)?.call({ name: 'listen' });
      }
    }
    for (const row of prefix.rows) {
      const result = this.#outcome(row, { differences: [], notes: [] });
      if (result.ok) continue;
      this.#results.push(result);
      this.#notes.push(`the prefix '${prefix.name}' did not run as written`);
      return false;
    }
    return true;
  }

  // A handshake that no row shows.
  #establish(): boolean {
    const { A, B } = this.#stage;
    if (B === undefined) {
      this.#notes.push('a ladder with a scripted peer begins with the handshake, or with `use:`');
      return false;
    }
    B.call({ name: 'listen' });
    A.call({ name: 'open' });
    for (let i = 0; i < HANDSHAKE; i++) this.#moves.deliverOldest();
    return A.state === 'ESTABLISHED' && B.state === 'ESTABLISHED';
  }

  // A table says CLOSED where the rest of it needs LISTEN: show what CLOSED does, then listen.
  #repair(side: Side): void {
    const syn = this.#ladder.rows.find(
      ({ movement }) => movement !== undefined && movement.from !== side && movement.arrives,
    )?.movement;
    const reply = syn === undefined ? '' : this.#moves.probe(syn);
    this.#firstRowBecause.set(
      side,
      `§3.10.7.1: CLOSED answers the SYN with ${reply}; to answer with SYN,ACK ${side} must LISTEN`,
    );
    this.#stage.peer(side)?.call({ name: 'listen' });
  }

  #playRow(row: Row, index: number): void {
    const found: Findings = { differences: [], notes: [...row.notes] };
    const before = this.#moves.unshown();
    const result = this.#outcome(row, found);
    this.#results.push(index === 0 ? this.#withFirstRowReasons(result) : result);
    if (index < this.#ladder.rows.length - 1) return;
    // What the last row provokes is beyond the ladder; what came before it needed a row.
    for (const seen of this.#moves.unshown()) {
      if (before.includes(seen)) this.#results.push(this.#moves.extraRow(seen, this.#began));
      else this.#notes.push(`after the last row ${this.#moves.describe(seen)}`);
    }
  }

  #withFirstRowReasons(result: RowResult): RowResult {
    const differences = result.differences.map((difference): Difference => {
      const rule =
        difference.where === 'A' || difference.where === 'B'
          ? this.#firstRowBecause.get(difference.where)
          : undefined;
      return rule === undefined ? difference : { ...difference, ...explained(rule) };
    });
    return { ...result, differences };
  }

  #outcome(row: Row, found: Findings): RowResult {
    this.#reach(row, found);
    if (this.#ladder.scripted !== undefined && row.movement?.scripted !== false) {
      this.#demandSilence(found);
    }
    const time = this.#stage.world.now;
    const played =
      row.movement === undefined ? this.#still(row, found) : this.#moving(row, row.movement, found);
    this.#rowTime = this.#stage.world.now;
    const departure = played.departure ?? time;
    return {
      label: row.label,
      line: row.place.line,
      ok: found.differences.length === 0,
      time: departure - this.#began,
      arrival: played.arrival === undefined ? undefined : played.arrival - this.#began,
      flight: played.flight,
      expected: rowTexts(row),
      actual: played.texts,
      differences: found.differences,
      notes: found.notes,
    };
  }

  /** The time a row asks for. */
  #reach(row: Row, found: Findings): void {
    if (row.at === undefined) return;
    const { world } = this.#stage;
    const target = (row.at.kind === 'absolute' ? this.#began : this.#rowTime) + row.at.ms;
    if (target < world.now) {
      found.differences.push({
        where: 'call',
        expected: `@${target - this.#began}ms`,
        actual: `@${world.now - this.#began}ms`,
        because: 'this much time has passed already',
        section: undefined,
      });
      return;
    }
    world.run(target);
  }

  // Against a script every segment has its row, at its time.
  #demandSilence(found: Findings): void {
    for (const seen of this.#moves.unshown()) {
      this.#moves.forget(seen);
      found.differences.push({
        where: 'segment',
        expected: '',
        actual: this.#moves.describe(seen),
        ...explained(this.#stage.A.because),
      });
    }
  }

  // A row without a segment: both cells, in step where time passes.
  #still(row: Row, found: Findings): Played {
    const left = phases(row.left);
    const right = phases(row.right);
    const shown: { A: CellItem[]; B: CellItem[] } = { A: [], B: [] };
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
      for (const [side, cell] of [
        ['A', left[i]],
        ['B', right[i]],
      ] as const) {
        for (const item of cell ?? []) shown[side].push(this.#item(side, item, found));
      }
      this.#pass([left[i]?.at(-1), right[i]?.at(-1)], found);
    }
    return { texts: texts(row, shown.A, shown.B, '') };
  }

  #item(side: Side, item: CellItem, found: Findings): CellItem {
    return playItem(this.#stage, side, item, found);
  }

  // The longest of what both sides wait for.
  #pass(items: readonly (CellItem | undefined)[], found: Findings): void {
    let ms = 0;
    let silent = false;
    for (const item of items) {
      if (item?.kind === 'pass') {
        ms = Math.max(ms, item.unit === 'MSL' ? item.amount * this.#stage.msl : item.amount);
      } else if (item?.kind === 'silence') {
        ms = Math.max(ms, item.ms);
        silent = true;
      }
    }
    if (ms === 0) return;
    const before = this.#moves.unshown();
    this.#stage.world.advance(ms);
    if (!silent) return;
    for (const seen of this.#moves.unshown()) {
      if (before.includes(seen)) continue;
      this.#moves.forget(seen);
      found.differences.push({
        where: 'segment',
        expected: 'silence',
        actual: this.#moves.describe(seen),
        ...explained(this.#stage.peer(seen.side)?.because ?? ''),
      });
    }
  }

  #moving(row: Row, movement: Movement, found: Findings): Played {
    const { from } = movement;
    const to = otherSide(from);
    const sender = splitForSender(cellOf(row, from));
    const shown: { A: CellItem[]; B: CellItem[] } = { A: [], B: [] };
    for (const item of sender.before) {
      shown[from].push(this.#item(from, item, found));
      this.#pass([item], found);
    }
    const moved = this.#moves.move(row, movement, this.#timed(row), found);
    const { early } = moved;
    for (const item of sender.after) {
      const then = early !== undefined && item.kind === 'state' && !sender.before.some(isCall);
      shown[from].push(
        then ? checkState({ side: from, ...early }, item, found) : this.#item(from, item, found),
      );
    }
    this.#noteEarly(moved, found);
    for (const item of cellOf(row, to)) {
      shown[to].push(this.#item(to, item, found));
      this.#pass([item], found);
    }
    return {
      departure: moved.departure,
      arrival: moved.arrival,
      flight: moved.flight,
      texts: texts(row, shown.A, shown.B, moved.segment),
    };
  }

  // Rows stand in the order of arrival, so that times may go back: not without a word.
  #noteEarly({ early, departure = 0 }: Moved, found: Findings): void {
    if (early === undefined) return;
    const later = this.#results.find(({ time }) => this.#began + time > departure);
    if (later === undefined) return;
    const { label, line } = later;
    found.notes.push(`left before ${label === undefined ? `line ${line}` : `row ${label}`}`);
  }

  /** When a segment of this row must have left: a row with a time is exact about it. */
  #timed(row: Row): number | undefined {
    return row.at === undefined ? undefined : this.#stage.world.now;
  }
}

const HANDSHAKE = 3; // segments

interface Played {
  readonly departure?: number | undefined;
  readonly arrival?: number | undefined;
  readonly flight?: number | undefined;
  readonly texts: RowTexts;
}

const isCall = ({ kind }: CellItem): boolean => kind === 'call';

function texts(row: Row, left: Cell, right: Cell, segment: string): RowTexts {
  const { passage } = rowTexts(row);
  return { left: cellText(left), passage, segment, right: cellText(right) };
}

/** A cell in parts, each but the last ending where time passes. */
function phases(cell: Cell): Cell[] {
  const parts: CellItem[][] = [[]];
  for (const item of cell) {
    parts.at(-1)!.push(item);
    if (item.kind === 'pass' || item.kind === 'silence') parts.push([]);
  }
  return parts;
}
