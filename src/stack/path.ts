/** Where datagrams go, remembered until routes or addresses change: `generation` says when. */
import type { Family } from '../wire/address.ts';
import type { NetworkInterface } from './interface.ts';

/** Where datagrams to one destination go. */
export class Path {
  /** Undefined: there was no route. */
  iface: NetworkInterface | undefined = undefined;
  family: Family = 4;
  /** The next hop. */
  hop0 = 0;
  hop1 = 0;
  hop2 = 0;
  hop3 = 0;
  /** Octets of the largest datagram it takes whole. */
  mtu = 0;
  /** TCP leaves with DF, but where so little gets through that routers may have to fragment. */
  dontFragment = false;
  /** That of the routes when this was found out; -1: never. */
  generation = -1;
}
