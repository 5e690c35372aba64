/** iperf3, the program itself, against an estab server: as much arrives as was sent, both ways. */
import { describe, expect, test } from 'vitest';
import { playing } from './playing.ts';

const play = playing('test/real/iperf3.script.ts', ['iperf3']);
const WISH = 24 * 1024 * 1024; // octets

interface Moved {
  readonly sent: number;
  readonly received: number;
  readonly here: number;
}

describe.skipIf(play.unavailable !== undefined)('iperf3', () => {
  test.each(['to estab', 'to estab, IPv6, three at once'])('%s', async (scenario) => {
    const { sent, received, here } = (await play.found(scenario)) as Moved;
    expect(sent).toBeGreaterThanOrEqual(WISH);
    expect(here).toBe(sent);
    expect(received).toBeGreaterThan(0); // what had come when the client was done
    expect(received).toBeLessThanOrEqual(sent);
  });

  test.each(['from estab', 'from estab, IPv6'])('%s', async (scenario) => {
    const { received, here } = (await play.found(scenario)) as Moved;
    expect(received).toBeGreaterThanOrEqual(WISH);
    expect(here).toBeGreaterThanOrEqual(received); // it stops reading when it has enough
  });
});
