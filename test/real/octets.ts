/** What is sent in these tests, how it is told from other octets, and how it is read. */
import { createHash } from 'node:crypto';

export const MEGABYTE: number = 1024 * 1024; // octets

/** No two parts of it that TCP could mix up are alike. */
export function sample(length: number): Buffer {
  const octets = Buffer.alloc(length);
  for (let i = 0; i < length; i++) octets[i] = i * 7 + (i >> 9);
  return octets;
}

export function digest(octets: Uint8Array | string): string {
  return createHash('sha256').update(octets).digest('hex');
}

/** All of it, to its end. */
export async function read(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
