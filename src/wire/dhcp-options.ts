/**
 * Options in a DHCP server's message: RFC 2132, RFC 3442 (classless routes), RFC 3396 §7 as far as
 * lists that come in pieces are joined. What is kept of each is bounded.
 */
export const DhcpOption = {
  PAD: 0,
  SUBNET_MASK: 1,
  ROUTER: 3,
  NAME_SERVERS: 6,
  HOST_NAME: 12,
  DOMAIN: 15,
  MTU: 26,
  REQUESTED: 50,
  LEASE_TIME: 51,
  OVERLOAD: 52,
  MESSAGE_TYPE: 53,
  SERVER_ID: 54,
  PARAMETERS: 55,
  MESSAGE: 56,
  MAX_SIZE: 57,
  RENEWAL_TIME: 58,
  REBINDING_TIME: 59,
  CLIENT_ID: 61,
  CLASSLESS_ROUTES: 121,
  END: 255,
} as const;

const MOST_ADDRESSES = 8; // of a list
const MOST_ROUTES = 16;

/** A destination of RFC 3442 and the router to it; addresses as int32. */
export interface ClasslessRoute {
  readonly destination: number;
  readonly prefixLength: number;
  readonly router: number;
}

/** What a server says. Addresses are int32, 0 when absent; times are seconds, -1 when absent. */
export class DhcpReply {
  type = 0;
  xid = 0;
  /** `yiaddr`, the address that is ours. */
  address = 0;
  chaddrHigh = 0;
  chaddrLow = 0;
  serverId = 0;
  subnetMask = 0;
  leaseTime = -1;
  renewalTime = -1; //   T1
  rebindingTime = -1; // T2
  mtu = 0; // octets, 0 when absent
  routers: number[] = [];
  servers: number[] = []; // of names
  routes: ClasslessRoute[] = [];
  domain = '';
  message = '';
}

/**
 * Reads the options in [start, end) into `out`; gives the value of Option Overload, 0 when it is not
 * there, `undefined` when an option is malformed. An End that is missing is no error.
 */
export function readDhcpOptions(
  out: DhcpReply,
  view: DataView,
  start: number,
  end: number,
): number | undefined {
  let overload = 0;
  let at = start;
  while (at < end) {
    const option = view.getUint8(at);
    if (option === DhcpOption.END) break;
    if (option === DhcpOption.PAD) {
      at += 1;
      continue;
    }
    if (at + 2 > end) return undefined;
    const length = view.getUint8(at + 1);
    const value = at + 2;
    at = value + length;
    if (at > end) return undefined;
    if (option === DhcpOption.OVERLOAD && length === 1) overload = view.getUint8(value);
    else if (!readOption(out, view, option, value, length)) return undefined;
  }
  return overload;
}

/** False when its length is not one that it can have. */
function readOption(
  out: DhcpReply,
  view: DataView,
  option: number,
  at: number,
  length: number,
): boolean {
  switch (option) {
    case DhcpOption.MESSAGE_TYPE:
      if (length !== 1) return false;
      out.type = view.getUint8(at);
      return true;
    case DhcpOption.MTU:
      if (length !== 2) return false;
      out.mtu = view.getUint16(at);
      return true;
    case DhcpOption.ROUTER:
      return readAddresses(out.routers, view, at, length);
    case DhcpOption.NAME_SERVERS:
      return readAddresses(out.servers, view, at, length);
    case DhcpOption.CLASSLESS_ROUTES:
      return readRoutes(out, view, at, length);
    case DhcpOption.DOMAIN:
      out.domain = text(view, at, length);
      return true;
    case DhcpOption.MESSAGE:
      out.message = text(view, at, length);
      return true;
    default:
      return readWord(out, view, option, at, length);
  }
}

function readWord(
  out: DhcpReply,
  view: DataView,
  option: number,
  at: number,
  length: number,
): boolean {
  switch (option) {
    case DhcpOption.SUBNET_MASK:
      if (length === 4) out.subnetMask = view.getInt32(at);
      break;
    case DhcpOption.SERVER_ID:
      if (length === 4) out.serverId = view.getInt32(at);
      break;
    case DhcpOption.LEASE_TIME:
      if (length === 4) out.leaseTime = view.getUint32(at);
      break;
    case DhcpOption.RENEWAL_TIME:
      if (length === 4) out.renewalTime = view.getUint32(at);
      break;
    case DhcpOption.REBINDING_TIME:
      if (length === 4) out.rebindingTime = view.getUint32(at);
      break;
    default:
      return true; // of no use to us
  }
  return length === 4;
}

function readAddresses(out: number[], view: DataView, at: number, length: number): boolean {
  if (length === 0 || (length & 3) !== 0) return false;
  for (let next = at; next < at + length && out.length < MOST_ADDRESSES; next += 4) {
    out.push(view.getInt32(next));
  }
  return true;
}

/** RFC 3442: the significant octets of each destination only. */
function readRoutes(out: DhcpReply, view: DataView, start: number, length: number): boolean {
  const end = start + length;
  let at = start;
  while (at < end) {
    const prefixLength = view.getUint8(at);
    const octets = (prefixLength + 7) >> 3;
    const next = at + 1 + octets + 4;
    if (prefixLength > 32 || next > end) return false;
    let destination = 0;
    for (let i = 0; i < octets; i++) {
      destination |= view.getUint8(at + 1 + i) << (24 - 8 * i);
    }
    if (out.routes.length < MOST_ROUTES) {
      out.routes.push({ destination, prefixLength, router: view.getInt32(next - 4) });
    }
    at = next;
  }
  return length > 0;
}

/** ASCII; anything else, and what would steer a terminal, becomes `?`. */
function text(view: DataView, at: number, length: number): string {
  let out = '';
  for (let i = 0; i < length; i++) {
    const octet = view.getUint8(at + i);
    if (octet === 0) break; // servers that end it like a string of C
    out += octet > 0x20 && octet < 0x7f ? String.fromCharCode(octet) : octet === 0x20 ? ' ' : '?';
  }
  return out;
}
