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
  | 'aborted' //     the user called ABORT
  | 'closed'; //     the connection is CLOSED and gone

const BIT: Readonly<Record<TcpSignal, number>> = {
  established: 1 << 0,
  readable: 1 << 1,
  urgent: 1 << 2,
  end: 1 << 3,
  writable: 1 << 4,
  r1: 1 << 5,
  'soft-error': 1 << 6,
  reset: 1 << 7,
  refused: 1 << 8,
  timeout: 1 << 9,
  aborted: 1 << 10,
  closed: 1 << 11,
};

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
  'aborted',
  'closed',
];

interface Signalled {
  happened: number;
}

export function signal(tcb: Signalled, name: TcpSignal): void {
  tcb.happened |= BIT[name];
}

/** Takes the next signal out of the set. */
export function takeSignal(tcb: Signalled): TcpSignal | undefined {
  const set = tcb.happened;
  if (set === 0) return undefined;
  const lowest = 31 - Math.clz32(set & -set);
  tcb.happened = set & (set - 1);
  return ORDER[lowest];
}
