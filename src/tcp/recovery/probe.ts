/** What is known of a tail loss probe: RFC 8985 §7.3, under the RFC's names. */
import { ZERO, type Seq } from '../../wire/seq.ts';

/** What output.ts is to send for a probe. */
export const Probe = { none: 0, newText: 1, again: 2 } as const;
export type Probe = (typeof Probe)[keyof typeof Probe];

export class TailLossProbe {
  /** Is one under way? Then TLP.end_seq and TLP.is_retrans say which. */
  active = false;
  endSeq: Seq = ZERO;
  isRetrans = false;
  /** A round trip was measured since the last one (§7.3). */
  sampled = false;
  due: Probe = Probe.none;
  /** When the PTO was armed last, ms. */
  scheduledAt = -1;
}
