/** S26, RFC 7413 §5: what a forged, replayed or foreign cookie costs, and cannot do. */
import { expect, test } from 'vitest';
import { FastOpenCookies } from '../../src/stack/fast-open-cookies.ts';
import { FourTuple } from '../../src/stack/four-tuple.ts';
import { SipHash } from '../../src/stack/siphash.ts';
import { parseAddress, type IpAddress } from '../../src/wire/address.ts';
import { Segment } from '../../src/wire/segment.ts';

const DAY = 86_400_000; // ms

function address(text: string): IpAddress {
  const found = parseAddress(text);
  if (found === undefined) throw new Error(text);
  return found;
}

function from(client: string, port = 40_000): FourTuple {
  const t = new FourTuple();
  t.ofAddresses(address('192.0.2.1'), 80, address(client), port);
  return t;
}

function syn(cookie: Uint8Array): Segment {
  const seg = new Segment();
  seg.cookieLength = cookie.length;
  seg.cookie.set(cookie);
  return seg;
}

const cookies = (): FastOpenCookies => new FastOpenCookies(new SipHash(1, 2, 3, 4));

test('S26: a cookie is of use to its own address only, from any port', () => {
  const server = cookies();
  const cookie = server.make(0, from('198.51.100.1'));
  expect(server.check(0, from('198.51.100.1', 50_000), syn(cookie))).toBe('present');
  expect(server.check(0, from('198.51.100.2'), syn(cookie))).toBeUndefined();
});

test('S26: a cookie with any bit changed, shorter or longer, is none', () => {
  const server = cookies();
  const cookie = server.make(0, from('198.51.100.1'));
  for (let bit = 0; bit < 64; bit++) {
    const forged = cookie.slice();
    forged[bit >> 3]! ^= 1 << (bit & 7);
    expect(server.check(0, from('198.51.100.1'), syn(forged))).toBeUndefined();
  }
  for (const length of [0, 4, 6]) {
    expect(server.check(0, from('198.51.100.1'), syn(cookie.slice(0, length)))).toBeUndefined();
  }
  const longer = syn(Uint8Array.of(...cookie, 0, 0));
  expect(server.check(0, from('198.51.100.1'), longer)).toBeUndefined();
});

test('RFC 7413 §4.1.2: a cookie is good for its generation and the next, by time and by hand', () => {
  const server = cookies();
  const t = from('198.51.100.1');
  const cookie = syn(server.make(0, t));
  expect(server.check(DAY - 1, t, cookie)).toBe('present');
  expect(server.check(DAY, t, cookie)).toBe('previous');
  expect(server.check(2 * DAY, t, cookie)).toBeUndefined();
  server.rotate();
  expect(server.check(0, t, cookie)).toBe('previous');
  server.rotate();
  expect(server.check(0, t, cookie)).toBeUndefined();
});
