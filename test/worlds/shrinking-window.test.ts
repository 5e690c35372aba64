/**
 * A receiver that takes back the window it gave: RFC 9293 §3.8.6, MUST-34, MUST-35, SHLD-14 to SHLD-17.
 * Our own never does, so the test is the receiver; all must arrive in the end.
 */
import { expect, test } from 'vitest';
import { ACK, FIN } from '../../src/wire/segment.ts';
import { tcp } from '../security/forge.ts';
import { printed, reach } from '../security/target.ts';
import type { Seen } from '../stack/two-hosts.ts';
import { Random } from './random.ts';
import { octetOf } from './user.ts';

const SEEDS = 60;
const TEXT = 10_000; // octets
const MOST_ROUNDS = 20_000;

/** Takes what its window allows, of what it gets, and says so with a window of another size. */
class Receiver {
  readonly text: number[] = [];
  closed = false;
  #edge: number;
  #window = 65_535;
  readonly #first: number;

  constructor(first: number) {
    this.#first = first;
    this.#edge = first + this.#window;
  }

  get next(): number {
    return this.#first + this.text.length;
  }

  takes({ seg, text }: Seen): void {
    const at = Number(seg.seq) - this.next;
    for (let i = Math.max(0, -at); i < text.length && at <= 0; i++) {
      if (this.next < this.#edge) this.text.push(text[i]!);
    }
    const fin = Number(seg.seq) + text.length;
    if (seg.ctl & FIN && fin === this.next && fin < this.#edge) this.closed = true;
  }

  /** The next window, and where it ends: often left of where the last one ended. */
  shrinks(random: Random): number {
    this.#window = random.pick([0, 0, 1, 10, 500, 1460, 4000, random.int(0, 65_535)]);
    this.#edge = this.next + this.#window;
    return this.#window;
  }
}

/** What the receiver got. */
function play(seed: number, text: Uint8Array): Uint8Array {
  const random = new Random(seed);
  const noDelay = random.chance(0.3);
  const { target, socket, seq, ack } = reach('ESTABLISHED', 4, { tcp: { noDelay } });
  const receiver = new Receiver(ack);
  const lines: string[] = [];
  let given = 0;
  for (let round = 0; !receiver.closed; round++) {
    const { now } = target;
    if (round > MOST_ROUNDS || socket.state === 'CLOSED') {
      throw new Error(`seed ${seed}: ${socket.state}, stuck\n${lines.slice(-40).join('\n')}`);
    }
    if (given < TEXT) given += Number(socket.send(now, text, given, TEXT));
    else if (socket.state === 'ESTABLISHED') socket.close(now);
    for (const seen of target.waits(random.int(0, 3000))) {
      lines.push(`${target.now} ${printed(seen)}`);
      if (random.chance(0.8)) receiver.takes(seen);
    }
    const acked = receiver.next + (receiver.closed ? 1 : 0);
    const wnd = receiver.shrinks(random);
    lines.push(`${target.now} <- ACK=${acked} WND=${wnd}`);
    for (const seen of target.arrives(tcp(target.ends, { seq, ack: acked, ctl: ACK, wnd }))) {
      lines.push(`${target.now} ${printed(seen)}`);
      receiver.takes(seen);
    }
  }
  return Uint8Array.from(receiver.text);
}

test('MUST-34: all arrives at a receiver whose window comes and goes', () => {
  const text = Uint8Array.from({ length: TEXT }, (_, i) => octetOf('A', i));
  for (let seed = 1; seed <= SEEDS; seed++) expect(play(seed, text)).toEqual(text);
});
