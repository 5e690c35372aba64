/** The network dies, or a host does, in the middle of it: RFC 9293 §3.5.1, §3.8.3, §3.8.4. */
import '../oracle/beside.ts';
import { describe, expect, test } from 'vitest';
import { deliverAfter, LOSE } from '../../src/lab/network.ts';
import { World } from '../../src/lab/world.ts';
import type { Host } from '../../src/stack/host.ts';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import type { TcpDefaults } from '../../src/tcp/options.ts';
import type { TcpSignal } from '../../src/tcp/signals.ts';
import { accepted, address, readAll, signalsOf } from '../stack/two-hosts.ts';

const PORT = 80;
const CLIENT_PORT = 4000;
const ADDRESSES = {
  A: ['192.0.2.1/24', '2001:db8::1/64'],
  B: ['192.0.2.2/24', '2001:db8::2/64'],
} as const;

interface Pair {
  readonly world: World;
  readonly A: Host;
  readonly B: Host;
  readonly client: TcpSocket;
  readonly server: () => TcpSocket;
}

const remote = (family: 4 | 6) => address(family === 4 ? '192.0.2.2' : '2001:db8::2');

function connected(family: 4 | 6, tcp: Partial<TcpDefaults>): Pair {
  const world = new World(() => deliverAfter(10));
  const A = world.addHost('A', { addresses: ADDRESSES.A, tcp });
  const B = world.addHost('B', { addresses: ADDRESSES.B, tcp });
  const children: TcpSocket[] = [];
  accepted(B.listen(0, { port: PORT, onConnection: (socket) => children.push(socket) }));
  const options = { remote: remote(family), remotePort: PORT, localPort: CLIENT_PORT };
  const client = accepted(A.open(0, options));
  world.advance(100);
  expect(client.state).toBe('ESTABLISHED');
  return { world, A, B, client, server: () => children.at(-1)! };
}

const DAY = 24 * 3_600_000; // ms

describe.each([4, 6] as const)('the network dies (IPv%i)', (family) => {
  test('with text on the way both ways: both users hear of it after R2, nothing is left', () => {
    const { world, A, B, client, server } = connected(family, { userTimeout: 100_000 });
    const heard = { A: signalsOf(client), B: signalsOf(server()) };
    world.network.director = () => LOSE;
    client.send(world.now, new Uint8Array(100_000));
    server().send(world.now, new Uint8Array(100_000));
    const died = world.now;
    world.run(died + 100_000 - 1);
    expect([client.state, server().state]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    world.run();
    expect(world.now).toBe(died + 100_000);
    const end: TcpSignal[] = ['timeout', 'closed'];
    expect([heard.A.slice(-2), heard.B.slice(-2)]).toEqual([end, end]);
    expect([A.sockets().length, B.sockets().length]).toEqual([0, 1]); // B listens
    for (const { connection } of [client, server()]) {
      expect(connection.tcb.sendBuffer.held).toBe(0);
      expect(connection.nextTimeout()).toBe(Infinity);
    }
  });

  test('and nothing is on the way: who has keep-alives finds out, who has not waits', () => {
    const { world, client, server } = connected(family, {});
    client.keepAlive(world.now, true);
    world.network.director = () => LOSE;
    world.run(world.now + DAY);
    expect([client.state, client.ending]).toEqual(['CLOSED', 'timeout']);
    expect(server().state).toBe('ESTABLISHED');
  });

  test.each(['FIN-WAIT-1', 'LAST-ACK', 'CLOSING'] as const)('in %s: R2 ends it', (state) => {
    const { world, A, client, server } = connected(family, { userTimeout: 100_000 });
    if (state === 'LAST-ACK') {
      server().close(world.now);
      world.advance(100);
    }
    const sides = state === 'CLOSING' ? [client, server()] : [client];
    for (const side of sides) side.close(world.now);
    world.flush();
    if (state === 'CLOSING') {
      // Both FINs arrive, then nothing does.
      world.network.director = () => LOSE;
      world.advance(15);
    }
    world.network.director = () => LOSE;
    for (const flight of [...world.network.flights]) world.network.lose(flight);
    expect(client.state).toBe(state);
    world.run(world.now + DAY);
    expect([client.state, client.ending, A.sockets()]).toEqual(['CLOSED', 'timeout', []]);
  });

  test('for less than R2: the text arrives all the same', () => {
    const { world, client, server } = connected(family, {});
    client.send(world.now, new Uint8Array(50_000).fill(7));
    world.network.director = () => LOSE;
    world.advance(200_000);
    world.network.director = () => deliverAfter(10);
    world.advance(100_000);
    const got = readAll(world.now, server());
    expect([got.length, new Set(got)]).toEqual([50_000, new Set([7])]);
  });
});

describe.each([4, 6] as const)('a host crashes in the middle and comes back (IPv%i)', (family) => {
  /** B forgets all and listens again. */
  function reboot(world: World): TcpSocket[] {
    const B = world.addHost('B', { addresses: ADDRESSES.B });
    const children: TcpSocket[] = [];
    accepted(B.listen(world.now, { port: PORT, onConnection: (socket) => children.push(socket) }));
    return children;
  }

  test('who goes on sending learns it from a reset, and connects anew', () => {
    const { world, A, client, server } = connected(family, {});
    client.send(world.now, new Uint8Array(60_000));
    world.advance(15);
    expect(server().unread).toBeGreaterThan(0);
    const children = reboot(world);
    const heard = signalsOf(client);
    world.run(world.now + 5000);
    expect(heard.slice(-2)).toEqual(['reset', 'closed']);
    expect(A.sockets()).toEqual([]);

    const options = { remote: remote(family), remotePort: PORT, localPort: CLIENT_PORT };
    const again = accepted(A.open(world.now, options));
    world.advance(100);
    again.send(world.now, new Uint8Array(1000).fill(9));
    world.advance(100);
    expect(readAll(world.now, children[0]!)).toEqual(new Uint8Array(1000).fill(9));
  });

  test('who is silent stays half open until the other opens again (Figure 10)', () => {
    const { world, A, client } = connected(family, {});
    accepted(A.listen(world.now, { port: CLIENT_PORT, onConnection: () => undefined }));
    const B = world.addHost('B', { addresses: ADDRESSES.B });
    world.advance(60_000);
    expect(client.state).toBe('ESTABLISHED');
    const heard = signalsOf(client);
    const from = address(family === 4 ? '192.0.2.1' : '2001:db8::1');
    const options = { remote: from, remotePort: CLIENT_PORT, localPort: PORT };
    const again = accepted(B.open(world.now, options));
    world.advance(10_000);
    expect(heard).toEqual(['reset', 'closed']);
    expect(again.state).toBe('ESTABLISHED'); // its SYN came again, and A listens
  });

  test('a hundred times in a row: nothing is left behind', () => {
    const { world, A } = connected(family, {});
    for (let i = 0; i < 100; i++) {
      reboot(world);
      world.advance(1000);
      for (const { socket } of A.sockets()) socket?.send(world.now, new Uint8Array(3000));
      world.advance(2000);
      expect(A.sockets()).toEqual([]);
      const options = { remote: remote(family), remotePort: PORT, localPort: CLIENT_PORT };
      accepted(A.open(world.now, options));
      world.advance(100);
      expect(A.sockets().map(({ state }) => state)).toEqual(['ESTABLISHED']);
    }
  });
});
