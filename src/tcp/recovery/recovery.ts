/**
 * Where loss recovery stands: the states that Linux calls CA state and shows in TCP_INFO, the recovery
 * point of RFC 6675 §2 (RFC 6582's recover), and what the other parts of this folder remember of one
 * episode. Data; take-ack.ts moves it.
 */
import { ZERO, type Seq } from '../../wire/seq.ts';

export const Phase = { open: 0, disorder: 1, cwr: 2, recovery: 3, loss: 4 } as const;
export type Phase = (typeof Phase)[keyof typeof Phase];

/** By Phase. */
export const PHASE_NAMES = ['open', 'disorder', 'cwr', 'recovery', 'loss'] as const;
export type PhaseName = (typeof PHASE_NAMES)[number];

export class Recovery {
  phase: Phase = Phase.open;
  /** SND.NXT when it began: what ends when SND.UNA reaches it. */
  point: Seq = ZERO;

  /** Undo: RFC 4015, RFC 3708. Is there something to take back? */
  undoable = false;
  /** SND.UNA when it began. */
  undoMarker: Seq = ZERO;
  /** Octets sent again since and not yet reported as duplicates (RFC 3708 §2). */
  undoOctets = 0;
  /** When something was first sent again in this episode, ms; -1: nothing was (RFC 3522 §3.2 step 2). */
  retransmittedAt = -1;

  /** F-RTO, RFC 5682: under way; 2: in step 2; 3: new text was sent, step 3; 0: no. */
  frto = 0;

  /** RFC 6675 §4 NextSeg rule 4: the one rescue retransmission of this episode has left. */
  rescued = false;

  /** D-SACK blocks seen, SACK blocks ignored, int32. */
  dsackDups = 0;
  sackIgnored = 0;

  /** cwnd is not to grow by slow start or congestion avoidance. */
  get inRecovery(): boolean {
    return this.phase === Phase.recovery || this.phase === Phase.cwr;
  }
}
