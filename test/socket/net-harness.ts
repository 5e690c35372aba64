/**
 * What a scenario of the differential tests plays on: a `net`, Node's or estab's, and a log of what its
 * sockets and servers told. Logs are kept per emitter, since two ends of a connection tell in no order,
 * and say nothing of what differs from run to run: port numbers, and where chunks begin and end.
 */
import { createHash } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import { once } from 'node:events';
import type { AddressInfo, NetConnectOpts, Server, ServerOpts, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Net } from '../../src/exports/net.ts';

export type Log = Record<string, string[]>;

export interface Scenario {
  readonly name: string;
  readonly play: (h: Harness) => Promise<void> | void;
}

const SOCKET_EVENTS = [
  'lookup',
  'connectionAttempt',
  'connectionAttemptFailed',
  'connectionAttemptTimeout',
  'connect',
  'ready',
  'end',
  'prefinish',
  'finish',
  'drain',
  'timeout',
  'error',
  'close',
];
const SERVER_EVENTS = ['listening', 'connection', 'drop', 'error', 'close'];

export interface Pair {
  readonly server: Server;
  readonly port: number;
  readonly client: Socket;
  readonly peer: Socket;
}

export class Harness {
  readonly net: Net;
  readonly log: Log = {};
  readonly #ports: Map<number, string> = new Map();
  readonly #data: Map<string, Buffer[]> = new Map();
  readonly #sockets: Socket[] = [];
  readonly #servers: Server[] = [];

  constructor(net: Net) {
    this.net = net;
  }

  note(who: string, ...what: unknown[]): void {
    this.#flushData(who);
    const lines = (this.log[who] ??= []);
    const line = what.map((value) => this.describe(value)).join(' ');
    if (line !== lines.at(-1)) lines.push(line); // drain, drain, drain
  }

  /** Logs what `socket` tells; with `data`, also what it reads. */
  watch(name: string, socket: Socket, data = true): Socket {
    for (const event of SOCKET_EVENTS) {
      socket.on(event, (...args: unknown[]) => this.note(name, event, ...args));
    }
    if (data) socket.on('data', (chunk: Buffer) => this.#addData(name, chunk));
    this.#sockets.push(socket);
    return socket;
  }

  watchServer(name: string, server: Server): Server {
    for (const event of SERVER_EVENTS) {
      server.on(event, (...args: unknown[]) =>
        this.note(name, event, ...(event === 'connection' ? [] : args)),
      );
    }
    this.#servers.push(server);
    return server;
  }

  /** A server that listens, on 127.0.0.1 unless said otherwise. */
  async listen(options: ServerOpts = {}, host = '127.0.0.1'): Promise<[Server, number]> {
    const server = this.watchServer('server', this.net.createServer(options));
    server.listen(0, host);
    await once(server, 'listening');
    return [server, this.portOf(server)];
  }

  portOf(server: Server, name = 'S'): number {
    const { port } = server.address() as AddressInfo;
    this.#ports.set(port, name);
    return port;
  }

  /** A port where nobody listens. */
  async closedPort(): Promise<number> {
    const server = this.net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const port = this.portOf(server, 'CLOSED');
    server.close();
    await once(server, 'close');
    return port;
  }

  connect(options: NetConnectOpts, data = true): Socket {
    return this.watch('client', this.net.connect(options), data);
  }

  /** Two ends, both watched and both connected. */
  async pair(
    server: ServerOpts = {},
    client: Partial<NetConnectOpts> = {},
    data: { client?: boolean; peer?: boolean } = {},
  ): Promise<Pair> {
    const [listening, port] = await this.listen(server);
    const accepted = once(listening, 'connection').then(([socket]) =>
      this.watch('peer', socket as Socket, data.peer ?? true),
    );
    const socket = this.connect({ port, host: '127.0.0.1', ...client }, data.client ?? true);
    const [peer] = await Promise.all([accepted, once(socket, 'connect')]);
    return { server: listening, port, client: socket, peer };
  }

  async closed(...emitters: EventEmitter[]): Promise<void> {
    await Promise.all(
      emitters.map((emitter) =>
        'closed' in emitter && emitter.closed === true
          ? Promise.resolve()
          : new Promise<void>((resolve) => emitter.once('close', () => resolve())),
      ),
    );
    await this.turns(2);
  }

  /** Until what was sent has arrived, on a loopback. */
  async settle(): Promise<void> {
    await sleep(30);
  }

  async turns(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Calls, and notes what was answered or thrown. */
  try(name: string, call: () => unknown): void {
    try {
      this.note(name, 'gives', call());
    } catch (error) {
      this.note(name, 'throws', error);
    }
  }

  async cleanUp(): Promise<void> {
    for (const who of this.#data.keys()) this.#flushData(who, true);
    for (const socket of this.#sockets) socket.removeAllListeners().on('error', () => undefined);
    for (const socket of this.#sockets) socket.destroy();
    for (const server of this.#servers) server.removeAllListeners().close();
    await this.turns(2);
  }

  describe(value: unknown): string {
    if (value instanceof Error) return this.#error(value);
    if (typeof value === 'number') return this.#number(value);
    if (typeof value === 'string') return this.#text(value);
    if (value instanceof Uint8Array) return `octets(${value.length})`;
    if (Array.isArray(value)) return `[${value.map((entry) => this.describe(entry)).join(', ')}]`;
    if (typeof value === 'function') return 'function';
    if (typeof value !== 'object' || value === null) return String(value);
    if ('emit' in value) return value.constructor.name;
    const entries = Object.entries(value).map(([key, entry]) => `${key}: ${this.describe(entry)}`);
    return `{ ${entries.join(', ')} }`;
  }

  #error(error: Error): string {
    const fields = Object.entries(error).sort(([a], [b]) => (a < b ? -1 : 1));
    const all = fields.map(([key, value]) => `${key}: ${this.describe(value)}`);
    if (error instanceof AggregateError) all.push(`errors: ${this.describe(error.errors)}`);
    const text = error.message.split('\n')[0] ?? '';
    return `${error.name} "${this.#text(text)}" { ${all.join(', ')} }`;
  }

  #number(value: number): string {
    return this.#ports.get(value) ?? (value > 20_000 && value < 65_536 ? 'EPHEMERAL' : `${value}`);
  }

  #text(text: string): string {
    return text.replace(/(?<=[:.]|^)\d{4,5}(?=\)|$| )/g, (port) => this.#number(Number(port)));
  }

  #addData(who: string, chunk: Buffer | string): void {
    const list = this.#data.get(who) ?? [];
    list.push(Buffer.from(chunk as Buffer));
    this.#data.set(who, list);
  }

  #flushData(who: string, over = false): void {
    const list = this.#data.get(who);
    if (list === undefined) return;
    const length = list.reduce((sum, { length: octets }) => sum + octets, 0);
    if (length > 200_000 && !over) return; // who has room for it when is not looked at
    this.#data.delete(who);
    const all = Buffer.concat(list);
    const digest = createHash('sha1').update(all).digest('hex').slice(0, 8);
    const text = all.length <= 40 ? JSON.stringify(all.toString()) : `${all.length} ${digest}`;
    (this.log[who] ??= []).push(`data ${text}`);
  }
}
