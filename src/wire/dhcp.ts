/**
 * DHCP messages for IPv4: RFC 2131 §2, options of RFC 2132 and RFC 3442. A client's messages are
 * written, a server's read; of the options those that this client understands.
 */
import type { DhcpDrop } from './drop.ts';
import { DhcpOption, readDhcpOptions, type DhcpReply } from './dhcp-options.ts';

export const DHCP_CLIENT_PORT = 68;
export const DHCP_SERVER_PORT = 67;

/** Option 53, RFC 2132 §9.6. */
export const DhcpType = {
  DISCOVER: 1,
  OFFER: 2,
  REQUEST: 3,
  DECLINE: 4,
  ACK: 5,
  NAK: 6,
  RELEASE: 7,
} as const;

const BOOTREQUEST = 1;
const BOOTREPLY = 2;
const HARDWARE_ETHERNET = 1;
const COOKIE = 0x63825363; // RFC 2131 §3
const BROADCAST = 0x8000; // the B flag, RFC 2131 §2
const OPTIONS = 240; // where they start, after the cookie
const LEAST_LENGTH = 300; // octets; what BOOTP relays expect (RFC 1542 §2.1)
const MOST_NAME = 63; // octets of a host name, RFC 1123 §2.1

const wire = {
  op: 0,
  htype: 1,
  hlen: 2,
  xid: 4,
  secs: 8,
  flags: 10,
  ciaddr: 12,
  yiaddr: 16,
  siaddr: 20,
  chaddr: 28,
  sname: 44,
  file: 108,
  cookie: 236,
} as const;

/** What a client says. */
export interface DhcpRequest {
  readonly type: number;
  readonly xid: number;
  /** Seconds since it began. */
  readonly secs: number;
  /** Answers by broadcast, please. */
  readonly broadcast: boolean;
  /** `ciaddr`: ours, and we can receive by it; 0 else. */
  readonly clientAddress: number;
  readonly macHigh: number;
  readonly macLow: number;
  /** Option 50, 0 for none. */
  readonly requested: number;
  /** Option 54, 0 for none. */
  readonly serverId: number;
  /** Option 12; ASCII, '' for none. */
  readonly hostName: string;
  /** The largest message that we take, octets; 0 for none (RFC 2132 §9.10). */
  readonly maxSize: number;
}

/** What is asked for in option 55, in order of preference. */
const PARAMETERS: readonly number[] = [
  DhcpOption.SUBNET_MASK,
  DhcpOption.CLASSLESS_ROUTES, // before ROUTER, RFC 3442
  DhcpOption.ROUTER,
  DhcpOption.NAME_SERVERS,
  DhcpOption.DOMAIN,
  DhcpOption.MTU,
  DhcpOption.LEASE_TIME,
  DhcpOption.RENEWAL_TIME,
  DhcpOption.REBINDING_TIME,
];

/** Room that `writeDhcp` needs, octets. */
export const DHCP_MAX_REQUEST = 400;

/** Reads the message of a server in [start, end). On a drop `out` is in no particular state. */
export function readDhcp(
  out: DhcpReply,
  view: DataView,
  start: number,
  end: number,
): DhcpDrop | undefined {
  if (end - start < OPTIONS) return 'dhcp-truncated';
  const reply =
    view.getUint8(start + wire.op) === BOOTREPLY &&
    view.getUint8(start + wire.htype) === HARDWARE_ETHERNET &&
    view.getUint8(start + wire.hlen) === 6 &&
    view.getUint32(start + wire.cookie) === COOKIE;
  if (!reply) return 'dhcp-format';
  clear(out);
  out.xid = view.getInt32(start + wire.xid);
  out.address = view.getInt32(start + wire.yiaddr);
  out.chaddrHigh = view.getUint16(start + wire.chaddr);
  out.chaddrLow = view.getInt32(start + wire.chaddr + 2);
  let overload = readDhcpOptions(out, view, start + OPTIONS, end);
  if (overload === undefined) return 'dhcp-option-length';
  if ((overload & 1) !== 0) {
    if (readDhcpOptions(out, view, start + wire.file, start + wire.cookie) === undefined) {
      return 'dhcp-option-length';
    }
  }
  if ((overload & 2) !== 0) {
    overload = readDhcpOptions(out, view, start + wire.sname, start + wire.file);
    if (overload === undefined) return 'dhcp-option-length';
  }
  const { type } = out;
  const known = type === DhcpType.OFFER || type === DhcpType.ACK || type === DhcpType.NAK;
  return known ? undefined : 'dhcp-message-type';
}

function clear(out: DhcpReply): void {
  out.type = out.serverId = out.subnetMask = out.mtu = 0;
  out.leaseTime = out.renewalTime = out.rebindingTime = -1;
  out.routers = [];
  out.servers = [];
  out.routes = [];
  out.domain = out.message = '';
}

/** Writes a client's message from `start` on, `DHCP_MAX_REQUEST` octets at most; says where it ends. */
export function writeDhcp(view: DataView, start: number, request: DhcpRequest): number {
  for (let at = start; at < start + DHCP_MAX_REQUEST; at += 4) view.setInt32(at, 0);
  view.setUint8(start + wire.op, BOOTREQUEST);
  view.setUint8(start + wire.htype, HARDWARE_ETHERNET);
  view.setUint8(start + wire.hlen, 6);
  view.setInt32(start + wire.xid, request.xid);
  view.setUint16(start + wire.secs, Math.min(request.secs, 0xffff));
  view.setUint16(start + wire.flags, request.broadcast ? BROADCAST : 0);
  view.setInt32(start + wire.ciaddr, request.clientAddress);
  view.setUint16(start + wire.chaddr, request.macHigh);
  view.setInt32(start + wire.chaddr + 2, request.macLow);
  view.setUint32(start + wire.cookie, COOKIE);
  const end = writeOptions(view, start + OPTIONS, request);
  return Math.max(end, start + LEAST_LENGTH);
}

function writeOptions(view: DataView, start: number, request: DhcpRequest): number {
  let at = writeOctets(view, start, DhcpOption.MESSAGE_TYPE, [request.type]);
  view.setUint8(at, DhcpOption.CLIENT_ID); // RFC 2132 §9.14: the hardware type, then its address
  view.setUint8(at + 1, 7);
  view.setUint8(at + 2, HARDWARE_ETHERNET);
  view.setUint16(at + 3, request.macHigh);
  view.setInt32(at + 5, request.macLow);
  at += 9;
  if (request.requested !== 0) at = writeWord(view, at, DhcpOption.REQUESTED, request.requested);
  if (request.serverId !== 0) at = writeWord(view, at, DhcpOption.SERVER_ID, request.serverId);
  if (request.type === DhcpType.DISCOVER || request.type === DhcpType.REQUEST) {
    at = writeOctets(view, at, DhcpOption.PARAMETERS, PARAMETERS);
    if (request.maxSize > 0) {
      const { maxSize } = request;
      at = writeOctets(view, at, DhcpOption.MAX_SIZE, [maxSize >> 8, maxSize & 0xff]);
    }
    at = writeName(view, at, request.hostName);
  }
  view.setUint8(at, DhcpOption.END);
  return at + 1;
}

function writeWord(view: DataView, at: number, option: number, word: number): number {
  view.setUint8(at, option);
  view.setUint8(at + 1, 4);
  view.setInt32(at + 2, word);
  return at + 6;
}

function writeOctets(
  view: DataView,
  at: number,
  option: number,
  octets: readonly number[],
): number {
  view.setUint8(at, option);
  view.setUint8(at + 1, octets.length);
  octets.forEach((octet, i) => view.setUint8(at + 2 + i, octet));
  return at + 2 + octets.length;
}

/** Only a name that DNS could carry is told (RFC 1123 §2.1). */
function writeName(view: DataView, at: number, name: string): number {
  if (name === '' || name.length > MOST_NAME || !/^[A-Za-z0-9-]+$/.test(name)) return at;
  return writeOctets(
    view,
    at,
    DhcpOption.HOST_NAME,
    Array.from(name, (letter) => letter.charCodeAt(0)),
  );
}
