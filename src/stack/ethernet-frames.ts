/**
 * Frames of a port's own that wait for the next flush: ARP, neighbour discovery, MLD, DHCP, and the
 * datagrams whose next hop has just become known. Composed in one scratch buffer, payload first and
 * headers leftwards from it; their number is bounded.
 */
import { ETHERNET_HEADER, writeEthernet } from '../wire/ethernet.ts';
import type { MacAddress } from '../wire/mac.ts';
import type { Counters } from './counters.ts';
import type { Outlet } from './outlet.ts';

const MOST_WAITING = 512; // frames: all that can wait for neighbours, and as many of our own
const SCRATCH = 1024; // octets; the largest of our own is a DHCP request

/** Where payloads start in the scratch buffer: Ethernet, IPv6 and a hop-by-hop header fit before. */
export const PAYLOAD_START = 64;

export class EthernetFrames {
  /** To write the payload into, from `PAYLOAD_START` on. */
  readonly view: DataView;
  readonly #scratch: Uint8Array = new Uint8Array(SCRATCH);
  readonly #mac: MacAddress;
  readonly #counters: Counters;
  readonly #waiting: Uint8Array[] = [];

  constructor(mac: MacAddress, counters: Counters) {
    this.view = new DataView(this.#scratch.buffer);
    this.#mac = mac;
    this.#counters = counters;
  }

  get empty(): boolean {
    return this.#waiting.length === 0;
  }

  get scratch(): Uint8Array {
    return this.#scratch;
  }

  /** The payload `view[start..end)` as a frame to that station. */
  add(start: number, end: number, high: number, low: number, type: number): void {
    const from = this.#header(this.view, start, high, low, type);
    this.#push(this.#scratch.slice(from, end));
  }

  /** A packet that has room for the Ethernet header in front. */
  addWaited(packet: Uint8Array, high: number, low: number, type: number): void {
    const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
    this.#header(view, ETHERNET_HEADER, high, low, type);
    this.#push(packet);
  }

  flush(outlet: Outlet): void {
    for (const frame of this.#waiting) {
      const start = outlet.claim(frame.length);
      outlet.bytes.set(frame, start);
      outlet.transmit(start, start + frame.length);
    }
    this.#waiting.length = 0;
  }

  #header(view: DataView, end: number, high: number, low: number, type: number): number {
    return writeEthernet(view, end, high, low, this.#mac.high, this.#mac.low, type);
  }

  #push(frame: Uint8Array): void {
    if (this.#waiting.length < MOST_WAITING) this.#waiting.push(frame);
    else this.#counters['neighbour-frames-full']++;
  }
}
