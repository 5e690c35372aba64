import { describe, expect, test } from 'vitest';
import { InterfaceAddress, type AddressState } from '../../src/stack/interface-address.ts';
import { selectSource, sortDestinations } from '../../src/stack/source-selection.ts';
import { parseCidr, printAddress } from '../../src/wire/address.ts';
import { address } from './two-hosts.ts';

/** `2001:db8::1/64`, or `2001:db8::1/64 deprecated`. */
function entry(text: string): InterfaceAddress {
  const [cidr = '', state = 'preferred'] = text.split(' ');
  const whole = parseCidr(cidr.includes('/') ? cidr : `${cidr}/${cidr.includes(':') ? 64 : 24}`)!;
  return new InterfaceAddress(whole, 'manual', state as AddressState, Infinity, Infinity);
}

const chosen = (remote: string, ...candidates: string[]): string | undefined => {
  const best = selectSource(address(remote), candidates.map(entry));
  return best && printAddress(best.cidr.address);
};

describe('source addresses: after the examples of RFC 6724 §10.1', () => {
  test.each([
    // destination, candidates, result
    ['2001:db8:1::1', ['2001:db8:3::1', 'fe80::1'], '2001:db8:3::1'],
    ['ff05::1', ['2001:db8:3::1', 'fe80::1'], '2001:db8:3::1'],
    ['2001:db8:1::1', ['2001:db8:1::1 deprecated', '2001:db8:2::1'], '2001:db8:1::1'],
    ['fe80::1', ['fe80::2 deprecated', '2001:db8:1::1'], 'fe80::2'],
    ['2001:db8:1::1', ['2001:db8:1::2', '2001:db8:3::2'], '2001:db8:1::2'],
    [
      '2002:c633:6401::1',
      ['2002:c633:6401:1:d5e3:7953:13eb:22e8', '2001:db8:1::2'],
      '2002:c633:6401:1:d5e3:7953:13eb:22e8',
    ],
  ])('%s from %j', (remote, candidates, expected) => {
    expect(chosen(remote, ...candidates)).toBe(expected);
    expect(chosen(remote, ...candidates.toReversed())).toBe(expected);
  });
});

describe('source addresses', () => {
  test('of two with equal rules the first stays', () => {
    expect(chosen('2001:db8:9::1', '2001:db8:1::1', '2001:db8:2::1')).toBe('2001:db8:1::1');
    expect(chosen('203.0.113.1', '10.0.0.1', '192.0.2.1')).toBe('10.0.0.1');
  });

  test('of IPv4: the subnet of the destination, then its scope', () => {
    expect(chosen('192.0.2.7', '10.0.0.1', '192.0.2.1')).toBe('192.0.2.1');
    expect(chosen('203.0.113.1', '169.254.1.1', '192.0.2.1')).toBe('192.0.2.1');
    expect(chosen('169.254.9.9', '192.0.2.1', '169.254.1.1/16')).toBe('169.254.1.1');
  });

  test('a deprecated one only when there is no other (rule 3)', () => {
    expect(chosen('2001:db8::9', '2001:db8::1 deprecated', '2001:db8:7::1')).toBe('2001:db8:7::1');
    expect(chosen('2001:db8::9', '2001:db8::1 deprecated')).toBe('2001:db8::1');
  });

  test.each(['tentative', 'duplicate'])('never a %s one', (state) => {
    expect(chosen('2001:db8::9', `2001:db8::1 ${state}`)).toBeUndefined();
    expect(chosen('2001:db8::9', `2001:db8::1 ${state}`, 'fe80::1')).toBe('fe80::1');
  });

  test('of the label of the destination (rule 6)', () => {
    expect(chosen('fd00::9', '2001:db8::1', 'fd11::1')).toBe('fd11::1');
    expect(chosen('2001:db8::9', 'fd11::1', '2a00::1')).toBe('2a00::1');
  });

  test('never of the other family', () => {
    expect(chosen('192.0.2.1', '2001:db8::1')).toBeUndefined();
  });
});

/** Destinations with the source each has, `-` for none, in the order they are to be tried. */
function sorted(pairs: Readonly<Record<string, string>>): string[] {
  const list = Object.keys(pairs).map(address);
  const order = sortDestinations(list, (remote) => {
    const source = pairs[printAddress(remote)] ?? '-';
    return source === '-' ? undefined : entry(source);
  });
  return order.map(printAddress);
}

describe('destination addresses: after the examples of RFC 6724 §10.2', () => {
  test.each([
    [
      { '2001:db8:1::1': '2001:db8:1::2', '198.51.100.121': '169.254.13.78' },
      ['2001:db8:1::1', '198.51.100.121'],
    ],
    [
      { '2001:db8:1::1': 'fe80::1', '198.51.100.121': '198.51.100.117' },
      ['198.51.100.121', '2001:db8:1::1'],
    ],
    [{ '2001:db8:1::1': '2001:db8:1::2', '10.1.2.3': '10.1.2.4' }, ['2001:db8:1::1', '10.1.2.3']],
    [{ '2001:db8:1::1': '2001:db8:1::2', 'fe80::1': 'fe80::2' }, ['fe80::1', '2001:db8:1::1']],
    [
      { '2001:db8:1::1': '2001:db8:1::2', '2001:db8:3ffe::1': '2001:db8:3f44::2' },
      ['2001:db8:1::1', '2001:db8:3ffe::1'],
    ],
    [
      { '2002:c633:6401::1': '2002:c633:6401::2', 'fe80::1': 'fe80::2' },
      ['fe80::1', '2002:c633:6401::1'],
    ],
    [
      { '2002:c633:6401::1': '2002:c633:6401::2', '2001:db8:1::1': '2001:db8:1::2' },
      ['2001:db8:1::1', '2002:c633:6401::1'],
    ],
  ])('%j', (pairs, expected) => {
    expect(sorted(pairs)).toEqual(expected);
    const reversed = Object.fromEntries(Object.entries(pairs).toReversed());
    expect(sorted(reversed)).toEqual(expected);
  });
});

describe('destination addresses', () => {
  test('that cannot be reached come last (rule 1)', () => {
    expect(sorted({ '2001:db8::9': '-', '192.0.2.9': '192.0.2.1' })).toEqual([
      '192.0.2.9',
      '2001:db8::9',
    ]);
  });

  test('whose source is deprecated come later (rule 3)', () => {
    const pairs = { '2001:db8:1::9': '2001:db8:1::1 deprecated', '2001:db8:2::9': '2001:db8:2::1' };
    expect(sorted(pairs)).toEqual(['2001:db8:2::9', '2001:db8:1::9']);
  });

  test('of IPv4 stay in the order of the name server', () => {
    const own = '192.0.2.1/24';
    const pairs = { '203.0.113.9': own, '198.51.100.1': own, '192.0.2.7': own };
    expect(sorted(pairs)).toEqual(Object.keys(pairs));
  });

  test('a unique local one comes after IPv4, as the policy table says', () => {
    const pairs = { 'fd00::9': 'fd00::1', '192.0.2.9': '192.0.2.1' };
    expect(sorted(pairs)).toEqual(['192.0.2.9', 'fd00::9']);
  });
});
