import { describe, expect, test } from 'vitest';
import { HappyEyeballs, interleaved } from '../../src/socket/happy-eyeballs.ts';
import { parseAddress, printAddress, type IpAddress } from '../../src/wire/address.ts';

const addresses = (...texts: string[]): IpAddress[] => texts.map((text) => parseAddress(text)!);
const text = (address: IpAddress | undefined): string | undefined =>
  address && printAddress(address);

describe('happy eyeballs (RFC 8305)', () => {
  test('the families take turns, beginning with the preferred one (§4)', () => {
    const given = addresses('fd00::1', 'fd00::2', 'fd00::3', '10.0.0.1', '10.0.0.2');
    expect(interleaved(given).map(printAddress)).toEqual([
      'fd00::1',
      '10.0.0.1',
      'fd00::2',
      '10.0.0.2',
      'fd00::3',
    ]);
    expect(interleaved(addresses('10.0.0.1', 'fd00::1')).map(printAddress)).toEqual([
      '10.0.0.1',
      'fd00::1',
    ]);
    expect(interleaved([])).toEqual([]);
  });

  test('an attempt begins 250 ms after the one before (§5), at once when that failed', () => {
    const eyes = new HappyEyeballs(addresses('fd00::1', 'fd00::2', '10.0.0.1'));
    expect(text(eyes.next(1000))).toBe('fd00::1');
    expect(eyes.next(1000)).toBeUndefined();
    expect(eyes.nextTimeout()).toBe(1250);
    expect(eyes.next(1249)).toBeUndefined();
    expect(text(eyes.next(1250))).toBe('10.0.0.1');
    eyes.failed();
    expect(eyes.nextTimeout()).toBe(-Infinity);
    expect(text(eyes.next(1251))).toBe('fd00::2');
    expect([eyes.exhausted, eyes.nextTimeout(), eyes.next(9999)]).toEqual([
      true,
      Infinity,
      undefined,
    ]);
  });

  test('nothing to try', () => {
    const eyes = new HappyEyeballs([]);
    expect([eyes.exhausted, eyes.next(0), eyes.nextTimeout()]).toEqual([true, undefined, Infinity]);
  });
});
