/** A DHCP server that does what its script says. Its replies are made by hand. */
import { IpHeader, Protocol, pseudoSum, readIp } from '../../src/wire/ip.ts';
import { writeIpv4 } from '../../src/wire/ipv4.ts';
import { EtherType, writeEthernet } from '../../src/wire/ethernet.ts';
import { readUdp, UdpDatagram, verifyUdp, writeUdp } from '../../src/wire/udp.ts';
import { hex, octets, viewOf, zeros } from '../wire/frames.ts';
import { address, type Lan } from './lan.ts';
import { mac } from './messages.ts';

const TYPES = ['', 'DISCOVER', 'OFFER', 'REQUEST', 'DECLINE', 'ACK', 'NAK', 'RELEASE'];
const HEADERS = 14 + 20 + 8;

export interface Heard {
  readonly at: number;
  readonly type: string;
  /** `0.0.0.0 > 255.255.255.255` as last octets: `0 > 255`. */
  readonly ends: string;
  readonly xid: string;
  readonly chaddr: string;
  readonly ciaddr: string;
  readonly requested: string | undefined;
  readonly serverId: string | undefined;
}

export interface Grant {
  readonly address: string;
  /** Seconds. */
  readonly lease?: number;
  /** Further options, hexadecimal. */
  readonly options?: string;
  readonly xid?: string;
  readonly chaddr?: string;
  readonly server?: string;
}

const u32 = (n: number): string => (n >>> 0).toString(16).padStart(8, '0');
const ip4 = (text: string): string => u32(address(text).w3);
const dotted = (digits: string): string =>
  (digits.match(/../g) ?? []).map((octet) => Number.parseInt(octet, 16)).join('.');

export class DhcpServer {
  readonly heard: Heard[] = [];
  /** Called with each message of a client. */
  script: (message: Heard) => void = () => undefined;
  readonly #lan: Lan;

  constructor(lan: Lan) {
    this.#lan = lan;
    lan.onFrame = (frame) => {
      const message = this.#read(frame);
      if (message === undefined) return;
      this.heard.push(message);
      this.script(message);
    };
  }

  /** Offers and grants `grant` to whoever asks. */
  serve(grant: Grant): void {
    this.script = (message) => {
      if (message.type === 'DISCOVER') this.say('OFFER', message, grant);
      if (message.type === 'REQUEST') this.say('ACK', message, grant);
    };
  }

  say(type: string, to: Heard, grant: Grant): void {
    const { lease = 3600, options = '', xid = to.xid, chaddr = to.chaddr } = grant;
    const server = ip4(grant.server ?? '192.0.2.254');
    const code = TYPES.indexOf(type).toString(16).padStart(2, '0');
    const given = type === 'NAK' ? '00000000' : ip4(grant.address);
    const terms = type === 'NAK' ? '' : `3304${u32(lease)}0104ffffff00${options}`;
    const text = octets(
      `02010600${xid}${zeros(4)}00000000${given}${zeros(8)}${chaddr}${zeros(10 + 192)}
       63825363 3501${code} 3604${server} ${terms} ff`,
    );
    this.#send(text, server);
  }

  types(): string[] {
    return this.heard.map(({ type }) => type);
  }

  #send(text: Uint8Array, server: string): void {
    const bytes = new Uint8Array(HEADERS + text.length);
    const view = viewOf(bytes);
    bytes.set(text, HEADERS);
    const ip = new IpHeader();
    ip.src3 = Number.parseInt(server, 16) | 0;
    ip.dst3 = -1;
    ip.protocol = Protocol.UDP;
    ip.ttl = 64;
    const pseudo = pseudoSum(ip, Protocol.UDP, 8 + text.length);
    const udp = writeUdp(view, HEADERS, bytes.length, 67, 68, pseudo);
    writeIpv4(view, udp, ip, 8 + text.length);
    const own = mac('02:00:00:00:00:fe');
    writeEthernet(view, 14, 0xffff, -1, own.high, own.low, EtherType.IPV4);
    this.#lan.send(bytes);
  }

  #read(frame: Uint8Array): Heard | undefined {
    const view = viewOf(frame);
    const ip = new IpHeader();
    const udp = new UdpDatagram();
    if (readIp(ip, view, 14, frame.length) !== undefined || ip.protocol !== Protocol.UDP) return;
    if (readUdp(udp, view, ip.payloadStart, ip.payloadEnd) !== undefined) return;
    if (udp.destinationPort !== 67 || udp.sourcePort !== 68) return;
    const pseudo = pseudoSum(ip, Protocol.UDP, udp.dataEnd - ip.payloadStart);
    if (!verifyUdp(4, view, ip.payloadStart, udp.dataEnd, pseudo)) throw new Error('bad checksum');
    const text = hex(frame.subarray(udp.dataStart, udp.dataEnd));
    const option = (code: string): string | undefined => {
      for (let at = 480; text.slice(at, at + 2) !== 'ff';) {
        const length = 2 * Number.parseInt(text.slice(at + 2, at + 4), 16);
        if (text.slice(at, at + 2) === code) return text.slice(at + 4, at + 4 + length);
        at += 4 + length;
      }
      return undefined;
    };
    const requested = option('32');
    const serverId = option('36');
    return {
      at: this.#lan.now,
      type: TYPES[Number.parseInt(option('35') ?? '0', 16)] ?? '?',
      ends: `${ip.src3 & 255} > ${ip.dst3 & 255}`,
      xid: text.slice(8, 16),
      chaddr: text.slice(56, 68),
      ciaddr: dotted(text.slice(24, 32)),
      requested: requested === undefined ? undefined : dotted(requested),
      serverId: serverId === undefined ? undefined : dotted(serverId),
    };
  }
}
