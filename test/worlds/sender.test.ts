import { describe, expect, test } from 'vitest';
import { Transfer, type TransferOptions } from '../../src/lab/transfer.ts';
import type { TcpDefaults } from '../../src/tcp/options.ts';

const OCTETS = 200 * 1024;

function run(tcp: Partial<TcpDefaults>, more: Partial<TransferOptions>): Transfer {
  const toA = { delay: 20 };
  const transfer = new Transfer({ octets: OCTETS, toB: { delay: 20 }, toA, tcp, ...more });
  transfer.run();
  return transfer;
}

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

describe('the sender over a bad path', () => {
  test('5 % reordered by less than min_RTT / 4: RACK sends little again', () => {
    const toB = { delay: 2, rate: 50_000_000, queue: 200, reorder: 0.05 }; // within min_RTT / 4
    const toA = { delay: 38 };
    let again = 0;
    let segments = 0;
    for (const seed of SEEDS) {
      const { flows } = run({ profile: 'linux' }, { toB, toA, seed });
      expect(flows[0]).toMatchObject({ received: OCTETS, intact: true });
      const { totalRetrans, segsOut } = flows[0]!.client.info(0);
      again += totalRetrans;
      segments += segsOut;
    }
    expect(again).toBeLessThan(segments * 0.02);
  });

  const LOSSY = { delay: 5, loss: 0.02, corrupt: 0.01, duplicate: 0.02 };
  const PROFILES = ['linux', 'freebsd', 'rfc'] as const;
  describe.each(['new-reno', 'sack', 'rack'] as const)('%s', (recovery) => {
    test.each(['reno', 'cubic', 'bbr'] as const)(
      '%s delivers each octet, loss, corruption, duplicates',
      { timeout: 120_000 },
      (congestionControl) => {
        for (const profile of PROFILES) {
          const sack = recovery !== 'new-reno';
          for (let seed = 1; seed <= 20; seed++) {
            const tcp = { profile, recovery, sack, congestionControl } as const;
            const { flows } = run(tcp, { toB: LOSSY, toA: LOSSY, seed });
            const { received, intact } = flows[0]!;
            expect({ profile, seed, received, intact }).toEqual({
              profile,
              seed,
              received: OCTETS,
              intact: true,
            });
          }
        }
      },
    );
  });
});
