/** `estab/wire`: octets to fields and back. No state, no time; nothing here throws on input. */
export {
  add,
  diff,
  ge,
  gt,
  inWindow,
  later,
  le,
  lt,
  seq,
  toI32,
  toU32,
  ZERO,
  type Seq,
} from '../wire/seq.ts';
export {
  ACK,
  CWR,
  ECE,
  FIN,
  PSH,
  RST,
  Segment,
  segLen,
  SYN,
  textLength,
  URG,
} from '../wire/segment.ts';
export {
  Cidr,
  inPrefix,
  IpAddress,
  isLimitedBroadcast,
  isLoopback,
  isMulticast,
  isSubnetBroadcast,
  isUnspecified,
  parseAddress,
  parseCidr,
  printAddress,
  printCidr,
  sameAddress,
  type Family,
} from '../wire/address.ts';
export { isGroupMac, MacAddress, parseMac, printMac, printMacWords, sameMac } from '../wire/mac.ts';
export {
  ETHERNET_HEADER,
  EthernetHeader,
  EtherType,
  readEthernet,
  writeEthernet,
} from '../wire/ethernet.ts';
export { ARP_LENGTH, ArpOperation, ArpPacket, readArp, writeArp } from '../wire/arp.ts';
export { NdMessage, NdType, readNdp } from '../wire/ndp.ts';
export type { NdOptions, PrefixInformation, RecursiveServer } from '../wire/ndp-options.ts';
export { DhcpType, readDhcp, writeDhcp, type DhcpRequest } from '../wire/dhcp.ts';
export { DhcpReply, type ClasslessRoute } from '../wire/dhcp-options.ts';
export { finish, fromWords, sum } from '../wire/checksum.ts';
export {
  WIRE_DROPS,
  type ArpDrop,
  type DhcpDrop,
  type EthernetDrop,
  type IcmpDrop,
  type IpDrop,
  type NdDrop,
  type TcpDrop,
  type UdpDrop,
  type WireDrop,
} from '../wire/drop.ts';
export { IpHeader } from '../wire/ip-header.ts';
export { ipHeaderLength, Protocol, pseudoSum, readIp, writeIp } from '../wire/ip.ts';
export {
  ICMP_HEADER,
  IcmpMessage,
  isIcmpError,
  Quoted,
  readQuoted,
  type IcmpKind,
} from '../wire/icmp.ts';
export { readIcmpv4, Unreachable, writeIcmpv4 } from '../wire/icmpv4.ts';
export { readIcmpv6, Unreachable6, writeIcmpv6 } from '../wire/icmpv6.ts';
export {
  destinationPort,
  readTcp,
  sealTcp,
  sourcePort,
  TCP_HEADER,
  tcpHeaderLength,
  verifyTcp,
  writeTcp,
} from '../wire/tcp.ts';
export { readUdp, UDP_HEADER, UdpDatagram, verifyUdp, writeUdp } from '../wire/udp.ts';
export {
  EVERYTHING,
  printControl,
  printPacket,
  printSegment,
  type PrintOptions,
} from '../wire/print.ts';
