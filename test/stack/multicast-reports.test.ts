/** What a host tells an Ethernet of the groups its sockets join: RFC 2236, RFC 3810. */
import { describe, expect, test } from 'vitest';
import { pair, type PairLink } from '../../src/link/pair.ts';
import { Host } from '../../src/stack/host.ts';
import type { NetworkInterface } from '../../src/stack/interface.ts';
import { printWords } from '../../src/wire/address.ts';
import { finish, sum } from '../../src/wire/checksum.ts';
import { IpHeader, readIp, writeIp } from '../../src/wire/ip.ts';
import { parseMac } from '../../src/wire/mac.ts';
import { accepted, address, cidr, secret } from './two-hosts.ts';

const ETHERNET = 14; // octets

class Station {
  now = 1000;
  readonly host: Host = new Host({ name: 'A', secret: secret(1) });
  readonly wire: PairLink;
  readonly iface: NetworkInterface;
  readonly seen: string[] = [];

  constructor() {
    const [link, wire] = pair({ medium: 'ethernet' });
    this.wire = wire;
    const addresses = [cidr('192.0.2.1/24'), cidr('2001:db8::1/64')];
    const mac = parseMac('02:00:00:00:00:01')!;
    const options = { name: 'eth0', outlet: link, addresses, mac };
    this.iface = accepted(this.host.addInterface(this.now, options));
    this.receive = (bytes) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      this.host.packetArrives(this.now, bytes, view, 0, bytes.length, false, this.iface);
    };
    this.run(5000); // duplicate address detection, and the reports of its groups
    this.seen.length = 0;
  }

  readonly receive: (bytes: Uint8Array) => void;

  /** Lets `ms` go by and notes IGMP and MLD that was said, with how long after the start. */
  run(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      this.host.timeout(this.now);
      this.host.flush(this.now);
      this.wire.drain(1000, (bytes, _view, start, end) => this.#note(bytes.slice(start, end)));
      const next = this.host.nextTimeout();
      if (next > until) break;
      this.now = Math.max(next, this.now);
    }
    this.now = until;
  }

  #note(frame: Uint8Array): void {
    const view = new DataView(frame.buffer);
    const ip = new IpHeader();
    const type = view.getUint16(12);
    if (type !== 0x0800 && type !== 0x86dd) return;
    expect(readIp(ip, view, ETHERNET, frame.length)).toBeUndefined();
    const mac = [...frame.slice(0, 6)].map((n) => n.toString(16).padStart(2, '0')).join(':');
    const to = printWords(ip.version, ip.dst0, ip.dst1, ip.dst2, ip.dst3);
    const at = ip.payloadStart;
    if (ip.protocol === 2) {
      expect(view.getUint8(ETHERNET)).toBe(0x46); // with an option: Router Alert
      expect(view.getUint32(ETHERNET + 20)).toBe(0x94040000);
      expect(finish(sum(view, ETHERNET, ETHERNET + 24, 0))).toBe(0);
      expect(finish(sum(view, at, at + 8, 0))).toBe(0);
      const group = printWords(4, 0, 0, 0, view.getInt32(at + 4));
      this.seen.push(`igmp ${view.getUint8(at).toString(16)} ${group} to ${to} ${mac} ${ip.ttl}`);
    }
    if (ip.protocol === 58 && view.getUint8(at) === 143) {
      const group = printWords(6, ...words(view, at + 12));
      this.seen.push(`mld ${view.getUint8(at + 8)} ${group} to ${to}`);
    }
  }
}

function words(view: DataView, at: number): [number, number, number, number] {
  return [view.getInt32(at), view.getInt32(at + 4), view.getInt32(at + 8), view.getInt32(at + 12)];
}

/** A query in its frame. */
function query(group: string, change: (bytes: Uint8Array) => void = () => undefined): Uint8Array {
  const bytes = new Uint8Array(ETHERNET + 20 + 8);
  const view = new DataView(bytes.buffer);
  const at = ETHERNET + 20;
  view.setUint16(at, 0x1100 | 50); // 5 s
  view.setInt32(at + 4, address(group).w3);
  view.setUint16(at + 2, finish(sum(view, at, at + 8, 0)));
  const ip = new IpHeader();
  ip.src3 = address('192.0.2.254').w3;
  ip.dst3 = address('224.0.0.1').w3;
  ip.protocol = 2;
  ip.ttl = 1;
  writeIp(view, at, ip, 8);
  bytes.set([1, 0, 0x5e, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 0]);
  change(bytes);
  return bytes;
}

describe('IGMP', () => {
  test('the first to join is reported twice, the last to leave says so', () => {
    const station = new Station();
    const group = address('239.129.2.3');
    const one = accepted(station.host.openUdp(station.now, {}));
    const two = accepted(station.host.openUdp(station.now, {}));
    expect(one.join(station.now, group)).toBeUndefined();
    expect(two.join(station.now, group)).toBeUndefined();
    station.run(10_000);
    const report = 'igmp 16 239.129.2.3 to 239.129.2.3 01:00:5e:01:02:03 1';
    expect(station.seen).toEqual([report, report]);
    one.close(station.now);
    station.run(1000);
    expect(station.seen).toHaveLength(2);
    two.leave(station.now, group);
    station.run(1000);
    expect(station.seen.slice(2)).toEqual(['igmp 17 239.129.2.3 to 224.0.0.2 01:00:5e:00:00:02 1']);
    expect(station.host.nextTimeout()).toBe(Infinity);
  });

  test('a query is answered within its time, for its group or for all', () => {
    const station = new Station();
    const socket = accepted(station.host.openUdp(station.now, {}));
    for (const group of ['239.1.1.1', '239.1.1.2', '224.0.0.1']) {
      socket.join(station.now, address(group));
    }
    station.run(20_000);
    station.seen.length = 0;
    station.receive(query('0.0.0.0'));
    station.run(5000);
    const groups = (): string[] => station.seen.splice(0).map((line) => line.split(' ')[2]!);
    expect(groups().sort()).toEqual(['239.1.1.1', '239.1.1.2']);
    station.receive(query('239.1.1.2'));
    station.receive(query('239.9.9.9'));
    station.run(5000);
    expect(groups()).toEqual(['239.1.1.2']);
  });

  test('what is no query, wrong or from afar is not answered', () => {
    const station = new Station();
    const socket = accepted(station.host.openUdp(station.now, {}));
    socket.join(station.now, address('239.1.1.1'));
    station.run(20_000);
    station.seen.length = 0;
    const at = ETHERNET + 20;
    station.receive(query('0.0.0.0', (bytes) => (bytes[at + 3]! ^= 1)));
    station.receive(query('0.0.0.0', (bytes) => (bytes[at] = 0x16)));
    const reportedTo = query('0.0.0.0').subarray(0, at + 4);
    station.receive(reportedTo);
    station.run(60_000);
    expect(station.seen).toEqual([]);
    for (let i = 0; i < 10_000; i++) station.receive(query('0.0.0.0'));
    station.run(10_000);
    expect(station.seen).toHaveLength(1);
  });
});

describe('MLD', () => {
  test('groups of sockets are reported beside those of addresses; ff02::1 is not', () => {
    const station = new Station();
    const socket = accepted(station.host.openUdp(station.now, {}));
    socket.join(station.now, address('ff02::1'));
    socket.join(station.now, address('ff02::1:2'));
    station.run(5000);
    socket.close(station.now);
    station.run(5000);
    expect(station.seen).toEqual([
      'mld 4 ff02::1:2 to ff02::16',
      'mld 4 ff02::1:2 to ff02::16',
      'mld 3 ff02::1:2 to ff02::16',
    ]);
  });
});
