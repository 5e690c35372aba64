import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { parseAddress, printAddress, printWords, type IpAddress } from '../../src/wire/address.ts';
import { finish, sum } from '../../src/wire/checksum.ts';
import { WIRE_DROPS } from '../../src/wire/drop.ts';
import { IpHeader, Protocol, pseudoSum, readIp } from '../../src/wire/ip.ts';
import { MldQuery, MldRecord, readMldQuery, writeMldReport } from '../../src/wire/mld.ts';
import {
  NdMessage,
  NdType,
  readNdp,
  sealNdp,
  writeNeighborAdvertisement,
  writeNeighborSolicitation,
  writeRouterSolicitation,
} from '../../src/wire/ndp.ts';
import { NdOption, writeLinkLayerOption, writeNonce } from '../../src/wire/ndp-options.ts';
import { hex, octets, viewOf, zeros } from './frames.ts';

const address = (text: string): IpAddress => parseAddress(text)!;
const ROUTER = 'fe80::1';
const HOST = 'fe80::2';
const ALL_NODES = 'ff02::1';

interface Options {
  readonly from?: string;
  readonly to?: string;
  readonly hopLimit?: number;
}

/** The datagram with that ICMPv6 message, as `readIp` leaves it. */
function arrived(message: string, options: Options = {}): { ip: IpHeader; view: DataView } {
  const { from = ROUTER, to = ALL_NODES, hopLimit = 255 } = options;
  const text = octets(message);
  const words = (a: IpAddress): string =>
    [a.w0, a.w1, a.w2, a.w3].map((w) => (w >>> 0).toString(16).padStart(8, '0')).join('');
  const length = text.length.toString(16).padStart(4, '0');
  const limit = hopLimit.toString(16).padStart(2, '0');
  const bytes = octets(
    `60000000 ${length} 3a ${limit} ${words(address(from))} ${words(address(to))} ${message}`,
  );
  const ip = new IpHeader();
  expect(readIp(ip, viewOf(bytes), 0, bytes.length)).toBeUndefined();
  return { ip, view: viewOf(bytes) };
}

function read(message: string, options: Options = {}): NdMessage | string {
  const { ip, view } = arrived(message, options);
  const out = new NdMessage();
  return readNdp(out, ip, view) ?? out;
}

const RA_HEADER = '86 00 0000 40 c0 0708 00007530 000003e8';
const SLLA = '01 01 025e10000001';
const PREFIX = `03 04 40 c0 00015180 00003840 00000000 20010db8 00000001 ${zeros(8)}`;
const MTU = '05 01 0000 000005dc';
const RDNSS = `19 05 0000 00000e10 20010db8 ${zeros(11)}35 20010db8 ${zeros(11)}36`;
const TARGET = `fe80${zeros(13)}09`;
const NS = `87 00 0000 00000000 ${TARGET}`;
const NA = `88 00 0000 60000000 ${TARGET}`;

describe('a router advertisement', () => {
  test('is read with all its options', () => {
    expect(read(`${RA_HEADER} ${SLLA} ${MTU} ${PREFIX} ${RDNSS}`)).toMatchObject({
      type: NdType.ROUTER_ADVERTISEMENT,
      hopLimit: 64,
      managed: true,
      other: true,
      routerLifetime: 1800,
      reachableTime: 30_000,
      retransTimer: 1000,
      options: {
        source: true,
        sourceHigh: 0x025e,
        sourceLow: 0x10000001,
        mtu: 1500,
        prefixes: [
          {
            prefix: address('2001:db8:0:1::'),
            length: 64,
            onLink: true,
            autonomous: true,
            validLifetime: 86_400,
            preferredLifetime: 14_400,
          },
        ],
        servers: [
          { address: address('2001:db8::35'), lifetime: 3600 },
          { address: address('2001:db8::36'), lifetime: 3600 },
        ],
      },
    });
  });

  test('keeps a bounded number of prefixes and servers, however many come', () => {
    const message = read(`${RA_HEADER} ${PREFIX.repeat(40)} ${RDNSS.repeat(20)}`);
    expect(message).toBeInstanceOf(NdMessage);
    if (typeof message === 'string') return;
    expect([message.options.prefixes.length, message.options.servers.length]).toEqual([16, 8]);
  });

  test('steps over options it does not know, and known ones of a wrong length', () => {
    const message = read(`${RA_HEADER} c801 ${zeros(6)} 0502 ${zeros(14)} ${SLLA}`);
    expect(message).toMatchObject({ options: { source: true, mtu: 0 } });
  });
});

describe('RFC 4861 §6.1, §7.1, §8.1: dropped are', () => {
  const redirect = (target: string, to: string): string =>
    `89 00 0000 00000000 ${target} ${to} 02 01 025e10000009`;
  const there = `20010db8${zeros(11)}99`;
  const group = `ff02${zeros(13)}01`;
  const cases: readonly (readonly [string, string, string, Options?])[] = [
    ['nd-hop-limit', 'a solicitation a router has forwarded', NS, { hopLimit: 254 }],
    ['nd-hop-limit', 'an advertisement a router has forwarded', RA_HEADER, { hopLimit: 64 }],
    ['nd-code', 'a code other than 0', NS.replace('87 00', '87 01')],
    ['nd-truncated', 'a solicitation of 23 octets', NS.slice(0, -2)],
    ['nd-truncated', 'an advertisement of 15 octets', RA_HEADER.slice(0, -2)],
    ['nd-truncated', 'a redirect of 39 octets', `89 00 0000 ${zeros(35)}`],
    ['nd-option-length', 'an option of length zero', `${NS} 01 00 025e10000001`],
    ['nd-option-length', 'an option past the end', `${NS} 01 02 025e10000001`],
    ['nd-option-length', 'half an option header', `${NS} 01`],
    [
      'nd-source',
      'an advertisement of a router not link-local',
      RA_HEADER,
      { from: '2001:db8::1' },
    ],
    ['nd-source', 'a redirect not link-local', redirect(TARGET, there), { from: '2001:db8::1' }],
    ['nd-target', 'a solicitation of a group', NS.replace(TARGET, group)],
    ['nd-target', 'an advertisement of a group', NA.replace(TARGET, group)],
    ['nd-target', 'a redirect to a global router', redirect(`20010db8${zeros(11)}77`, there)],
    ['nd-destination', 'a redirect of a group', redirect(TARGET, group)],
    ['nd-destination', 'a solicited advertisement to all', NA],
    ['nd-destination', 'a probe to one', NS, { from: '::', to: 'fe80::9' }],
    ['nd-source', 'a probe with an address', `${NS} ${SLLA}`, { from: '::', to: 'ff02::1:ff00:9' }],
    ['nd-source', 'an advertisement from nobody', NA, { from: '::', to: HOST }],
    ['icmp-type', 'a type of another protocol', '8f 00 0000 00000000'],
  ];
  test.each(cases.map(([a, b, c, ends]) => [a, b, c, ends ?? {}] as const))(
    '%s: %s',
    (reason, _what, message, options) => {
      expect(read(message, options)).toBe(reason);
    },
  );

  test('nd-fragmented: what came with a fragment header (RFC 6980 §5)', () => {
    const message = octets(NS);
    const bytes = octets(
      `60000000 ${(message.length + 8).toString(16).padStart(4, '0')} 2c ff
       fe80${zeros(13)}01 ff02${zeros(13)}01 3a 00 0000 00000007 ${hex(message)}`,
    );
    const ip = new IpHeader();
    expect(readIp(ip, viewOf(bytes), 0, bytes.length)).toBeUndefined();
    expect(readNdp(new NdMessage(), ip, viewOf(bytes))).toBe('nd-fragmented');
  });
});

describe('what a host writes is read back:', () => {
  const target = address('fe80::9');
  const written = (write: (view: DataView) => number): string => {
    const bytes = new Uint8Array(128);
    return hex(bytes.subarray(0, write(viewOf(bytes))));
  };

  test('a solicitation, with the option', () => {
    const text = written((view) =>
      writeLinkLayerOption(
        view,
        writeNeighborSolicitation(view, 0, target),
        NdOption.SOURCE_LINK_LAYER,
        0x025e,
        0x10000001,
      ),
    );
    expect(text).toBe(hex(octets(`${NS} ${SLLA}`)));
  });

  test('an advertisement, solicited and overriding', () => {
    const text = written((view) => writeNeighborAdvertisement(view, 0, target, true, true));
    expect(text).toBe(hex(octets(NA)));
    expect(read(text, { to: HOST })).toMatchObject({ solicited: true, override: true });
  });

  test('a probe with a nonce (RFC 7527 §4.1)', () => {
    const text = written((view) =>
      writeNonce(view, writeNeighborSolicitation(view, 0, target), 0xabcd, -2),
    );
    expect(read(text, { from: '::', to: 'ff02::1:ff00:9' })).toMatchObject({
      options: { nonce: true, nonceHigh: 0xabcd, nonceLow: -2 },
    });
  });

  test('a solicitation of routers, with a checksum', () => {
    const text = written((view) => writeRouterSolicitation(view, 0));
    const { ip, view } = arrived(text, { from: HOST, to: 'ff02::2' });
    const { payloadStart: start, payloadEnd: end } = ip;
    const pseudo = pseudoSum(ip, Protocol.ICMPV6, end - start);
    sealNdp(view, start, end, pseudo);
    expect(finish(sum(view, start, end, pseudo))).toBe(0);
    expect(readNdp(new NdMessage(), ip, view)).toBeUndefined();
  });

  test('a listener report, as RFC 3810 §5.2 draws it', () => {
    const bytes = new Uint8Array(64);
    const group = address('ff02::1:ff00:9');
    const end = writeMldReport(viewOf(bytes), 0, MldRecord.TO_EXCLUDE, [group]);
    expect(hex(bytes.subarray(0, end))).toBe(
      hex(octets(`8f00 0000 0000 0001 04 00 0000 ff02 ${zeros(9)} 01ff000009`)),
    );
  });
});

test('a listener query: its delay is a number, or a floating-point one (RFC 3810 §5.1.3)', () => {
  const delay = (code: string): number => {
    const { ip, view } = arrived(`82 00 0000 ${code} 0000 ${zeros(16)} 02 7d 0000`, {
      hopLimit: 1,
    });
    const query = new MldQuery();
    expect(readMldQuery(query, ip, view)).toBeUndefined();
    expect(printWords(6, query.group0, query.group1, query.group2, query.group3)).toBe('::');
    return query.maxResponseDelay;
  };
  expect([delay('2710'), delay('8000'), delay('ffff')]).toEqual([10_000, 32_768, 8_387_584]);
});

test('any octets in the place of a message are one, or have a name', () => {
  const names: readonly string[] = WIRE_DROPS;
  const type = fc.integer({ min: 130, max: 137 });
  fc.assert(
    fc.property(type, fc.uint8Array({ maxLength: 200 }), (first, rest) => {
      const { ip, view } = arrived(`${first.toString(16)} 00 ${hex(rest)}`);
      const drop = readNdp(new NdMessage(), ip, view);
      if (drop !== undefined) expect(names).toContain(drop);
      readMldQuery(new MldQuery(), ip, view);
    }),
  );
  expect(printAddress(address(HOST))).toBe(HOST);
});
