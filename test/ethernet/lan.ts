/**
 * An Ethernet in virtual time: stations that hear every frame, and a log of them in words. Hosts run
 * as they do anywhere else; what tests send by hand is heard like the rest.
 */
import { Host, type HostOptions } from '../../src/stack/host.ts';
import type { NetworkInterface } from '../../src/stack/interface.ts';
import type { Outlet } from '../../src/stack/outlet.ts';
import { parseAddress, parseCidr, printWords, type IpAddress } from '../../src/wire/address.ts';
import { ArpOperation, ArpPacket, readArp } from '../../src/wire/arp.ts';
import { EthernetHeader, EtherType, readEthernet } from '../../src/wire/ethernet.ts';
import { IpHeader, Protocol, readIp } from '../../src/wire/ip.ts';
import { parseMac, printMacWords } from '../../src/wire/mac.ts';
import { NdMessage, NdType, readNdp } from '../../src/wire/ndp.ts';
import { printPacket } from '../../src/wire/print.ts';

export const address = (text: string): IpAddress => parseAddress(text)!;

const HEADER = 14;
const MTU = 1500;

class Port implements Outlet {
  readonly medium = 'ethernet';
  readonly mtu: number = MTU;
  readonly checksumOffload = false;
  readonly bytes: Uint8Array = new Uint8Array(MTU + 64);
  readonly view: DataView = new DataView(this.bytes.buffer);
  readonly sent: Uint8Array[] = [];

  claim(): number {
    return 0;
  }

  transmit(start: number, end: number): void {
    this.sent.push(this.bytes.slice(start, end));
    this.bytes.fill(0xdb);
  }
}

export interface StationOptions extends Partial<HostOptions> {
  readonly addresses?: never;
  /** CIDR notation. */
  readonly ip?: readonly string[];
  readonly mac?: string;
}

/** A host with one interface, and what came out of it. */
export class Station {
  readonly name: string;
  readonly host: Host;
  readonly port: Port = new Port();
  readonly iface: NetworkInterface;

  constructor(name: string, now: number, options: StationOptions) {
    const { ip = [], mac = `02:00:00:00:00:0${name}`, addresses: _none, ...rest } = options;
    const seed = name.charCodeAt(0);
    this.name = name;
    this.host = new Host({ name, secret: new Uint8Array(16).fill(seed), ...rest });
    const iface = this.host.addInterface(now, {
      name: 'eth0',
      outlet: this.port,
      mac: parseMac(mac)!,
      addresses: ip.map((text) => parseCidr(text)!),
    });
    if ('error' in iface) throw new Error(iface.message);
    this.iface = iface;
  }

  /** `address state` of each, without the link-local ones unless asked for. */
  addresses(linkLocal = false): string[] {
    return this.iface.addresses
      .filter(({ origin }) => linkLocal || origin !== 'link-local')
      .map(({ cidr, state }) => {
        const { family, w0, w1, w2, w3 } = cidr.address;
        return `${printWords(family, w0, w1, w2, w3)}/${cidr.prefixLength} ${state}`;
      });
  }

  neighbour(text: string): string | undefined {
    return this.host.neighbours().find((n) => n.address === text)?.state;
  }
}

export class Lan {
  now = 0;
  /** Every frame, as `time: words`. */
  readonly log: string[] = [];
  /** Frames that `lose` picks are heard by nobody. */
  lose: (words: string) => boolean = () => false;
  /** Hears every frame, and may answer through `send`. */
  onFrame: ((frame: Uint8Array) => void) | undefined = undefined;
  readonly #stations: Station[] = [];

  station(name: string, options: StationOptions = {}): Station {
    const station = new Station(name, this.now, options);
    this.#stations.push(station);
    return station;
  }

  /** A frame that comes from outside of this world. */
  send(frame: Uint8Array): void {
    this.#hear(frame, undefined);
  }

  /** Until nothing is under way, time standing still. */
  settle(): void {
    for (let moved = true; moved;) {
      moved = false;
      for (const station of this.#stations) {
        station.host.flush(this.now);
        for (const frame of station.port.sent.splice(0)) {
          moved = true;
          this.#hear(frame, station);
        }
      }
    }
  }

  run(ms: number): void {
    const until = this.now + ms;
    this.settle();
    for (;;) {
      const next = Math.min(...this.#stations.map(({ host }) => host.nextTimeout()));
      if (next > until) break;
      this.now = Math.max(this.now, next);
      for (const { host } of this.#stations) host.timeout(this.now);
      this.settle();
    }
    this.now = until;
  }

  /** What was heard since the last call that has `word` in it. */
  heard(word = ''): string[] {
    return this.log.splice(0).filter((line) => line.includes(word));
  }

  #hear(frame: Uint8Array, from: Station | undefined): void {
    const words = inWords(frame);
    const lost = this.lose(words);
    this.log.push(`${Math.round(this.now)}: ${words}${lost ? ' (lost)' : ''}`);
    if (lost) return;
    for (const station of this.#stations) {
      if (station === from) continue;
      const copy = frame.slice();
      const view = new DataView(copy.buffer);
      station.host.packetArrives(this.now, copy, view, 0, copy.length, false, station.iface);
    }
    this.onFrame?.(frame);
  }
}

/** `0a > *: who has 192.0.2.2? 192.0.2.1 asks`: stations by the last octet, `*` for groups. */
export function inWords(frame: Uint8Array): string {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const header = new EthernetHeader();
  const drop = readEthernet(header, view, 0, frame.length);
  if (drop !== undefined) return drop;
  const last = (high: number, low: number): string =>
    (high & 0x100) !== 0 ? '*' : printMacWords(high, low).slice(-2);
  const ends = `${last(header.sourceHigh, header.sourceLow)} > ${last(header.destinationHigh, header.destinationLow)}`;
  return `${ends}: ${payload(frame, view, header.type)}`;
}

function payload(frame: Uint8Array, view: DataView, type: number): string {
  if (type === EtherType.ARP) return arpInWords(view, frame.length);
  const ip = new IpHeader();
  if (readIp(ip, view, HEADER, frame.length) === undefined && ip.protocol === Protocol.ICMPV6) {
    const words = ndInWords(ip, view);
    if (words !== undefined) return words;
  }
  return printPacket(frame, HEADER, frame.length);
}

function arpInWords(view: DataView, end: number): string {
  const arp = new ArpPacket();
  const drop = readArp(arp, view, HEADER, end);
  if (drop !== undefined) return drop;
  const [sender, target] = [arp.sender, arp.target].map((w3) => printWords(4, 0, 0, 0, w3));
  if (arp.operation === ArpOperation.REPLY) return `ARP ${sender} is mine, says to ${target}`;
  if (arp.sender === arp.target) return `ARP ${sender} is mine`;
  return `ARP who has ${target}? ${arp.sender === 0 ? 'nobody yet' : sender} asks`;
}

function ndInWords(ip: IpHeader, view: DataView): string | undefined {
  const m = new NdMessage();
  const type = view.getUint8(ip.payloadStart);
  if (type === 143) return 'MLD report';
  if (readNdp(m, ip, view) !== undefined) return undefined;
  const target = printWords(6, m.target0, m.target1, m.target2, m.target3);
  const from = printWords(6, ip.src0, ip.src1, ip.src2, ip.src3);
  switch (m.type) {
    case NdType.NEIGHBOR_SOLICITATION:
      return `ND who has ${target}? ${from === '::' ? 'nobody yet' : from} asks`;
    case NdType.NEIGHBOR_ADVERTISEMENT:
      return `ND ${target} is mine${m.solicited ? ', says who was asked' : ''}`;
    case NdType.ROUTER_SOLICITATION:
      return 'ND who is a router?';
    case NdType.ROUTER_ADVERTISEMENT:
      return 'ND I am a router';
    default:
      return `ND redirect to ${target}`;
  }
}
