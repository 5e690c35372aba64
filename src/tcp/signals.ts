/**
 * What "signal the user" of RFC 9293 §3.10 says here. Signals are a set, so a burst of segments tells
 * "readable" once; they are taken out in the order of this list, the end always last.
 */
export type TcpSignal =
  | 'established' // both SYNs are acknowledged
  | 'readable' //    RECEIVE has something new
  | 'urgent' //      RCV.UP is, or moved further, ahead of what was taken (MUST-32)
  | 'end' //         the peer's FIN: "connection closing"
  | 'writable' //    SEND takes text again
  | 'r1' //          R1 reached: delivery is in trouble (SHLD-9)
  | 'soft-error' //  an ICMP error that may pass (SHLD-25)
  | 'reset' //       "connection reset"
  | 'refused' //     "connection refused"
  | 'timeout' //     "connection aborted due to user timeout"
  | 'host-unreachable' // nobody on the link answers to the next hop's address
  | 'network-down' // its own address or interface is gone
  | 'aborted' //     the user called ABORT
  | 'closed'; //     the connection is CLOSED and gone

/** How a connection can end early. */
export type Ending = Extract<
  TcpSignal,
  'reset' | 'refused' | 'timeout' | 'host-unreachable' | 'network-down' | 'aborted' | 'closed'
>;

/** The same as a set: one bit each, in the same order. */
export const Signal = {
  established: 0x1,
  readable: 0x2,
  urgent: 0x4,
  end: 0x8,
  writable: 0x10,
  r1: 0x20,
  softError: 0x40,
  reset: 0x80,
  refused: 0x100,
  timeout: 0x200,
  'host-unreachable': 0x400,
  'network-down': 0x800,
  aborted: 0x1000,
  closed: 0x2000,
} as const;

const ORDER: readonly TcpSignal[] = [
  'established',
  'readable',
  'urgent',
  'end',
  'writable',
  'r1',
  'soft-error',
  'reset',
  'refused',
  'timeout',
  'host-unreachable',
  'network-down',
  'aborted',
  'closed',
];

interface Signalled {
  happened: number;
}

export function signal(tcb: Signalled, which: (typeof Signal)[keyof typeof Signal]): void {
  tcb.happened |= which;
}

/** Takes the next signal out of the set. */
export function takeSignal(tcb: Signalled): TcpSignal | undefined {
  const set = tcb.happened;
  if (set === 0) return undefined;
  const lowest = 31 - Math.clz32(set & -set);
  tcb.happened = set & (set - 1);
  return ORDER[lowest];
}
