/** What happened in a small world, told while it happens: for ladders. */
import type { State } from '../../tcp/state.ts';
import { printSegment } from '../../wire/print.ts';
import type { Flight } from './flights.ts';
import type { Party } from './party.ts';
import type { UserCall } from './plan.ts';

export type Entry =
  | { readonly kind: 'call'; readonly end: 0 | 1; readonly call: UserCall; state: State }
  | { readonly kind: 'timer'; readonly end: 0 | 1; because: string; state: State }
  | {
      readonly kind: 'departs' | 'arrives' | 'again' | 'lost';
      readonly end: 0 | 1; // of the one whose state it is
      readonly id: number;
      readonly segment: string;
      read: number; // octets taken on arrival
      state: State;
    };

export class Journal {
  readonly entries: Entry[] = [];
  readonly #options: boolean;

  /** `options`: segments are printed with theirs. */
  constructor(options: boolean) {
    this.#options = options;
  }

  calls({ end, tcb }: Party, call: UserCall): void {
    this.entries.push({ kind: 'call', end, call, state: tcb.state });
  }

  timer({ end, tcb }: Party): void {
    this.entries.push({ kind: 'timer', end, because: '', state: tcb.state });
  }

  departs(party: Party, flight: Flight): void {
    this.settled(party);
    this.#segment('departs', party.end, flight, party.tcb.state);
  }

  arrives({ end, tcb }: Party, flight: Flight, again: boolean): void {
    this.#segment(again ? 'again' : 'arrives', end, flight, tcb.state);
  }

  lost(flight: Flight): void {
    this.#segment('lost', flight.from === 0 ? 1 : 0, flight, 'CLOSED');
  }

  /** The last event at this end is over. */
  settled({ end, tcb }: Party): void {
    const last = this.#lastEvent(end);
    if (last === undefined) return;
    if (last.kind === 'timer') last.because = tcb.because;
    last.state = tcb.state;
  }

  reads({ end }: Party, octets: number): void {
    if (octets === 0) return;
    const last = this.#lastEvent(end);
    if (last !== undefined && (last.kind === 'arrives' || last.kind === 'again')) {
      last.read += octets;
    } else {
      this.entries.push({ kind: 'call', end, call: `receive ${octets}`, state: 'CLOSED' });
    }
  }

  #lastEvent(end: 0 | 1): Entry | undefined {
    for (let i = this.entries.length - 1; i >= 0; i--) {
      const entry = this.entries[i]!;
      if (entry.kind !== 'departs') return entry.end === end ? entry : undefined;
    }
    return undefined;
  }

  #segment(
    kind: 'departs' | 'arrives' | 'again' | 'lost',
    end: 0 | 1,
    flight: Flight,
    state: State,
  ): void {
    const segment = printSegment(flight.seg, { options: this.#options, wnd: this.#options });
    this.entries.push({ kind, end, id: flight.id, segment, read: 0, state });
  }
}
