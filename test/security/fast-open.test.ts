/** S26, RFC 7413 §5: what a forged, replayed or foreign cookie costs, and cannot do. */
import { describe, expect, test } from 'vitest';
import { FastOpenCookies } from '../../src/stack/fast-open-cookies.ts';
import { FourTuple } from '../../src/stack/four-tuple.ts';
import { SipHash } from '../../src/stack/siphash.ts';
import { parseAddress, type IpAddress } from '../../src/wire/address.ts';
import { ACK, RST, Segment, SYN } from '../../src/wire/segment.ts';
import { accepted } from '../stack/two-hosts.ts';
import { tcp, type Fields } from './forge.ts';
import { PEER_ISS, Target, TARGET_PORT } from './target.ts';

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

const LIMIT = 20; // connections in SYN-RECEIVED that were handed over
const ANSWER = 100_000; // octets that the server would send to each question
const SYN_OCTETS = 20 + 20 + 4 + 12; // IPv4, TCP, MSS and a cookie of 8
const QUESTION = 100; // octets of text

/** A server that answers at once, and an address that has asked it for a cookie. */
function answering(): { target: Target; syn: (port: number) => Fields } {
  const target = new Target(4, { tcp: { profile: 'linux' } });
  const answer = new Uint8Array(ANSWER);
  accepted(
    target.host.listen(target.now, {
      port: TARGET_PORT,
      fastOpen: LIMIT,
      tcp: { fastOpen: 'server' },
      onConnection: (socket) => {
        socket.onSignal = (signal, now) => {
          if (signal === 'readable') socket.send(now, answer);
        };
      },
    }),
  );
  const ask = { seq: PEER_ISS, ctl: SYN, mss: 1460, cookie: new Uint8Array(0) };
  const [granted] = target.arrives(tcp(target.ends, ask));
  const cookie = granted!.seg.cookie.slice(0, granted!.seg.cookieLength);
  target.gets({ seq: PEER_ISS + 1, ctl: RST });
  target.octetsIn = target.octetsOut = 0;
  const syn = (port: number): Fields => ({
    seq: port,
    ctl: SYN,
    mss: 1460,
    cookie,
    text: QUESTION,
  });
  return { target, syn };
}

/** From `port` of the one address that the cookie is for. */
const spoofed = (target: Target, port: number, fields: Fields): Uint8Array =>
  tcp({ ...target.ends, sourcePort: port }, fields);

describe('S26, RFC 7413 §5.2: SYNs with a replayed cookie, from a port that answers nothing', () => {
  const SYN_ACK = 20 + 20 + 4; // octets: IPv4, TCP, MSS
  const WINDOW = 10 * (40 + 1460); // an initial window, headers and all
  const REPEATED = 7; // SYN,ACKs in 3 minutes

  test('one of them costs a SYN,ACK and one initial window; only the SYN,ACK is repeated', () => {
    const { target, syn } = answering();
    const [first] = target.arrives(spoofed(target, 5000, syn(5000)));
    expect(first?.seg.ctl).toBe(SYN | ACK);
    expect(target.octetsIn).toBe(SYN_OCTETS + QUESTION);
    expect(target.octetsOut).toBe(SYN_ACK + WINDOW);
    const again = target.waits(10 * 60_000);
    expect(again.every(({ seg, text }) => seg.ctl === (SYN | ACK) && text.length === 0)).toBe(true);
    expect(target.octetsOut).toBeLessThanOrEqual((1 + REPEATED) * SYN_ACK + WINDOW);
    expect(target.host.sockets().map(({ state }) => state)).toEqual(['LISTEN']);
  });

  test('of ten thousand no more than the limit are answered with text, the others cost less than they bring', () => {
    const { target, syn } = answering();
    const { counters } = target.host;
    const accepted0 = counters['fast-open-accepted'];
    for (let port = 10_000; port < 20_000; port++) target.arrives(spoofed(target, port, syn(port)));
    expect(counters['fast-open-accepted'] - accepted0).toBe(LIMIT);
    expect(target.octetsOut).toBeLessThanOrEqual(LIMIT * WINDOW + 10_000 * SYN_ACK);
    expect(target.octetsOut).toBeLessThan(target.octetsIn / 2);
    target.waits(10 * 60_000);
    expect(target.octetsOut).toBeLessThan(target.octetsIn);
    expect(target.host.sockets().map(({ state }) => state)).toEqual(['LISTEN']);
  });

  test('RFC 7413 §5.1: a reset does not free a place before a minute is over', () => {
    const { target, syn } = answering();
    const { counters } = target.host;
    for (let port = 10_000; port < 10_100; port++) {
      target.arrives(spoofed(target, port, syn(port)));
      target.arrives(spoofed(target, port, { seq: port + 1 + QUESTION, ctl: RST }));
    }
    expect(counters['fast-open-accepted']).toBe(LIMIT);
    target.waits(60_001);
    target.arrives(spoofed(target, 20_000, syn(20_000)));
    expect(counters['fast-open-accepted']).toBe(LIMIT + 1);
  });
});
