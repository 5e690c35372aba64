/**
 * How a host answers an OPEN it cannot carry out: RFC 9293 §3.9.1.1. The core's own refusals are in
 * tcp/refusal.ts.
 */
export type HostRefusalReason =
  | 'address-in-use' //     somebody listens there (MUST-41)
  | 'address-not-ours' //   the local address is none of this host's (MUST-43)
  | 'no-route' //           no address of that family, or the remote one is our own
  | 'invalid-address' //    broadcast, multicast or unspecified (MUST-46)
  | 'invalid-port' //       not an integer of 1 to 65535
  | 'ports-exhausted' //    every ephemeral port is in use with that peer
  | 'connection-exists'; // the same pair of sockets is in use, perhaps in TIME-WAIT

export interface HostRefusal {
  readonly error: HostRefusalReason;
  /** Names the input and says what to do. */
  readonly message: string;
}

export function refuse(error: HostRefusalReason, message: string): HostRefusal {
  return { error, message };
}
