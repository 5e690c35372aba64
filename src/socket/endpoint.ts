/** Addresses with a port, as text: `example.com:80`, `10.0.0.1:80`, `[fd00::1]:80` (RFC 3986 §3.2.2). */
import { printAddress, type IpAddress } from '../wire/address.ts';
import { SocketError } from './socket-error.ts';

export interface SocketAddress {
  readonly hostname: string;
  readonly port: number;
}

export function printEndpoint(address: IpAddress | undefined, port: number): string {
  if (address === undefined) return `*:${port}`;
  const text = printAddress(address);
  return address.family === 6 ? `[${text}]:${port}` : `${text}:${port}`;
}

/** @throws SocketError when it is not of that form. */
export function endpointOf(address: string | SocketAddress): SocketAddress {
  if (typeof address !== 'string' && (typeof address !== 'object' || address === null)) {
    const example = "'example.com:80' or { hostname, port }";
    throw new SocketError('EINVAL', `address is ${String(address)}: give ${example}`);
  }
  const { hostname, port } = typeof address === 'string' ? parsed(address) : address;
  if (typeof hostname !== 'string' || hostname === '') {
    throw new SocketError('EINVAL', `hostname is '${hostname}': give a name or an address`);
  }
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new SocketError('EINVAL', `port is ${port}: give an integer from 1 to 65535`);
  }
  return { hostname: hostname.replace(/^\[(.*)\]$/, '$1'), port };
}

function parsed(text: string): SocketAddress {
  const match = /^(\[[^\]]+\]|[^:[\]]+):([0-9]{1,5})$/.exec(text);
  const [, hostname, port] = match ?? [];
  if (hostname !== undefined) return { hostname, port: Number(port) };
  const example = 'give a host and a port, such as example.com:80 or [fd00::1]:80';
  throw new SocketError('EINVAL', `address is '${text}': ${example}`);
}
