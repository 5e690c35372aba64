import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import {
  DHCP_MAX_REQUEST,
  DhcpType,
  readDhcp,
  writeDhcp,
  type DhcpRequest,
} from '../../src/wire/dhcp.ts';
import { DhcpReply } from '../../src/wire/dhcp-options.ts';
import { DHCP_DROPS } from '../../src/wire/drop.ts';
import { hex, octets, viewOf, zeros } from './frames.ts';

/** A server's message up to and with the cookie. */
const header = (sname = zeros(64), file = zeros(128)): string => `
  02 01 06 00 12345678 0000 0000 00000000 c0000264 00000000 00000000
  025e10000001 ${zeros(10)} ${sname} ${file} 63825363`;
const OFFER = `${header()}
  35 01 02  36 04 c0000201  33 04 00000e10  3a 04 00000708  3b 04 00000c4e
  01 04 ffffff00  03 04 c0000201  06 08 c0000235 c0000236
  0f 0b 6578616d706c652e6e6574  1a 02 05dc  ff`;

function read(message: string): DhcpReply | string {
  const bytes = octets(message);
  const reply = new DhcpReply();
  return readDhcp(reply, viewOf(bytes), 0, bytes.length) ?? reply;
}

describe('what a server says', () => {
  test('is read with the options a client needs', () => {
    expect(read(OFFER)).toEqual({
      type: DhcpType.OFFER,
      xid: 0x12345678,
      address: 0xc0000264 | 0,
      chaddrHigh: 0x025e,
      chaddrLow: 0x10000001,
      serverId: 0xc0000201 | 0,
      subnetMask: 0xffffff00 | 0,
      leaseTime: 3600,
      renewalTime: 1800,
      rebindingTime: 3150,
      mtu: 1500,
      routers: [0xc0000201 | 0],
      servers: [0xc0000235 | 0, 0xc0000236 | 0],
      routes: [],
      domain: 'example.net',
      message: '',
    });
  });

  test('goes on in sname and file when there is no room (RFC 2132 §9.3)', () => {
    const file = `06 04 c0000235 ff ${zeros(121)}`;
    const sname = `1a 02 05dc ff ${zeros(59)}`;
    expect(read(`${header(sname, file)} 35 01 05 34 01 03 ff`)).toMatchObject({
      servers: [0xc0000235 | 0],
      mtu: 1500,
    });
  });

  test('has classless routes: the significant octets of each only (RFC 3442)', () => {
    const routes = '18 c63364 c0000209  00 c0000201  0a 0a40 c0000208';
    expect(read(`${header()} 35 01 05 79 14 ${routes} ff`)).toMatchObject({
      routes: [
        { destination: 0xc6336400 | 0, prefixLength: 24, router: 0xc0000209 | 0 },
        { destination: 0, prefixLength: 0, router: 0xc0000201 | 0 },
        { destination: 0x0a400000, prefixLength: 10, router: 0xc0000208 | 0 },
      ],
    });
  });

  test('has text that steers no terminal', () => {
    expect(read(`${header()} 35 01 06 38 05 1b5b326a20 ff`)).toMatchObject({ message: '?[2j ' });
  });

  test('has lists of bounded length', () => {
    const many = `06 f0 ${'c0000235'.repeat(60)}`;
    const reply = read(`${header()} 35 01 05 ${many.repeat(4)} ff`);
    expect(reply).toMatchObject({ servers: { length: 8 } });
  });

  test.each([
    ['dhcp-truncated', 'no options at all', octets(header()).subarray(0, 239)],
    ['dhcp-format', 'a request', octets(OFFER.replace('02 01', '01 01'))],
    ['dhcp-format', 'hardware of another kind', octets(OFFER.replace('02 01', '02 06'))],
    ['dhcp-format', 'no cookie', octets(OFFER.replace('63825363', '00000000'))],
    ['dhcp-message-type', 'none', octets(`${header()} ff`)],
    ['dhcp-message-type', 'a discover', octets(`${header()} 35 01 01 ff`)],
    ['dhcp-option-length', 'an option past the end', octets(`${header()} 35 01 02 06 08 c0000235`)],
    ['dhcp-option-length', 'half an address', octets(`${header()} 35 01 02 06 06 c0000235 c000`)],
    ['dhcp-option-length', 'a lease time of 2 octets', octets(`${header()} 35 01 02 33 02 0e10`)],
    ['dhcp-option-length', 'a route of 33 bits', octets(`${header()} 35 01 02 79 05 21 c0000235`)],
    ['dhcp-option-length', 'no length', octets(`${header()} 35 01 02 33`)],
  ])('%s: %s', (reason, _what, bytes) => {
    expect(read(hex(bytes))).toBe(reason);
  });
});

const REQUEST: DhcpRequest = {
  type: DhcpType.REQUEST,
  xid: 0x12345678,
  secs: 3,
  broadcast: true,
  clientAddress: 0,
  macHigh: 0x025e,
  macLow: 0x10000001,
  requested: 0xc0000264 | 0,
  serverId: 0xc0000201 | 0,
  hostName: 'estab',
  maxSize: 1500,
};

describe('what a client says', () => {
  const written = (request: DhcpRequest): string => {
    const bytes = new Uint8Array(DHCP_MAX_REQUEST).fill(0xdb);
    return hex(bytes.subarray(0, writeDhcp(viewOf(bytes), 0, request)));
  };

  test('is laid out as RFC 2131 §2 has it, 300 octets at least', () => {
    const text = written(REQUEST);
    expect(text.slice(0, 24)).toBe('010106001234567800038000');
    expect(text.slice(56, 68)).toBe('025e10000001');
    expect(text.slice(472)).toBe(
      hex(
        octets(`63825363 35 01 03  3d 07 01 025e10000001  32 04 c0000264  36 04 c0000201
          37 09 01 79 03 06 0f 1a 33 3a 3b  39 02 05dc  0c 05 6573746162 ff ${zeros(13)}`),
      ),
    );
    expect(text.length).toBe(600);
  });

  test.each(['no spaces', 'e'.repeat(64), 'ünïcode', ''])('tells no name like "%s"', (hostName) => {
    expect(written({ ...REQUEST, hostName })).not.toContain('39 02 05dc 0c'.replaceAll(' ', ''));
  });
});

test('any octets after a good header are a message, or have a name', () => {
  const names: readonly string[] = DHCP_DROPS;
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (rest, overloaded) => {
      const first = overloaded ? '34 01 03' : '';
      const reply = read(`${header(zeros(64), zeros(128))} 35 01 05 ${first} ${hex(rest)}`);
      if (typeof reply === 'string') expect(names).toContain(reply);
      else expect(reply.routes.length).toBeLessThanOrEqual(16);
    }),
  );
});
