/** A Stack and the kernel as neighbours on a TUN device, both with addresses of both families. */
import { execFileSync } from 'node:child_process';
import { configureTun } from '../../src/link/node/configure-tun.ts';
import { openTun } from '../../src/link/node/tun.ts';
import { Stack, type StackOptions } from '../../src/socket/stack.ts';

export const OURS = { 4: '10.7.0.2', 6: 'fd07::2' } as const;
export const KERNELS = { 4: '10.7.0.1', 6: 'fd07::1' } as const;

export async function home(options: Omit<StackOptions, 'interfaces'> = {}): Promise<Stack> {
  const link = await openTun({ name: 'home0' });
  await configureTun({ name: 'home0', peerAddress: `${KERNELS[4]}/24` });
  execFileSync('ip', ['address', 'add', `${KERNELS[6]}/64`, 'dev', 'home0', 'nodad']);
  return new Stack({
    ...options,
    interfaces: [{ link, addresses: [`${OURS[4]}/24`, `${OURS[6]}/64`] }],
  });
}
