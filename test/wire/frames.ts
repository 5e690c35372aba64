/** Octets written by hand, for tests of what an Ethernet carries. */
export { viewOf } from './samples.ts';

/** Hexadecimal digits, white space between them at will. */
export function octets(text: string): Uint8Array {
  const digits = text.replaceAll(/\s/g, '');
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  );
}

export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (octet) => octet.toString(16).padStart(2, '0')).join('');

/** `octets` of zero. */
export const zeros = (count: number): string => '00'.repeat(count);
