/**
 * A stack of ours behind a TUN device, run by Node's event loop: what listen, connect and demo share.
 * The kernel is its neighbour at the other end of the device.
 */
import { performance } from 'node:perf_hooks';
import { configureTun } from '../../link/node/configure-tun.ts';
import { openPcapFile, type PcapFile } from '../../link/node/pcap-file.ts';
import { openTun, type TunLink } from '../../link/node/tun.ts';
import { pcapTap, type PacketWriter } from '../../link/pcap-tap.ts';
import { Stack } from '../../socket/stack.ts';
import type { Host, HostObserver } from '../../stack/host.ts';
import type { HostRefusal } from '../../stack/host-refusal.ts';
import type { TcpSocket } from '../../stack/tcp-socket.ts';
import type { TcpDefaults } from '../../tcp/options.ts';
import type { State } from '../../tcp/state.ts';
import { printCidr, type Cidr } from '../../wire/address.ts';
import { Failure, fileFailure } from '../failure.ts';
import type { TraceFile } from '../trace-file.ts';
import { together } from './observers.ts';

export interface StationOptions {
  /** Of the interface, made if it is not there. */
  readonly tun: string;
  readonly addresses: readonly Cidr[];
  /** The kernel's addresses on the interface; none leaves the interface alone. */
  readonly kernel: readonly Cidr[];
  /** A capture of everything. */
  readonly pcap?: string | undefined;
  /** Every decision of the senders, closed with the station. */
  readonly trace?: TraceFile | undefined;
  readonly observers?: readonly HostObserver[];
  /** How the TCP of all connections is set. */
  readonly tcp?: Partial<TcpDefaults>;
}

export class Station {
  readonly stack: Stack;
  readonly host: Host;
  readonly link: TunLink;
  /** Called when the device vanishes under us, or the capture cannot be written. */
  onLost: ((error: Error) => void) | undefined = undefined;
  /** Called when a connection takes a new state, from inside the host: call nothing of it. */
  onTransition: ((socket: TcpSocket, to: State) => void) | undefined = undefined;
  readonly #pcap: PcapFile | undefined;
  readonly #trace: TraceFile | undefined;
  #pcapFailed = false;

  constructor(link: TunLink, pcap: PcapFile | undefined, options: StationOptions) {
    this.link = link;
    this.#pcap = pcap;
    this.#trace = options.trace;
    this.stack = new Stack({
      tcp: options.tcp,
      observer: together([
        ...(pcap === undefined ? [] : [this.#tap(pcap)]),
        ...(options.trace === undefined ? [] : [options.trace.lines.observer('estab')]),
        ...(options.observers ?? []),
        { transition: (_now, socket, _from, to) => this.onTransition?.(socket, to) },
      ]),
    });
    this.host = this.stack.host;
    this.stack.addInterface({
      link,
      addresses: options.addresses.map(printCidr),
      onClose: (error) => {
        if (error !== undefined) this.onLost?.(error);
      },
    });
  }

  /** Carries out calls of a user at the present time; what they make due is sent. */
  act<T>(calls: (now: number) => T): T {
    return this.stack.act(calls);
  }

  /** Takes the device down; the interface goes with it, if it was made here. @throws Failure. */
  async close(): Promise<void> {
    await this.stack.close();
    this.#trace?.close();
    if (this.#pcap !== undefined && !this.#pcapFailed) {
      writing(this.#pcap.path, () => this.#pcap?.close());
    }
  }

  #tap(pcap: PcapFile): HostObserver {
    const packet: PacketWriter['packet'] = (timeMs, bytes, start, end, note) => {
      if (this.#pcapFailed) return;
      try {
        writing(pcap.path, () => pcap.packet(timeMs, bytes, start, end, note));
      } catch (error) {
        this.#pcapFailed = true;
        if (error instanceof Error) this.onLost?.(error);
      }
    };
    return pcapTap({ packet }, { epoch: performance.timeOrigin });
  }
}

function writing(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw fileFailure('write the capture', path, error);
  }
}

/** @throws Failure or DeviceError that says what to do. */
export async function openStation(options: StationOptions): Promise<Station> {
  const { tun, kernel } = options;
  const pcap = options.pcap === undefined ? undefined : openCapture(options.pcap, tun);
  const link = await openTun({ name: tun });
  try {
    for (const cidr of kernel) {
      await configureTun({ name: link.name, peerAddress: printCidr(cidr) });
    }
    return new Station(link, pcap, options);
  } catch (error) {
    await link.close();
    throw error;
  }
}

function openCapture(path: string, interfaceName: string): PcapFile {
  try {
    return openPcapFile(path, { interfaces: [interfaceName] });
  } catch (error) {
    throw fileFailure('write the capture', path, error);
  }
}

/** What the host opened. @throws Failure with what it says when it refused. */
export function granted<T extends object>(opened: T | HostRefusal): T {
  if (isRefusal(opened)) throw new Failure(opened.message);
  return opened;
}

const isRefusal = (opened: object): opened is HostRefusal => 'error' in opened;
