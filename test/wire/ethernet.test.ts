import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { ARP_LENGTH, ArpOperation, ArpPacket, readArp, writeArp } from '../../src/wire/arp.ts';
import {
  ETHERNET_HEADER,
  EthernetHeader,
  EtherType,
  readEthernet,
  writeEthernet,
} from '../../src/wire/ethernet.ts';
import {
  isGroupMac,
  isStationMac,
  multicastHigh,
  multicastLow,
  parseMac,
  printMac,
  printMacWords,
  sameMac,
} from '../../src/wire/mac.ts';
import { ARP_DROPS, ETHERNET_DROPS } from '../../src/wire/drop.ts';
import { hex, octets, viewOf, zeros } from './frames.ts';

/** RFC 826's question, as it is on the wire: who has 192.0.2.2, asks 192.0.2.1? */
const REQUEST = octets(`
  ffffffffffff 025e10000001 0806
  0001 0800 06 04 0001
  025e10000001 c0000201
  000000000000 c0000202`);

describe('Ethernet addresses', () => {
  test.each([
    ['02:5e:10:00:00:01', 0x025e, 0x10000001],
    ['FF-FF-FF-FF-FF-FF', 0xffff, -1],
    ['00:00:80:00:00:00', 0, 0x80000000 | 0],
  ])('%s is two integers', (text, high, low) => {
    expect(parseMac(text)).toEqual({ high, low });
    expect(printMac(parseMac(text)!)).toBe(text.toLowerCase().replaceAll('-', ':'));
  });

  test.each(['', '02:5e:10:00:00', '02:5e:10:00:00:01:02', '2:5e:10:0:0:1', 'g2:5e:10:00:00:01'])(
    '"%s" is none',
    (text) => {
      expect(parseMac(text)).toBeUndefined();
    },
  );

  test('what is printed is read back the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff }), fc.integer(), (high, low) => {
        const mac = parseMac(printMacWords(high, low))!;
        expect(sameMac(mac, { high, low: low | 0 })).toBe(true);
      }),
    );
  });

  test('groups map as RFC 1112 §6.4 and RFC 2464 §7 say', () => {
    const of = (family: number, w3: number): string =>
      printMacWords(multicastHigh(family), multicastLow(family, w3));
    expect(of(4, 0xe0800001 | 0)).toBe('01:00:5e:00:00:01'); // 224.128.0.1: 23 bits are left
    expect(of(6, 0xff000001 | 0)).toBe('33:33:ff:00:00:01');
    expect(isGroupMac(multicastHigh(4)) && isGroupMac(multicastHigh(6))).toBe(true);
    expect([isStationMac(0x0100, 1), isStationMac(0, 0), isStationMac(0x0200, 0)]).toEqual([
      false,
      false,
      true,
    ]);
  });
});

describe('frames', () => {
  const read = (bytes: Uint8Array): string | EthernetHeader => {
    const header = new EthernetHeader();
    return readEthernet(header, viewOf(bytes), 0, bytes.length) ?? header;
  };

  test('are read and written the same', () => {
    expect(read(REQUEST)).toEqual({
      destinationHigh: 0xffff,
      destinationLow: -1,
      sourceHigh: 0x025e,
      sourceLow: 0x10000001,
      type: EtherType.ARP,
    });
    const out = new Uint8Array(ETHERNET_HEADER);
    const start = writeEthernet(viewOf(out), 14, 0xffff, -1, 0x025e, 0x10000001, EtherType.ARP);
    expect([start, hex(out)]).toEqual([0, hex(REQUEST.subarray(0, ETHERNET_HEADER))]);
  });

  test.each([
    ['ethernet-truncated', 'no header', 'ffffffffffff 025e10000001 08'],
    ['ethernet-vlan', 'a tag of 802.1Q', `ffffffffffff 025e10000001 8100 0001 0806 ${zeros(46)}`],
    ['ethernet-vlan', 'a tag of 802.1ad', `ffffffffffff 025e10000001 88a8 0001 0806 ${zeros(46)}`],
    ['ethernet-type', 'a length of 802.3', `ffffffffffff 025e10000001 0026 ${zeros(46)}`],
    ['ethernet-source', 'from a group', `ffffffffffff 015e10000001 0806 ${zeros(46)}`],
  ])('%s: %s', (reason, _what, text) => {
    expect(read(octets(text))).toBe(reason);
  });
});

describe('ARP', () => {
  const read = (bytes: Uint8Array): string | ArpPacket => {
    const arp = new ArpPacket();
    return readArp(arp, viewOf(bytes), ETHERNET_HEADER, bytes.length) ?? arp;
  };

  test('a request is read and written the same, padding left out', () => {
    const arp = read(octets(hex(REQUEST) + zeros(18)));
    expect(arp).toMatchObject({
      operation: ArpOperation.REQUEST,
      sender: 0xc0000201 | 0,
      target: 0xc0000202 | 0,
      senderHigh: 0x025e,
      senderLow: 0x10000001,
    });
    const out = new Uint8Array(ARP_LENGTH);
    if (arp instanceof ArpPacket) writeArp(viewOf(out), 0, arp);
    expect(hex(out)).toBe(hex(REQUEST.subarray(ETHERNET_HEADER)));
  });

  const bent = (at: number, value: number): Uint8Array => {
    const copy = REQUEST.slice();
    copy[ETHERNET_HEADER + at] = value;
    return copy;
  };

  test.each([
    ['arp-truncated', '27 octets', REQUEST.subarray(0, -1)],
    ['arp-format', 'hardware of another kind', bent(1, 6)],
    ['arp-format', 'a protocol of another kind', bent(2, 0x86)],
    ['arp-format', 'hardware addresses of 8 octets', bent(4, 8)],
    ['arp-format', 'protocol addresses of 16 octets', bent(5, 16)],
    ['arp-operation', 'RARP', bent(7, 3)],
    ['arp-sender', 'a group as the sender', bent(8, 0x03)],
  ])('%s: %s', (reason, _what, bytes) => {
    expect(read(bytes)).toBe(reason);
  });
});

test('any octets are a frame and an ARP packet, or have a name', () => {
  const names: readonly string[] = [...ETHERNET_DROPS, ...ARP_DROPS];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const view = viewOf(bytes);
      const frame = readEthernet(new EthernetHeader(), view, 0, bytes.length);
      const arp = readArp(new ArpPacket(), view, 0, bytes.length);
      for (const drop of [frame, arp]) if (drop !== undefined) expect(names).toContain(drop);
    }),
  );
});
