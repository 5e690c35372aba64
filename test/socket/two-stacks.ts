/** Two stacks on a cable in memory, and what tests do with sockets over and over. */
import { pair, type PairLink, type PairOptions } from '../../src/link/pair.ts';
import type { Socket } from '../../src/socket/socket.ts';
import { Stack, type StackOptions } from '../../src/socket/stack.ts';

export interface TwoStacks {
  readonly client: Stack;
  readonly server: Stack;
  readonly links: readonly [PairLink, PairLink];
  close(): Promise<void>;
}

export const CLIENT = '10.0.0.1';
export const SERVER = '10.0.0.2';

export function twoStacks(options: StackOptions = {}, cable: PairOptions = {}): TwoStacks {
  const links = pair(cable);
  const stack = (name: string, link: PairLink, addresses: string[]): Stack =>
    new Stack({ name, interfaces: [{ link, addresses }], ...options });
  const client = stack('client', links[0], [`${CLIENT}/24`, 'fd00::1/64']);
  const server = stack('server', links[1], [`${SERVER}/24`, 'fd00::2/64']);
  const close = async (): Promise<void> => {
    await Promise.all([client.close(), server.close()]);
  };
  return { client, server, links, close };
}

export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
export const octetsOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Everything up to the end. */
export async function readAll(readable: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of readable) text += decoder.decode(chunk, { stream: true });
  return text;
}

export async function write(socket: Socket, text: string): Promise<void> {
  const writer = socket.writable.getWriter();
  await writer.write(octetsOf(text));
  writer.releaseLock();
}

/** The code of what `promise` is rejected with, or `resolved`. */
export async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
  return 'resolved';
}
