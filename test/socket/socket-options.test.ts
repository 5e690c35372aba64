/** Options of a connection: that each takes effect, and the three ways to say it. */
import { describe, expect, test } from 'vitest';
import { applyOptions, wrongOption, type SocketOptions } from '../../src/socket/socket-options.ts';
import type { Socket } from '../../src/socket/socket.ts';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import type { TcpDefaults } from '../../src/tcp/options.ts';
import { ACK } from '../../src/wire/segment.ts';
import { printed, reach, type Reached } from '../security/target.ts';
import { signalsOf } from '../stack/two-hosts.ts';
import { SERVER, twoStacks } from './two-stacks.ts';

interface Options extends Reached {
  readonly set: (options: SocketOptions) => string[];
  /** What leaves within `ms`. */
  readonly after: (ms: number) => string[];
}

/** An established connection in the plainest form, of a host whose peer the test plays. */
function established(tcp: Partial<TcpDefaults> = {}): Options {
  const reached = reach('ESTABLISHED', 4, { tcp: { profile: 'rfc', ...tcp } });
  const { target, socket } = reached;
  target.gets({ seq: reached.seq, ack: reached.ack, ctl: ACK, wnd: 9000 });
  return {
    ...reached,
    set: (options) => {
      applyOptions(target.now, socket, options);
      return target.sends();
    },
    after: (ms) => target.waits(ms).map(printed),
  };
}

const octets = (n: number): Uint8Array => new Uint8Array(n);

describe('what is set on a living connection takes effect', () => {
  test('noDelay: a small segment does not wait for an acknowledgment, RFC 9293 §3.7.4', () => {
    const { target, socket, set, seq, ack } = established();
    socket.send(target.now, octets(10));
    socket.send(target.now, octets(10));
    target.flush();
    socket.send(target.now, octets(10));
    expect(target.sends()).toEqual([]);
    expect(set({ noDelay: true })).toEqual([`<SEQ=${ack + 20}><ACK=${seq}><CTL=PSH,ACK><DATA=10>`]);
  });

  test('cork: text waits for full segments until it is pulled', () => {
    const { target, socket, set, seq, ack } = established({ noDelay: true });
    expect(set({ cork: true })).toEqual([]);
    socket.send(target.now, octets(10));
    expect(target.sends()).toEqual([]);
    expect(set({ cork: false })).toEqual([`<SEQ=${ack}><ACK=${seq}><CTL=PSH,ACK><DATA=10>`]);
  });

  test('cork: 200 ms at most', () => {
    const { target, socket, set, after } = established({ noDelay: true });
    set({ cork: true });
    socket.send(target.now, octets(10));
    expect(after(199)).toEqual([]);
    expect(after(1)).toHaveLength(1);
  });

  test('quickAck: what waits is acknowledged, and so is the next', () => {
    const { target, set, seq, ack } = established();
    expect(target.gets({ seq, ack, ctl: ACK, text: 10 })).toEqual([]);
    expect(set({ quickAck: true })).toEqual([`<SEQ=${ack}><ACK=${seq + 10}><CTL=ACK>`]);
    const next = target.gets({ seq: seq + 10, ack, ctl: ACK, text: 10 });
    expect(next).toEqual([`<SEQ=${ack}><ACK=${seq + 20}><CTL=ACK>`]);
  });

  test('maxSeg: segments become smaller, and never larger', () => {
    const { target, socket, set, seq, ack } = established();
    set({ maxSeg: 300 });
    set({ maxSeg: 1000 });
    socket.send(target.now, octets(600));
    expect(target.sends()).toEqual([
      `<SEQ=${ack}><ACK=${seq}><CTL=ACK><DATA=300>`,
      `<SEQ=${ack + 300}><ACK=${seq}><CTL=PSH,ACK><DATA=300>`,
    ]);
  });

  test('keepAlive and its times: RFC 9293 §3.8.4', () => {
    const { socket, set, after, seq, ack } = established();
    const signals = signalsOf(socket);
    set({ keepAlive: true, keepAliveIdle: 5000, keepAliveInterval: 1000, keepAliveProbes: 3 });
    const probe = `<SEQ=${ack - 1}><ACK=${seq}><CTL=ACK>`;
    expect(after(4999)).toEqual([]);
    expect(after(2001)).toEqual([probe, probe, probe]);
    after(1001);
    expect(socket.state).toBe('CLOSED');
    expect(signals).toContain('timeout');
  });

  test('userTimeout: unacknowledged text ends the connection, RFC 9293 §3.8.3', () => {
    const { target, socket, set, after } = established();
    const signals = signalsOf(socket);
    set({ userTimeout: 5000 });
    socket.send(target.now, octets(10));
    after(4999);
    expect(socket.state).toBe('ESTABLISHED');
    after(2);
    expect(socket.state).toBe('CLOSED');
    expect(signals).toContain('timeout');
  });

  test('congestionControl: by name', () => {
    const { target, socket, set } = established();
    socket.send(target.now, octets(10));
    target.flush();
    expect(socket.connection.tcb.sender?.congestion.name).toBe('reno');
    set({ congestionControl: 'cubic' });
    expect(socket.connection.tcb.sender?.congestion.name).toBe('cubic');
  });
});

/** What the options came to. */
function heldBy(tcp: TcpSocket | undefined): Record<string, unknown> {
  if (tcp === undefined) throw new Error('it is not open');
  const { noDelay, keepAlive, userTimeout, knobs, options } = tcp.connection.tcb;
  const { keepAliveIdle, keepAliveInterval, keepAliveProbes } = knobs ?? options;
  const congestionControl = knobs?.congestionControl ?? options.congestionControl;
  const { largestText: maxSeg } = tcp.connection;
  const times = { keepAliveIdle, keepAliveInterval, keepAliveProbes };
  return { noDelay, keepAlive, ...times, userTimeout, congestionControl, maxSeg };
}

const WISHES = {
  noDelay: true,
  keepAlive: true,
  keepAliveIdle: 5000,
  keepAliveInterval: 700,
  keepAliveProbes: 3,
  userTimeout: 42_000,
  congestionControl: 'reno',
  maxSeg: 500,
} as const;

describe('the ways to say it', () => {
  const noTimestamps = { tcp: { timestamps: false } }; // so that maxSeg is all text

  test('connect({ tcp }), listen({ tcp }), and Socket.set() before and after it is open', async () => {
    const { client, server, close } = twoStacks(noTimestamps);
    const listener = server.listen({ port: 80, tcp: WISHES });
    const said = client.connect(`${SERVER}:80`, { tcp: WISHES });
    await said.opened;
    expect(heldBy(said.tcp)).toEqual(WISHES);
    expect(heldBy((await listener.accept())?.tcp)).toEqual(WISHES);

    const plain = server.listen({ port: 81 });
    const before = client.connect(`${SERVER}:81`);
    before.set(WISHES);
    await before.opened;
    expect(heldBy(before.tcp)).toEqual(WISHES);
    const after = await plain.accept();
    after?.set(WISHES);
    expect(heldBy(after?.tcp)).toEqual(WISHES);
    await close();
  });

  test('a stack has them for all its connections', async () => {
    const { client, close } = twoStacks({ tcp: { ...WISHES, timestamps: false } });
    const socket = client.connect(`${SERVER}:80`);
    await socket.opened.catch(() => undefined);
    const opened = client.host.open(client.now, {
      remote: client.interfaces[1]!.addresses[0]!.cidr.address,
      remotePort: 80,
    });
    expect('error' in opened).toBe(false);
    if (!('error' in opened)) expect(opened.options).toMatchObject(WISHES);
    await close();
  });

  test('cork and quickAck, too, before it is open', async () => {
    const { client, server, close } = twoStacks({ tcp: { quickAcks: 0 } });
    server.listen({ port: 80 });
    const socket = client.connect(`${SERVER}:80`);
    socket.set({ cork: true });
    socket.set({ quickAck: true });
    await socket.opened;
    const { knobs } = socket.tcp!.connection.tcb;
    expect(knobs?.cork).toBe(true);
    await close();
  });

  test.each<[object, string]>([
    [{ noDelay: 1 }, 'noDelay is 1, it must be true or false'],
    [{ maxSeg: 0 }, 'maxSeg is 0, it must be an integer from 1 to 65535'],
    [{ userTimeout: -1 }, 'userTimeout is -1, it must be a number from 1 to Infinity'],
    [{ congestionControl: 'vegas' }, 'congestionControl is vegas, it must be cubic, reno or bbr'],
    [{ nodelay: true }, 'there is no option nodelay; there are noDelay, cork, quickAck, maxSeg'],
  ])('set(%j) is refused with a sentence', (options, sentence) => {
    expect(wrongOption(options)).toContain(sentence);
  });

  test('a wrong one changes nothing, before it is open as after', async () => {
    const { client, server, close } = twoStacks();
    server.listen({ port: 80 });
    const socket: Socket = client.connect(`${SERVER}:80`);
    const wrong = { noDelay: true, maxSeg: 0 };
    expect(() => socket.set(wrong)).toThrow('maxSeg is 0');
    await socket.opened;
    expect(socket.tcp?.connection.tcb.noDelay).toBe(false);
    expect(() => socket.set(wrong)).toThrow('SocketError: maxSeg is 0');
    await close();
  });
});
