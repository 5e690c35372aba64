/** Addresses and ports of a connection as `node:net` gives them. */
import type { AddressInfo } from 'node:net';
import type { TcpSocket } from '../../stack/tcp-socket.ts';
import { printAddress, type IpAddress } from '../../wire/address.ts';
import { mapped as mappedAddress } from '../../wire/mapped-address.ts';

/** `mapped`: the program deals in IPv6, so an IPv4 address is shown as `::ffff:a.b.c.d`. */
export function localEnd(tcp: TcpSocket, mapped: boolean): AddressInfo | undefined {
  return addressInfo(tcp.localAddress, tcp.localPort, mapped);
}

/** As `localEnd`. */
export function remoteEnd(tcp: TcpSocket, mapped: boolean): AddressInfo | undefined {
  return addressInfo(tcp.remoteAddress, tcp.remotePort, mapped);
}

function addressInfo(
  address: IpAddress | undefined,
  port: number,
  mapped: boolean,
): AddressInfo | undefined {
  if (address === undefined) return undefined;
  const shown = mapped ? mappedAddress(address) : address;
  return { address: printAddress(shown), family: `IPv${shown.family}`, port };
}
