/**
 * What names a connection: "the pair of sockets", RFC 9293 §3.3.1. One reused object per purpose, so
 * that a lookup allocates nothing.
 */
import type { Family, IpAddress } from '../wire/address.ts';
import type { IpHeader } from '../wire/ip-header.ts';

export class FourTuple {
  family: Family = 4;
  local0 = 0;
  local1 = 0;
  local2 = 0;
  local3 = 0;
  remote0 = 0;
  remote1 = 0;
  remote2 = 0;
  remote3 = 0;
  localPort = 0;
  remotePort = 0;

  /** Of a datagram that has come: its destination is the local end. */
  ofArrival(ip: IpHeader, sourcePort: number, destinationPort: number): void {
    this.family = ip.version;
    this.local0 = ip.dst0;
    this.local1 = ip.dst1;
    this.local2 = ip.dst2;
    this.local3 = ip.dst3;
    this.remote0 = ip.src0;
    this.remote1 = ip.src1;
    this.remote2 = ip.src2;
    this.remote3 = ip.src3;
    this.localPort = destinationPort;
    this.remotePort = sourcePort;
  }

  /** Of a datagram that left here once, as an ICMP error quotes it: its source is the local end. */
  ofQuoted(ip: IpHeader, sourcePort: number, destinationPort: number): void {
    this.family = ip.version;
    this.local0 = ip.src0;
    this.local1 = ip.src1;
    this.local2 = ip.src2;
    this.local3 = ip.src3;
    this.remote0 = ip.dst0;
    this.remote1 = ip.dst1;
    this.remote2 = ip.dst2;
    this.remote3 = ip.dst3;
    this.localPort = sourcePort;
    this.remotePort = destinationPort;
  }

  ofAddresses(local: IpAddress, localPort: number, remote: IpAddress, remotePort: number): void {
    this.family = local.family;
    this.local0 = local.w0;
    this.local1 = local.w1;
    this.local2 = local.w2;
    this.local3 = local.w3;
    this.remote0 = remote.w0;
    this.remote1 = remote.w1;
    this.remote2 = remote.w2;
    this.remote3 = remote.w3;
    this.localPort = localPort;
    this.remotePort = remotePort;
  }

  copy(other: FourTuple): void {
    this.family = other.family;
    this.local0 = other.local0;
    this.local1 = other.local1;
    this.local2 = other.local2;
    this.local3 = other.local3;
    this.remote0 = other.remote0;
    this.remote1 = other.remote1;
    this.remote2 = other.remote2;
    this.remote3 = other.remote3;
    this.localPort = other.localPort;
    this.remotePort = other.remotePort;
  }
}

/** Packs the tuple into `words` for a keyed hash and says how many octets that is. */
export function packTuple(words: Int32Array, t: FourTuple, withLocalPort: boolean): number {
  let at = 0;
  if (t.family === 6) {
    words[0] = t.local0;
    words[1] = t.local1;
    words[2] = t.local2;
    words[3] = t.remote0;
    words[4] = t.remote1;
    words[5] = t.remote2;
    at = 6;
  }
  words[at] = t.local3;
  words[at + 1] = t.remote3;
  words[at + 2] = ((withLocalPort ? t.localPort : 0) << 16) | t.remotePort;
  return (at + 3) * 4;
}
