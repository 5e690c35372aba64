/** Small packets through links, for tests. */
import type { Link } from '../../src/link/link.ts';

export function send(link: Link, packet: ArrayLike<number>): void {
  const start = link.claim(packet.length);
  link.bytes.set(packet, start);
  link.transmit(start, start + packet.length);
}

/** All that waits at `link`, up to `max`. */
export function receive(link: Link, max: number = 1_000_000): number[][] {
  const packets: number[][] = [];
  link.drain(max, (bytes, _view, start, end) => void packets.push([...bytes.subarray(start, end)]));
  return packets;
}
