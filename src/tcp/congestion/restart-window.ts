/** cwnd after an idle time: RFC 5681 §4.1, and the slower way down of RFC 2861 that Linux has. */

export interface IdleRestart {
  /** Half of cwnd for each RTO of it (RFC 2861 §3.1), instead of RW at once. */
  readonly halving: boolean;
}

/** The restart window: octets, never more than `cwnd`. `idle` and `rto` in ms. */
export function restartWindow(
  cwnd: number,
  initialWindow: number,
  idle: number,
  rto: number,
  { halving }: IdleRestart,
): number {
  const rw = Math.min(initialWindow, cwnd); // RW = min(IW, cwnd)
  if (!halving) return rw;
  const halvings = Math.min(Math.floor(idle / Math.max(rto, 1)), 30);
  return Math.max(Math.floor(cwnd / 2 ** halvings), rw);
}
