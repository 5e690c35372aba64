/** What dgram's send() takes for a message: text, octets in any view, or a list of them. */
import { rangeError, wrongType } from './dgram-errors.ts';

export type Message =
  string | NodeJS.ArrayBufferView | readonly (string | NodeJS.ArrayBufferView)[];

const EXPECTED = 'of type string or an instance of Buffer, TypedArray, or DataView';

/** The octets [offset, offset + length) of the message. */
export function sliced(message: unknown, offset: unknown, length: unknown): Buffer {
  const octets = typeof message === 'string' ? Buffer.from(message) : message;
  if (!ArrayBuffer.isView(octets)) throw wrongType('buffer', EXPECTED, octets);
  const start = Number(offset) >>> 0;
  const size = Number(length) >>> 0;
  if (start > octets.byteLength) throw outside('offset');
  if (start + size > octets.byteLength) throw outside('length');
  return Buffer.from(octets.buffer, octets.byteOffset + start, size);
}

/** The message as buffers, at least one. */
export function bufferList(message: unknown): Buffer[] {
  if (!Array.isArray(message)) {
    const one = bufferOf(message);
    if (one === undefined) throw wrongType('buffer', EXPECTED, message);
    return [one];
  }
  const list: readonly unknown[] = message;
  const buffers = list.flatMap((part) => bufferOf(part) ?? []);
  if (buffers.length < list.length) throw wrongType('buffer list arguments', EXPECTED, message);
  return buffers.length === 0 ? [Buffer.alloc(0)] : buffers;
}

function bufferOf(part: unknown): Buffer | undefined {
  if (typeof part === 'string') return Buffer.from(part);
  if (!ArrayBuffer.isView(part)) return undefined;
  return Buffer.from(part.buffer, part.byteOffset, part.byteLength);
}

function outside(what: string): Error {
  return rangeError('ERR_BUFFER_OUT_OF_BOUNDS', `"${what}" is outside of buffer bounds`);
}
