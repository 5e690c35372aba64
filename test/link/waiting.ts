/** For links that act at times of their own: waits for what is to come. */
import type { Link } from '../../src/link/link.ts';
import { receive } from './packets.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Resolves when `condition` holds; the harness ends a test that waits in vain. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

/** The next `count` packets of a link. */
export async function next(link: Link, count: number): Promise<number[][]> {
  const packets: number[][] = [];
  await until(() => {
    packets.push(...receive(link, count - packets.length));
    return packets.length === count;
  });
  return packets;
}
