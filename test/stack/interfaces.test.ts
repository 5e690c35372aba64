import { describe, expect, test } from 'vitest';
import { pair, type PairLink } from '../../src/link/pair.ts';
import { Host } from '../../src/stack/host.ts';
import type { InterfaceAddress } from '../../src/stack/interface-address.ts';
import type { NetworkInterface } from '../../src/stack/interface.ts';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import { parseAddress, type IpAddress } from '../../src/wire/address.ts';
import { SYN } from '../../src/wire/segment.ts';
import { toU32 } from '../../src/wire/seq.ts';
import { icmp, segment } from './datagram.ts';
import { accepted, address, cidr, refusal, secret, signalsOf, text } from './two-hosts.ts';

interface Port {
  readonly link: PairLink;
  readonly iface: NetworkInterface;
}

/** A host with two networks, and on each of them a host with one: the left and the right one. */
class ThreeHosts {
  now = 1000;
  readonly middle = new Host({ name: 'middle', secret: secret(1) });
  readonly left = new Host({ name: 'left', secret: secret(2) });
  readonly right = new Host({ name: 'right', secret: secret(3) });
  readonly ports: Record<'east' | 'west' | 'left' | 'right', Port>;

  constructor(mtu = 1500) {
    const [west, toLeft] = pair({ mtu });
    const [east, toRight] = pair({ mtu });
    const add = (host: Host, name: string, link: PairLink, ...addresses: string[]): Port => {
      const options = { name, outlet: link, addresses: addresses.map(cidr) };
      return { link, iface: accepted(host.addInterface(this.now, options)) };
    };
    this.ports = {
      west: add(this.middle, 'west', west, '10.1.0.1/24', '2001:db8:1::1/64'),
      east: add(this.middle, 'east', east, '10.2.0.1/24', '2001:db8:2::1/64'),
      left: add(this.left, 'eth0', toLeft, '10.1.0.2/24', '2001:db8:1::2/64'),
      right: add(this.right, 'eth0', toRight, '10.2.0.2/24', '2001:db8:2::2/64'),
    };
  }

  settle(): void {
    const { west, east, left, right } = this.ports;
    let delivered: number;
    do {
      for (const host of [this.middle, this.left, this.right]) host.flush(this.now);
      delivered =
        this.#deliver(this.middle, west) +
        this.#deliver(this.middle, east) +
        this.#deliver(this.left, left) +
        this.#deliver(this.right, right);
    } while (delivered > 0);
  }

  /** From `middle` to port 80 of `to`, who listens. */
  connect(to: Host, remote: IpAddress): { client: TcpSocket; server: TcpSocket } {
    const children: TcpSocket[] = [];
    accepted(to.listen(this.now, { port: 80, onConnection: (s) => children.push(s) }));
    const client = accepted(this.middle.open(this.now, { remote, remotePort: 80 }));
    this.settle();
    return { client, server: children[0]! };
  }

  inject(host: Host, { iface }: Port, bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    host.packetArrives(this.now, bytes, view, 0, bytes.length, false, iface);
  }

  #deliver(host: Host, { link, iface }: Port): number {
    return link.drain(1000, (bytes, view, start, end) => {
      host.packetArrives(this.now, bytes, view, start, end, true, iface);
    });
  }
}

describe('a host with two networks', () => {
  test.each(['10.1.0.2', '2001:db8:1::2'])('reaches %s over the one it is on', (to) => {
    const net = new ThreeHosts();
    const { client, server } = net.connect(net.left, address(to));
    expect([client.state, server.state]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    expect(client.path?.iface).toBe(net.ports.west.iface);
    expect(net.right.counters['datagrams-in']).toBe(0);
  });

  test('is reached on both, and each connection stays on its own', () => {
    const net = new ThreeHosts();
    const children: TcpSocket[] = [];
    accepted(net.middle.listen(0, { port: 80, onConnection: (s) => children.push(s) }));
    for (const [host, to] of [
      [net.left, '10.1.0.1'],
      [net.right, '2001:db8:2::1'],
    ] as const) {
      accepted(host.open(net.now, { remote: address(to), remotePort: 80 }));
    }
    net.settle();
    const [a, b] = children;
    expect([a?.path?.iface?.name, b?.path?.iface?.name]).toEqual(['west', 'east']);
  });

  test('does not forward', () => {
    const net = new ThreeHosts();
    const via = address('10.1.0.1');
    net.left.addRoute({ to: cidr('0.0.0.0/0'), via, iface: net.ports.left.iface });
    accepted(net.left.open(net.now, { remote: address('10.2.0.2'), remotePort: 80 }));
    net.settle();
    expect(net.middle.counters['ip-destination']).toBe(1);
    expect(net.right.counters['datagrams-in']).toBe(0);
  });

  test('answers an address only on its own interface (RFC 1122 §3.3.4.2, strong)', () => {
    const net = new ThreeHosts();
    accepted(net.middle.listen(0, { port: 80, onConnection: () => undefined }));
    const [from, to] = [address('10.1.0.2'), address('10.2.0.1')];
    const { west, east } = net.ports;
    net.inject(net.middle, west, segment({ from, to, fromPort: 9, toPort: 80, ctl: SYN }));
    net.inject(net.middle, west, icmp({ from, to, kind: 'echo-request', body: text('x') }));
    net.middle.flush(net.now);
    expect(net.middle.counters['ip-destination']).toBe(2);
    expect(net.middle.counters['datagrams-out']).toBe(0);
    net.inject(net.middle, east, segment({ from, to, fromPort: 9, toPort: 80, ctl: SYN }));
    expect(net.middle.sockets().length).toBe(2);
  });

  test('takes no segment of a connection over another interface (CVE-2019-14899)', () => {
    const net = new ThreeHosts();
    const { client } = net.connect(net.left, address('10.1.0.2'));
    const [from, to] = [address('10.1.0.2'), address('10.1.0.1')];
    const reset = { from, to, fromPort: 80, toPort: client.localPort, ctl: 4 };
    const { rcv } = client.connection.tcb;
    net.inject(net.middle, net.ports.east, segment({ ...reset, seq: toU32(rcv.nxt) }));
    expect(client.state).toBe('ESTABLISHED');
    expect(net.middle.counters['ip-destination']).toBe(1);
    net.inject(net.middle, net.ports.west, segment({ ...reset, seq: toU32(rcv.nxt) }));
    expect(client.state).toBe('CLOSED');
  });

  test('sends from an address only over its own interface', () => {
    const net = new ThreeHosts();
    const options = { remote: address('10.1.0.2'), remotePort: 80, local: address('10.2.0.1') };
    expect(refusal(net.middle.open(net.now, options))).toBe('no-route');
  });

  test('reaches a link-local peer over the interface that is named', () => {
    const net = new ThreeHosts();
    const { west, east } = net.ports;
    net.middle.addAddress(net.now, west.iface, cidr('fe80::1/64'));
    net.middle.addAddress(net.now, east.iface, cidr('fe80::2/64'));
    const source = (iface?: NetworkInterface): unknown =>
      accepted(net.middle.open(net.now, { remote: address('fe80::9'), remotePort: 80, iface }))
        .localAddress;
    expect(source()).toEqual(address('fe80::1'));
    expect(source(east.iface)).toEqual(address('fe80::2'));
  });
});

describe('an interface that is removed', () => {
  test('ends its connections with a signal, and no other', () => {
    const net = new ThreeHosts();
    const gone = net.connect(net.left, address('10.1.0.2'));
    const kept = net.connect(net.right, address('10.2.0.2'));
    const opening = accepted(
      net.middle.open(net.now, { remote: address('2001:db8:1::2'), remotePort: 81 }),
    );
    const signals = [signalsOf(gone.client), signalsOf(kept.client), signalsOf(opening)];
    gone.client.send(net.now, text('never heard'));
    net.middle.removeInterface(net.now, net.ports.west.iface);
    net.settle();
    expect(signals).toEqual([['network-down', 'closed'], [], ['network-down', 'closed']]);
    expect([gone.client.state, kept.client.state]).toEqual(['CLOSED', 'ESTABLISHED']);
    kept.client.send(net.now, text('still here'));
    net.settle();
    expect(kept.server.unread).toBe(10);
    expect(net.middle.interfaces.map(({ name }) => name)).toEqual(['lo', 'east']);
    expect(net.middle.routes().some(({ iface }) => iface.name === 'west')).toBe(false);
  });

  test('is not heard any more, and may come back under its name', () => {
    const net = new ThreeHosts();
    const { west } = net.ports;
    net.middle.removeInterface(net.now, west.iface);
    const before = net.middle.counters['datagrams-in'];
    const ping = { from: address('10.1.0.2'), to: address('10.1.0.1') };
    net.inject(net.middle, west, icmp({ ...ping, kind: 'echo-request', body: text('x') }));
    net.middle.flush(net.now);
    expect(net.middle.counters['datagrams-out']).toBe(0);
    expect(net.middle.counters['datagrams-in']).toBe(before);
    const again = net.middle.addInterface(net.now, {
      name: 'west',
      outlet: west.link,
      addresses: [cidr('10.1.0.1/24')],
    });
    expect(refusal(again)).toBeUndefined();
  });

  test('ends connections in TIME-WAIT, too', () => {
    const net = new ThreeHosts();
    const { client, server } = net.connect(net.left, address('10.1.0.2'));
    client.close(net.now);
    net.settle();
    server.close(net.now);
    net.settle();
    expect(client.state).toBe('TIME-WAIT');
    net.middle.removeInterface(net.now, net.ports.west.iface);
    net.settle();
    expect(client.state).toBe('CLOSED');
    expect(net.middle.nextTimeout()).toBe(Infinity);
  });

  test('lo stays', () => {
    const host = new Host({ name: 'alone', secret: secret(1) });
    host.removeInterface(0, host.interfaces[0]!);
    expect(host.interfaces.length).toBe(1);
  });
});

describe('addresses', () => {
  const added = (net: ThreeHosts, text: string, options = {}): InterfaceAddress =>
    accepted(net.middle.addAddress(net.now, net.ports.west.iface, cidr(text), options));

  test('come and go, and connections from one end with it', () => {
    const net = new ThreeHosts();
    added(net, '10.1.0.9/24');
    accepted(net.left.listen(0, { port: 80, onConnection: () => undefined }));
    const open = (local: string): TcpSocket =>
      accepted(
        net.middle.open(net.now, {
          remote: address('10.1.0.2'),
          remotePort: 80,
          local: address(local),
        }),
      );
    const [one, other] = [open('10.1.0.9'), open('10.1.0.1')];
    net.settle();
    const signals = signalsOf(one);
    net.middle.removeAddress(net.now, net.ports.west.iface, address('10.1.0.9'));
    net.settle();
    expect(signals).toEqual(['network-down', 'closed']);
    expect([one.state, other.state]).toEqual(['CLOSED', 'ESTABLISHED']);
    expect(refusal(net.middle.open(net.now, { remote: address('10.1.0.2'), remotePort: 81 }))).toBe(
      undefined, // the other address keeps the prefix on the link
    );
  });

  test('grow old: deprecated, then gone (RFC 4862 §5.5.4)', () => {
    const net = new ThreeHosts();
    const lifetimes = { preferredUntil: net.now + 10, validUntil: net.now + 20 };
    const old = added(net, '2001:db8:1::9/64', lifetimes);
    const source = (): unknown => net.middle.sourceFor(net.now, address('2001:db8:1::9'));
    expect(net.middle.nextTimeout()).toBe(net.now + 10);
    net.now += 10;
    net.middle.timeout(net.now);
    expect([old.state, net.middle.nextTimeout()]).toEqual(['deprecated', net.now + 10]);
    expect(source()).toBe(old.cidr.address);
    net.now += 10;
    net.middle.timeout(net.now);
    expect(net.ports.west.iface.addresses).not.toContain(old);
    expect(source()).toEqual(address('2001:db8:1::1'));
    expect(net.middle.nextTimeout()).toBe(Infinity);
  });

  test('tentative ones are neither used nor answered', () => {
    const net = new ThreeHosts();
    const young = added(net, '10.1.0.9/24', { state: 'tentative' });
    const ping = { from: address('10.1.0.2'), to: address('10.1.0.9') };
    const bytes = icmp({ ...ping, kind: 'echo-request', body: text('x') });
    const answers = (): number => {
      net.inject(net.middle, net.ports.west, bytes.slice());
      net.middle.flush(net.now);
      return net.middle.counters['echo-replies-out'];
    };
    expect(answers()).toBe(0);
    const options = { remote: ping.from, remotePort: 80, local: ping.to };
    expect(refusal(net.middle.open(net.now, options))).toBe('address-not-ours');
    net.middle.addressBecomes(net.now, net.ports.west.iface, young, 'preferred');
    expect(answers()).toBe(1);
    net.middle.addressBecomes(net.now, net.ports.west.iface, young, 'duplicate');
    expect(answers()).toBe(1);
  });

  test.each([
    ['10.2.0.1/24', 'address-in-use'],
    ['127.0.0.1/8', 'address-in-use'],
    ['0.0.0.0/0', 'invalid-address'],
    ['255.255.255.255/24', 'invalid-address'],
    ['ff02::1/64', 'invalid-address'],
  ])('%s is refused: %s', (text, reason) => {
    const net = new ThreeHosts();
    const answer = net.middle.addAddress(net.now, net.ports.west.iface, cidr(text));
    expect(refusal(answer)).toBe(reason);
  });
});

describe('misuse', () => {
  test('a name twice is refused, an MTU out of range is thrown at', () => {
    const host = new Host({ name: 'h', secret: secret(1) });
    const [outlet] = pair();
    expect(refusal(host.addInterface(0, { name: 'lo', outlet }))).toBe('interface-exists');
    for (const mtu of [67, 1501, 1.5, NaN]) {
      expect(() => host.addInterface(0, { name: 'eth0', outlet, mtu })).toThrow('mtu of eth0');
    }
    const iface = accepted(host.addInterface(0, { name: 'eth0', outlet }));
    expect(() => host.setMtu(iface, 9000)).toThrow('mtu of eth0');
  });

  test('removing twice, or what was never there, does nothing', () => {
    const net = new ThreeHosts();
    const { iface } = net.ports.west;
    net.middle.removeAddress(net.now, iface, parseAddress('10.9.9.9')!);
    net.middle.removeInterface(net.now, iface);
    net.middle.removeInterface(net.now, iface);
    expect(net.middle.interfaces.length).toBe(2);
  });
});

test('a smaller MTU holds for the segments of new connections', () => {
  const net = new ThreeHosts();
  net.middle.setMtu(net.ports.west.iface, 1000);
  const { client, server } = net.connect(net.left, address('10.1.0.2'));
  expect(client.connection.largestText).toBe(960 - 12);
  client.send(net.now, new Uint8Array(4800));
  net.settle();
  expect(server.unread).toBe(4800);
  expect(net.middle.counters['out-too-big']).toBe(0);
});
