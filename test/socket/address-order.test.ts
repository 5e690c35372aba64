/** Which address of a name is tried first: the examples of RFC 6724 §10.2. */
import { expect, test } from 'vitest';
import { orderAddresses } from '../../src/socket/address-order.ts';
import { inPrefix, parseAddress, printAddress, type IpAddress } from '../../src/wire/address.ts';
import { Cidr } from '../../src/wire/address.ts';

const address = (text: string): IpAddress => parseAddress(text)!;

/** Of the family the first, of the scope when there is one. */
function sourceAmong(texts: readonly string[]): (remote: IpAddress) => IpAddress | undefined {
  const own = texts.map(address);
  const local = (a: IpAddress): boolean =>
    inPrefix(new Cidr(address('fe80::'), 10), a.family, a.w0, a.w1, a.w2, a.w3) ||
    printAddress(a).startsWith('169.254.');
  const tunnel = (a: IpAddress): boolean => printAddress(a).startsWith('2002:');
  return (remote) => {
    const family = own.filter((a) => a.family === remote.family);
    const scoped = family.filter((a) => local(a) === local(remote));
    return scoped.find((a) => tunnel(a) === tunnel(remote)) ?? scoped[0] ?? family[0];
  };
}

test.each([
  [
    'prefer matching scope',
    ['2001:db8::2', 'fe80::1', '169.254.13.78'],
    ['2001:db8:1::1', '198.51.100.121'],
    ['2001:db8:1::1', '198.51.100.121'],
  ],
  [
    'prefer matching scope, IPv4 global',
    ['fe80::1', '198.51.100.117'],
    ['2001:db8:1::1', '198.51.100.121'],
    ['198.51.100.121', '2001:db8:1::1'],
  ],
  [
    'prefer higher precedence',
    ['2001:db8:1::2', 'fe80::1', '10.1.2.4'],
    ['10.1.2.3', '2001:db8:1::1'],
    ['2001:db8:1::1', '10.1.2.3'],
  ],
  [
    'prefer smaller scope',
    ['2001:db8:1::2', 'fe80::2'],
    ['2001:db8:1::1', 'fe80::1'],
    ['fe80::1', '2001:db8:1::1'],
  ],
  [
    'prefer matching label',
    ['2002:c633:6401::2', 'fe80::2'],
    ['2001:db8:1::1', '2002:c633:6401::1'],
    ['2002:c633:6401::1', '2001:db8:1::1'],
  ],
  [
    'longest matching prefix',
    ['2001:db8:1::2', 'fe80::1'],
    ['2001:db8:3ffe::1', '2001:db8:1::1'],
    ['2001:db8:1::1', '2001:db8:3ffe::1'],
  ],
  [
    'avoid unusable destinations',
    ['10.0.0.1'],
    ['2001:db8::1', '192.0.2.1'],
    ['192.0.2.1', '2001:db8::1'],
  ],
  ['as they came', ['10.0.0.1'], ['192.0.2.2', '192.0.2.1'], ['192.0.2.2', '192.0.2.1']],
])('%s', (_rule, sources, found, ordered) => {
  expect(orderAddresses(found.map(address), sourceAmong(sources)).map(printAddress)).toEqual(
    ordered,
  );
});
