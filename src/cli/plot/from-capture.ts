/**
 * Flows out of a capture: both directions of each connection, from headers alone, as tcptrace does it.
 * What the sender thought (cwnd, RTO) no capture tells; round trips are those that the capture saw.
 */
import type { CapturedPacket } from '../../pcap/read-pcapng.ts';
import { Flow, Unwrapped } from './flow.ts';
import { readHeaders, type Headers } from './headers.ts';

const MOST_CONNECTIONS = 10_000;

export function flowsOfCapture(packets: readonly CapturedPacket[]): Flow[] {
  const directions = new Map<string, Direction>();
  let began: number | undefined;
  for (const packet of packets) {
    const headers = readHeaders(packet);
    if (headers === undefined) continue;
    began ??= packet.timeMs;
    const { from, to } = headers;
    const place = packet.from.name === '' ? '' : `${packet.from.name}: `;
    const ours = directionFor(directions, `${place}${from} to ${to}`);
    const theirs = directionFor(directions, `${place}${to} to ${from}`);
    if (ours === undefined || theirs === undefined) continue;
    ours.sent(packet.timeMs - began, headers);
    theirs.received(packet.timeMs - began, headers, ours.shift);
  }
  return [...directions.values()].map(({ flow }) => flow).filter(({ octets }) => octets > 0);
}

function directionFor(all: Map<string, Direction>, title: string): Direction | undefined {
  const known = all.get(title);
  if (known !== undefined || all.size >= 2 * MOST_CONNECTIONS) return known;
  const made = new Direction(title);
  all.set(title, made);
  return made;
}

class Direction {
  readonly flow: Flow;
  /** Of the windows that this side offers: RFC 7323 §2.2; -1 while its SYN was not seen. */
  shift = -1;
  readonly #sequence: Unwrapped = new Unwrapped();
  readonly #unmeasured: { end: number; t: number }[] = []; // sent once
  #next = -Infinity; // one past the highest sent
  #acked = -Infinity;
  #measured = 0; // index into #unmeasured

  constructor(title: string) {
    this.flow = new Flow(title);
  }

  sent(t: number, { seq, length, syn, text, wscale }: Headers): void {
    if (syn) this.shift = Math.max(0, wscale);
    if (length === 0) return;
    this.flow.saw(t);
    this.flow.octets += text;
    const start = this.#sequence.at(seq);
    const end = start + length;
    const again = start < this.#next;
    this.flow[again ? 'again' : 'sent'].push({ t, start, end });
    if (again)
      this.#unmeasured.length = this.#measured; // Karn: what it acknowledges is not known
    else this.#unmeasured.push({ end, t });
    this.#next = Math.max(this.#next, end);
    this.#inFlight(t);
  }

  received(t: number, { ack, window, syn, rst, sack }: Headers, shift: number): void {
    if (ack === undefined || rst || this.#next === -Infinity) return;
    const { flow } = this;
    flow.saw(t);
    const value = this.#sequence.at(ack);
    this.#acked = Math.max(this.#acked, value);
    flow.acks.push({ t, value });
    flow.windows.push({ t, value: value + window * 2 ** (syn ? 0 : Math.max(0, shift)) });
    this.#measure(t, value);
    const blocks = sack.map(([left, right]) => ({
      t,
      start: this.#sequence.at(left),
      end: this.#sequence.at(right),
    }));
    blocks.forEach((block, i) => {
      const outer = blocks[1];
      const inside = outer !== undefined && outer.start <= block.start && block.end <= outer.end;
      const dsack = i === 0 && (block.end <= value || inside); // RFC 2883 §4
      flow[dsack ? 'dsacked' : 'sacked'].push(block);
    });
    this.#inFlight(t);
  }

  #inFlight(t: number): void {
    if (this.#acked === -Infinity) return;
    this.flow.pipe.push({ t, value: Math.max(0, this.#next - this.#acked) });
  }

  #measure(t: number, ack: number): void {
    const waiting = this.#unmeasured;
    let newest: { end: number; t: number } | undefined;
    for (; this.#measured < waiting.length; this.#measured++) {
      const one = waiting[this.#measured];
      if (one === undefined || one.end > ack) break;
      newest = one;
    }
    if (newest !== undefined) this.flow.samples.push({ t, value: t - newest.t });
  }
}
