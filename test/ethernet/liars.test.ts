import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import type { DropReason } from '../../src/stack/counters.ts';
import { MOST_NEIGHBOURS } from '../../src/stack/neighbour-table.ts';
import { octets, viewOf, zeros } from '../wire/frames.ts';
import { Lan, type Station } from './lan.ts';
import { arp, icmp6, ip6, neighbourAdvertisement, neighbourSolicitation } from './messages.ts';

const A_MAC = '02:00:00:00:00:0a';
const B_MAC = '02:00:00:00:00:0b';
const B = '2001:db8::2';
const US = { toMac: A_MAC, to: '2001:db8::1' };

function alone(): { lan: Lan; a: Station } {
  const lan = new Lan();
  const a = lan.station('a', { ip: ['192.0.2.1/24', '2001:db8::1/64'] });
  lan.run(5000);
  lan.heard();
  return { lan, a };
}

const question = { sender: '192.0.2.2', senderMac: B_MAC, target: '192.0.2.1' };
const echo = `45000054000040004001${'0000'}`;

describe('dropped, with a name:', () => {
  const cases: readonly (readonly [DropReason, string, Uint8Array])[] = [
    ['ethernet-destination', 'for another station', arp({ ...question, toMac: B_MAC })],
    ['ethernet-truncated', 'half a header', octets('ffffffffffff02')],
    ['ethernet-vlan', 'a VLAN', octets(`ffffffffffff020000000002 8100 0001 0800 ${zeros(46)}`)],
    ['ethernet-type', 'of another protocol', octets(`ffffffffffff020000000002 88cc ${zeros(46)}`)],
    ['ethernet-source', 'from a group', arp({ ...question, senderMac: '03:00:00:00:00:02' })],
    [
      'ip-version',
      'IPv6 said to be IPv4',
      octets(`${A_MAC.replaceAll(':', '')} 020000000002 0800 60 ${zeros(60)}`),
    ],
    [
      'ethernet-group',
      'a datagram for us in a frame for all (RFC 1122 §3.3.6)',
      octets(`ffffffffffff 02000000000b 0800 ${echo} c0000202 c0000201 ${zeros(64)}`),
    ],
    [
      'ethernet-group',
      'the same over IPv6',
      icmp6('8000000000010001', { from: B, to: '2001:db8::1', fromMac: B_MAC }),
    ],
    ['arp-own', 'our own, come back', arp({ ...question, senderMac: A_MAC })],
    ['arp-sender', 'from a broadcast address', arp({ ...question, sender: '255.255.255.255' })],
    ['arp-sender', 'from our broadcast address', arp({ ...question, sender: '192.0.2.255' })],
    ['arp-sender', 'from a group', arp({ ...question, sender: '224.0.0.1' })],
    ['arp-sender', 'from a loopback address', arp({ ...question, sender: '127.0.0.1' })],
    ['arp-unsolicited', 'about somebody else', arp({ ...question, target: '192.0.2.9' })],
    ['arp-unsolicited', 'announced', arp({ ...question, target: '192.0.2.2' })],
    [
      'arp-unsolicited',
      'an answer nobody asked for',
      arp({ ...question, operation: 2, targetMac: A_MAC, toMac: A_MAC }),
    ],
    ['nd-unsolicited', 'an advertisement', neighbourAdvertisement(B, 0x60, { from: B, ...US })],
    [
      'nd-unsolicited',
      'a question about somebody else',
      neighbourSolicitation('2001:db8::9', { from: B, to: 'ff02::1:ff00:9' }),
    ],
    [
      'nd-hop-limit',
      'a forwarded question',
      neighbourSolicitation('2001:db8::1', { from: B, hopLimit: 254, ...US }),
    ],
    [
      'nd-hop-limit',
      'a forwarded answer',
      neighbourAdvertisement(B, 0x60, { from: B, hopLimit: 254, ...US }),
    ],
    ['nd-code', 'a code', icmp6(`8701000000000000${ip6('2001:db8::1')}`, { from: B, ...US })],
    ['nd-target', 'about a group', neighbourSolicitation('ff02::1', { from: B, ...US })],
    ['nd-router', 'a router, unasked', icmp6(`86000000400007080000000000000000`)],
    ['nd-truncated', 'a listener query cut off', icmp6('8200000000000000', { hopLimit: 1 })],
    ['icmp-checksum', 'a wrong checksum', bent(neighbourSolicitation('2001:db8::1', { ...US }))],
  ];
  test.each(cases)('%s: %s', (reason, _what, frame) => {
    const { lan, a } = alone();
    lan.send(frame);
    lan.heard();
    lan.settle();
    expect([a.host.counters[reason], a.host.neighbours(), lan.heard('0a >')]).toEqual([1, [], []]);
  });
});

function bent(frame: Uint8Array): Uint8Array {
  frame[57]! ^= 1;
  return frame;
}

describe('a neighbour', () => {
  test('who asks us is known from then on (RFC 826, RFC 4861 §7.2.3)', () => {
    const { lan, a } = alone();
    lan.send(arp(question));
    lan.send(neighbourSolicitation('2001:db8::1', { from: B, fromMac: B_MAC, ...US }));
    lan.settle();
    expect(a.host.neighbours().map(({ address, state }) => [address, state])).toEqual([
      ['192.0.2.2', 'STALE'],
      [B, 'STALE'],
    ]);
    expect(lan.heard('0a > 0b').length).toBe(2);
  });

  test('outside of our subnet is answered, not remembered', () => {
    const { lan, a } = alone();
    lan.send(arp({ ...question, sender: '198.51.100.7' }));
    lan.settle();
    expect([lan.heard('0a > 0b').length, a.host.neighbours()]).toEqual([1, []]);
  });

  test('that probes our address is told that it is taken (RFC 5227 §2.1.1)', () => {
    const { lan, a } = alone();
    lan.send(arp({ ...question, sender: '0.0.0.0' }));
    lan.settle();
    expect(lan.heard('0a >')).toEqual(['5000: 0a > 0b: ARP 192.0.2.1 is mine, says to 0.0.0.0']);
    expect(a.host.neighbours()).toEqual([]);
  });

  test('that is REACHABLE is not replaced at once by what nobody asked for', () => {
    const { lan, a } = alone();
    lan.send(arp(question));
    a.host.open(lan.now, {
      remote: { family: 4, w0: 0, w1: 0, w2: 0, w3: 0xc0000202 | 0 },
      remotePort: 80,
    });
    lan.settle();
    lan.send(arp({ ...question, target: '192.0.2.2', senderMac: '02:00:00:00:06:66' }));
    // RFC 826 has it written down, but nobody takes it for proved: it is asked soon.
    expect(a.neighbour('192.0.2.2')).not.toBe('REACHABLE');
  });
});

describe('floods', () => {
  test('of our own address are answered once in ten seconds (RFC 5227 §2.4)', () => {
    const { lan, a } = alone();
    lan.run(10_000);
    lan.heard();
    for (let i = 0; i < 10_000; i++) lan.send(arp({ ...question, sender: '192.0.2.1' }));
    lan.settle();
    expect(lan.heard('0a >')).toEqual(['15000: 0a > *: ARP 192.0.2.1 is mine']);
    expect(a.addresses()[0]).toBe('192.0.2.1/24 preferred');
    expect(a.host.counters['address-conflicts']).toBe(10_000);
  });

  test('of questions from 5,000 neighbours: answers and memory are bounded', () => {
    const { lan, a } = alone();
    for (let i = 0; i < 5000; i++) {
      const from = `2001:db8::1:${i.toString(16)}`;
      lan.send(neighbourSolicitation('2001:db8::1', { from, fromMac: B_MAC, ...US }));
    }
    lan.settle();
    expect(a.host.neighbours().length).toBe(MOST_NEIGHBOURS);
    expect(lan.heard('0a >').length).toBe(512);
    expect(a.host.counters['neighbour-frames-full']).toBe(5000 - 512);
  });

  test('of anything: no exception, and no more than so many neighbours', () => {
    const { lan, a } = alone();
    const types = fc.constantFrom('0806', '0800', '86dd', '8100', '0001');
    const to = fc.constantFrom('ffffffffffff', '02000000000a', '333300000001');
    fc.assert(
      fc.property(to, types, fc.uint8Array({ maxLength: 120 }), (destination, type, rest) => {
        const bytes = new Uint8Array(14 + rest.length);
        bytes.set(octets(`${destination}020000000666${type}`));
        bytes.set(rest, 14);
        a.host.packetArrives(lan.now, bytes, viewOf(bytes), 0, bytes.length, false, a.iface);
        a.host.flush(lan.now);
      }),
    );
    expect(a.host.neighbours().length).toBeLessThanOrEqual(MOST_NEIGHBOURS);
  });

  test('of true messages with a few bits turned: likewise', () => {
    const { lan, a } = alone();
    a.host.slaac(lan.now, a.iface, true);
    const good = [
      arp(question),
      neighbourSolicitation('2001:db8::1', { from: B, ...US }),
      neighbourAdvertisement(B, 0x60, { from: B, ...US }),
      icmp6(
        `86000000400007080000000000000000 0304 40c0 00015180 00003840 00000000 ${ip6('2001:db8:5::')}`,
      ),
    ];
    const turns = fc.array(fc.nat(700), { maxLength: 6 });
    fc.assert(
      fc.property(fc.constantFrom(...good), turns, (frame, bits) => {
        const bytes = frame.slice();
        for (const bit of bits) if (bit >> 3 < bytes.length) bytes[bit >> 3]! ^= 0x80 >> (bit & 7);
        a.host.packetArrives(lan.now, bytes, viewOf(bytes), 0, bytes.length, false, a.iface);
        lan.run(10);
      }),
    );
    expect(a.host.neighbours().length).toBeLessThanOrEqual(MOST_NEIGHBOURS);
  });
});
