/**
 * One scenario's stage inside a network namespace: a TUN device with estab behind it and the kernel
 * in front, addresses and ports that no other scenario of the process uses, a figure of what passes
 * and a capture of it.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { performance } from 'node:perf_hooks';
import { monotonicMs } from '../../src/link/node/clock.ts';
import { configureTun } from '../../src/link/node/configure-tun.ts';
import { openPcapFile, type PcapFile } from '../../src/link/node/pcap-file.ts';
import { openTun, type TunLink } from '../../src/link/node/tun.ts';
import { pcapTap } from '../../src/link/pcap-tap.ts';
import { Driver, type Drivable } from '../../src/socket/driver.ts';
import { PlatformLoop } from '../../src/socket/event-loop.ts';
import { Host, type HostObserver } from '../../src/stack/host.ts';
import type { HostRefusal } from '../../src/stack/host-refusal.ts';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import type { TcpDefaults } from '../../src/tcp/options.ts';
import type { State } from '../../src/tcp/state.ts';
import { parseAddress, parseCidr, type Family, type IpAddress } from '../../src/wire/address.ts';
import { IpHeader, Protocol, pseudoSum, writeIp } from '../../src/wire/ip.ts';
import { Segment } from '../../src/wire/segment.ts';
import { seq } from '../../src/wire/seq.ts';
import { sealTcp, writeTcp } from '../../src/wire/tcp.ts';
import { DirectedLink } from './directed-link.ts';
import { KernelEnd, OurEnd, type Act } from './ends.ts';
import { kernelState } from './kernel-state.ts';
import { LiveFigure } from './live-figure.ts';

export interface StageOptions {
  /** Default 4. */
  readonly family?: Family;
  readonly tcp?: Partial<TcpDefaults>;
  /** Our ISS for the first connection, the second, ... Default: as RFC 6528 makes them. */
  readonly iss?: readonly number[];
  /** False: no lines are drawn, which takes the time of a look at the kernel's tables each. */
  readonly drawn?: boolean;
  /** The smallest RTO of the kernel, ms: usually 200, here 3000. */
  readonly kernelRto?: number;
}

/**
 * What is acknowledged is acknowledged at once, TIME-WAIT is short, and nobody retransmits because a
 * busy machine is late: a scenario that waits for a retransmission sets the time.
 */
const CALM: Partial<TcpDefaults> = { initialRto: 3000, minRto: 3000, delayedAck: 0, msl: 150 };
const CALM_KERNEL = 3000; // ms, its smallest RTO; a SYN's is 1000, fixed

const PATIENCE = 20_000; // ms until a wait is given up; most take a few
const LOOK_AGAIN = 2; // ms

export class Stage implements Drivable {
  readonly figure: LiveFigure;
  readonly link: DirectedLink;
  readonly family: Family;
  /** As text, and for estab's OPEN. */
  readonly ourAddress: string;
  readonly kernelAddress: string;
  readonly ourPort: number;
  readonly kernelPort: number;
  host: Host;
  readonly act: Act = (calls) => {
    calls(this.#driver.now);
    this.#driver.flush();
  };
  readonly #driver: Driver;
  readonly #pcap: PcapFile;
  readonly #options: StageOptions;
  readonly #iss: number[];
  readonly #kernelEnds: KernelEnd[] = [];
  readonly #servers: Server[] = [];

  constructor(n: number, tun: TunLink, pcap: PcapFile, options: StageOptions) {
    const { family = 4, iss = [], drawn = true } = options;
    this.family = family;
    this.ourAddress = ours(n, family);
    this.kernelAddress = kernels(n, family);
    this.ourPort = 10_000 + n;
    this.kernelPort = 20_000 + n;
    this.#pcap = pcap;
    this.#options = options;
    this.#iss = [...iss];
    this.figure = new LiveFigure(drawn);
    this.link = new DirectedLink(tun, this.figure, (bytes, direction, comment) => {
      const time = performance.timeOrigin + monotonicMs();
      pcap.packet(time, bytes, 0, bytes.length, { direction, comment });
    });
    this.host = this.#newHost();
    this.#driver = new Driver(this, new PlatformLoop());
    this.#driver.attach(this.link, (bytes, view, start, end) =>
      this.host.packetArrives(this.#driver.now, bytes, view, start, end),
    );
  }

  // What the driver drives is the host there is.

  timeout(now: number): void {
    this.host.timeout(now);
  }

  nextTimeout(): number {
    return this.host.nextTimeout();
  }

  flush(now: number): void {
    this.host.flush(now, this.link);
  }

  /** (REBOOT): all that estab knew is gone, nobody is told. */
  reboot(): void {
    this.host = this.#newHost();
  }

  /** Waits for something to come true. @throws when it does not. */
  async until(what: string, condition: () => boolean): Promise<void> {
    const deadline = monotonicMs() + PATIENCE;
    while (!condition()) {
      if (monotonicMs() > deadline) throw new Error(`in vain for ${PATIENCE} ms: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN));
    }
  }

  /** Waits until the kernel's end of the connection is in `state`. */
  untilKernelIn(state: State): Promise<void> {
    return this.until(`the kernel in ${state}`, () => this.kernelState() === state);
  }

  /** Waits until our end is in `state`. */
  untilIn(end: OurEnd, state: State): Promise<void> {
    return this.until(`estab in ${state}`, () => end.socket.state === state);
  }

  kernelState(): State {
    return kernelState(this.family, this.kernelPort, this.ourPort);
  }

  /** An active OPEN of ours, from our port to the kernel's. */
  open(remotePort: number = this.kernelPort): OurEnd {
    const remote = addressOf(this.kernelAddress);
    const { host, ourPort: localPort } = this;
    const ends: OurEnd[] = [];
    this.act((now) => {
      ends.push(new OurEnd(this.act, granted(host.open(now, { remote, remotePort, localPort }))));
    });
    return only(ends);
  }

  /** The RFC's passive OPEN on our port. */
  openPassive(): OurEnd {
    const { host, ourPort: localPort } = this;
    const ends: OurEnd[] = [];
    this.act((now) => {
      ends.push(new OurEnd(this.act, granted(host.openPassive(now, { localPort }))));
    });
    return only(ends);
  }

  /** Listens on our port; each connection is handed to `onConnection` when it is established. */
  listen(onConnection: (end: OurEnd) => void): void {
    const { host, ourPort: port } = this;
    const accept = (socket: TcpSocket): void => onConnection(new OurEnd(this.act, socket));
    this.act((now) => granted(host.listen(now, { port, onConnection: accept })));
  }

  /** The kernel listens on its port. */
  async kernelListens(onConnection: (end: KernelEnd) => void): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      const end = new KernelEnd(socket);
      this.#kernelEnds.push(end);
      onConnection(end);
    });
    this.#servers.push(server);
    server.listen(this.kernelPort, this.kernelAddress);
    await once(server, 'listening');
  }

  /** The kernel's connect(), from its port to ours. */
  kernelOpens(): KernelEnd {
    const socket = connect({
      host: this.ourAddress,
      port: this.ourPort,
      localAddress: this.kernelAddress,
      localPort: this.kernelPort,
      allowHalfOpen: true,
    });
    const end = new KernelEnd(socket);
    this.#kernelEnds.push(end);
    return end;
  }

  /** A connection that estab opened. */
  async estabConnects(): Promise<{ ours: OurEnd; kernels: KernelEnd }> {
    const accepted: KernelEnd[] = [];
    await this.kernelListens((end) => accepted.push(end));
    const ours = this.open();
    await this.until('the kernel accepts', () => accepted.length > 0);
    return { ours, kernels: only(accepted) };
  }

  /** A connection that the kernel opened. */
  async kernelConnects(): Promise<{ ours: OurEnd; kernels: KernelEnd }> {
    const accepted: OurEnd[] = [];
    this.listen((end) => accepted.push(end));
    const kernels = this.kernelOpens();
    await this.until('both established', () => {
      return accepted.length > 0 && kernels.events.includes('connect');
    });
    return { ours: only(accepted), kernels };
  }

  /** A segment without text as it might come from our pair of sockets to the kernel's. */
  inject(fields: { readonly seq: number; readonly ctl: number }): void {
    const segment = new Segment();
    segment.seq = seq(fields.seq);
    segment.ctl = fields.ctl;
    segment.wnd = 65_535;
    const ip = new IpHeader();
    ip.version = this.family;
    ip.protocol = Protocol.TCP;
    ip.ttl = 64;
    const source = addressOf(this.ourAddress);
    const destination = addressOf(this.kernelAddress);
    [ip.src0, ip.src1, ip.src2, ip.src3] = words(source);
    [ip.dst0, ip.dst1, ip.dst2, ip.dst3] = words(destination);
    const bytes = new Uint8Array(100);
    const view = new DataView(bytes.buffer);
    const at = writeTcp(view, bytes.length, segment, this.ourPort, this.kernelPort);
    const length = bytes.length - at;
    sealTcp(view, at, bytes.length, pseudoSum(ip, Protocol.TCP, length));
    this.link.inject(bytes.slice(writeIp(view, at, ip, length)));
  }

  /** Takes everything down; what the kernel still wants to say is lost with the device. */
  async close(): Promise<void> {
    for (const server of this.#servers) server.close();
    for (const { socket } of this.#kernelEnds) socket.destroy();
    this.#driver.stop();
    await this.link.close();
    this.#pcap.close();
  }

  #newHost(): Host {
    const { family = 4, tcp } = this.#options;
    const address = parseCidr(`${this.ourAddress}/${family === 4 ? 24 : 64}`);
    if (address === undefined) throw new Error(`${this.ourAddress} is no address`);
    const issGiven = this.#iss.length > 0;
    return new Host({
      name: 'estab',
      addresses: [address],
      secret: crypto.getRandomValues(new Uint8Array(32)),
      mtu: this.link.mtu,
      tcp: { ...CALM, ...tcp },
      ...(issGiven ? { nextIss: () => seq(this.#iss.shift() ?? 900) } : {}),
      observer: this.#observer(),
    });
  }

  #observer(): HostObserver {
    const { figure } = this;
    const tap = pcapTap(this.#pcap, { epoch: performance.timeOrigin });
    return {
      packet: (event) => {
        tap.packet?.(event);
        figure.packet(event);
      },
      transition: (now, socket, from, to) => figure.transition(now, socket, from, to),
    };
  }
}

/** A stage of its own addresses for each `n`, its capture at `path`. */
export async function openStage(n: number, path: string, options: StageOptions): Promise<Stage> {
  const { family = 4, kernelRto = CALM_KERNEL } = options;
  const tun = await openTun({ name: `estab${n}` });
  try {
    const peerAddress = `${kernels(n, family)}/${family === 4 ? 24 : 64}`;
    await configureTun({ name: tun.name, peerAddress });
    const to = family === 4 ? `10.9.${n}.0/24` : `fd00:9:${n}::/64`;
    const how = ['dev', tun.name, 'src', kernels(n, family), 'rto_min', `${kernelRto}ms`];
    execFileSync('ip', [`-${family}`, 'route', 'replace', to, ...how]);
    const pcap = openPcapFile(path, { interfaces: [tun.name] });
    return new Stage(n, tun, pcap, options);
  } catch (error) {
    await tun.close();
    throw error;
  }
}

const kernels = (n: number, family: Family): string =>
  family === 4 ? `10.9.${n}.1` : `fd00:9:${n}::1`;
const ours = (n: number, family: Family): string =>
  family === 4 ? `10.9.${n}.2` : `fd00:9:${n}::2`;

function addressOf(text: string): IpAddress {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`${text} is no address`);
  return address;
}

const words = ({ w0, w1, w2, w3 }: IpAddress): [number, number, number, number] => [w0, w1, w2, w3];

function granted<T extends object>(answer: T | HostRefusal): T {
  if ('error' in answer) throw new Error(`${answer.error}: ${answer.message}`);
  return answer;
}

function only<T>([first, ...others]: readonly T[]): T {
  if (first === undefined || others.length > 0) throw new Error(`${others.length + 1}, not one`);
  return first;
}
