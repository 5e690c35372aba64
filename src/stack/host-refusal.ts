/**
 * How a host answers an OPEN it cannot carry out (RFC 9293 §3.9.1.1) and calls of UDP sockets. The
 * core's own refusals are in tcp/refusal.ts.
 */
export type HostRefusalReason =
  | 'address-in-use' //     somebody listens there (MUST-41)
  | 'address-not-ours' //   the local address is none of this host's (MUST-43)
  | 'no-route' //           no interface leads there, or none with an address of that family
  | 'self-connection' //    both ends would be the same socket
  | 'interface-exists' //   an interface of that name is there
  | 'invalid-address' //    broadcast, multicast or unspecified (MUST-46)
  | 'invalid-port' //       not an integer of 1 to 65535
  | 'ports-exhausted' //    every ephemeral port is in use with that peer
  | 'connection-exists' //  the same pair of sockets is in use, perhaps in TIME-WAIT
  | 'invalid-option' //     a TTL, a traffic class or a range of octets that cannot be
  | 'socket-closed' //      the UDP socket is closed
  | 'not-connected' //      the UDP socket has no peer, and none was named
  | 'already-connected' //  the UDP socket has a peer, and another was named
  | 'message-too-long' //   more octets than a UDP datagram holds (RFC 768)
  | 'not-permitted' //      broadcast, of a socket that may not (RFC 1122 §4.1.3.4)
  | 'no-such-interface' //  no interface of this host, or none that reaches the group
  | 'already-a-member' //   of that group on that interface
  | 'not-a-member'
  | 'too-many-groups'; //   one socket has joined as many as are kept

export interface HostRefusal {
  readonly error: HostRefusalReason;
  /** Names the input and says what to do. */
  readonly message: string;
}

export function refuse(error: HostRefusalReason, message: string): HostRefusal {
  return { error, message };
}
