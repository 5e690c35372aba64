/**
 * The fields of an IPv4 (RFC 791 §3.1) or IPv6 (RFC 8200 §3) header, so that whoever holds one need
 * not know which it is. Addresses are words as in address.ts.
 */
export class IpHeader {
  version: 4 | 6 = 4;
  src0 = 0;
  src1 = 0;
  src2 = 0;
  src3 = 0;
  dst0 = 0;
  dst1 = 0;
  dst2 = 0;
  dst3 = 0;
  protocol = 0; //         Protocol, or the Next Header after all extension headers
  ttl = 0; //              Time to Live, or Hop Limit
  tos = 0; //              DSCP << 2 | ECN (RFC 2474, RFC 3168): Type of Service, Traffic Class
  id = 0; //               Identification: 16 bits, or an int32 from an IPv6 fragment header
  dontFragment = false; // always true when read from IPv6
  moreFragments = false;
  fragmentOffset = 0; //   octets, a multiple of 8
  flowLabel = 0; //        20 bits, IPv6 only
  headerStart = 0; //      where in the buffer the datagram starts,
  payloadStart = 0; //     what the protocol number speaks of starts,
  payloadEnd = 0; //       and ends
}
