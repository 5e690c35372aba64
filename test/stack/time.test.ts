import { expect, test } from 'vitest';
import { Host } from '../../src/stack/host.ts';
import { parseCidr } from '../../src/wire/address.ts';

test('timeout(Infinity) with nothing that waits does nothing', () => {
  const address = parseCidr('10.0.0.1/24');
  if (address === undefined) throw new Error('no address');
  const host = new Host({ name: 'a', addresses: [address], secret: new Uint8Array(16) });
  expect(host.nextTimeout()).toBe(Infinity);
  host.timeout(Infinity);
  expect(host.sockets()).toEqual([]);
});
