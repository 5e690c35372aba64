/** A Stack as the neighbour of this machine on a TUN device: Linux, root. For the examples beside it. */
import { Stack, useStack } from 'estab';
import { configureTun, openTun } from 'estab/link/node';

/** The kernel has 10.9.0.1, the stack 10.9.0.2 and fd00:9::2; it is the default one from now on. */
export async function neighbour(name = 'estab0'): Promise<Stack> {
  const link = await openTun({ name });
  await configureTun({ name: link.name, peerAddress: '10.9.0.1/24' });
  await configureTun({ name: link.name, peerAddress: 'fd00:9::1/64' });
  const stack = new Stack({ interfaces: [{ link, addresses: ['10.9.0.2/24', 'fd00:9::2/64'] }] });
  useStack(stack);
  return stack;
}
