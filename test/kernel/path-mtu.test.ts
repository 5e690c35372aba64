/** Fragments, and a path of 1,300 octets through the Linux kernel, which says so or does not. */
import { describe, expect, test } from 'vitest';
import { canUseTun, runInNamespace, script } from './namespace.ts';

const unavailable = canUseTun();
if (unavailable !== undefined) console.log(`path-mtu.test.ts: skipped, ${unavailable}`);

function play(scenario: string): unknown {
  const { stdout, stderr, status } = runInNamespace(
    script('test/kernel/path-mtu.script.ts', scenario),
    { timeout: 50_000 },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

const TIMESTAMPS = 12; // octets

/** What RFC 4821 finds is within 8 octets of what the path takes. */
const between = (least: number, most: number): unknown =>
  expect.toSatisfy((mss: number) => mss >= least && mss <= most);

describe.skipIf(unavailable !== undefined)('with the kernel', () => {
  test.each(['ping 4000', 'ping 60000'])(
    '%s: the kernel`s fragments are put together, ours by the kernel',
    (scenario) => {
      expect(play(scenario)).toEqual({
        received: ['3 received', '3 received'],
        reassembled: 6,
        fragmented: 6,
      });
    },
    60_000,
  );

  test('UDP datagrams of 5,000 octets get through 1,300, both ways and families', () => {
    expect(play('datagrams')).toEqual({ got: [5000, 5000], lowered: 1 });
  }, 60_000);

  test('its "too big" errors are believed (RFC 1191, RFC 8201)', () => {
    expect(play('polite')).toMatchObject([
      { equal: true, mss: 1260 - TIMESTAMPS, lowered: 1, hidden: false },
      { equal: true, mss: 1240 - TIMESTAMPS, lowered: 2, hidden: false },
    ]);
  }, 60_000);

  test.each(['silent', 'silent, always'])(
    '%s: without them a transfer gets through, and the size is found (RFC 4821)',
    (scenario) => {
      const results = play(scenario);
      expect(results).toMatchObject([
        { equal: true, lowered: 0, hidden: true, mss: between(1238, 1248) },
        { equal: true, lowered: 0, hidden: true, mss: between(1218, 1228) },
      ]);
    },
    60_000,
  );
});
