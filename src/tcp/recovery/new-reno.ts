/**
 * When to retransmit without waiting for the timer: fast retransmit of RFC 5681 §3.2 and the NewReno
 * response to partial acknowledgments of RFC 6582 §3.2. Decides; output.ts sends.
 */
import type { AckSample, CongestionControl } from '../congestion/control.ts';
import { add, diff, gt, lt, ZERO, type Seq } from '../../wire/seq.ts';

export const DUP_THRESH = 3; // RFC 5681 §3.2

/** 'retransmit': the oldest segment is held for lost now. */
export type RecoveryStep = 'none' | 'retransmit';

/** What it sets cwnd in: Sender, sender.ts. */
export interface Window {
  readonly congestion: CongestionControl;
  cwndWhy: string;
}

export class NewReno {
  inRecovery = false;
  dupAcks = 0;
  #recover: Seq = ZERO; // RFC 6582 §3.2: the highest sequence number sent when recovery began
  #firstPartial = false;

  /**
   * The connection begins: RFC 6582 §3.2 step 1. The RFC sets recover to the ISS, which an ACK of the
   * SYN alone does not go beyond; one less, so that a loss of the very first text is repaired too.
   */
  begin(iss: Seq): void {
    this.#recover = add(iss, -1);
    this.inRecovery = false;
    this.dupAcks = 0;
  }

  /** RFC 5681 §2, a duplicate acknowledgment. `flightSize` octets are outstanding. */
  duplicateAck(una: Seq, nxt: Seq, smss: number, sender: Window, now: number): RecoveryStep {
    const { congestion } = sender;
    const flightSize = diff(nxt, una);
    this.dupAcks++;
    if (this.inRecovery) {
      // No more inflation than segments can have left the network: spoofed duplicates gain nothing.
      if (this.dupAcks <= Math.ceil(flightSize / smss)) congestion.cwnd += smss;
      sender.cwndWhy = 'RFC 5681 §3.2 step 4: a segment left the network';
      return 'none';
    }
    if (this.dupAcks !== DUP_THRESH || !gt(add(una, -1), this.#recover)) return 'none';
    this.inRecovery = true;
    this.#recover = add(nxt, -1);
    this.#firstPartial = true;
    congestion.congestionDetected('loss', flightSize, now);
    congestion.cwnd = congestion.ssthresh + DUP_THRESH * smss; // step 3
    sender.cwndWhy = 'RFC 5681 §3.2 step 3: three segments left the network';
    return 'retransmit';
  }

  /** New text was acknowledged. */
  newAck(sample: AckSample, smss: number, sender: Window): RecoveryStep {
    const { una, nxt } = sample;
    const { congestion } = sender;
    if (this.dupAcks > 0 && !this.inRecovery) {
      // RFC 9937 §5: of what is acknowledged now, so much was seen to arrive before, by the duplicates
      sample.acked = Math.max(sample.acked - this.dupAcks * smss, Math.min(smss, sample.acked));
    }
    this.dupAcks = 0;
    if (!this.inRecovery) {
      // Left behind, it would seem to lie ahead 2^31 octets later.
      const passed = add(una, -2);
      if (lt(this.#recover, passed)) this.#recover = passed;
      if (!sample.inRecovery) sender.cwndWhy = '';
      congestion.acknowledged(sample);
      return 'none';
    }
    if (lt(this.#recover, una)) {
      this.inRecovery = false;
      const flightSize = Math.max(diff(nxt, una), smss) + smss;
      congestion.cwnd = Math.min(congestion.ssthresh, flightSize);
      sender.cwndWhy = 'RFC 6582 §3.2 step 3: full acknowledgment';
      congestion.recoveryEnded(sample.now);
      return 'none';
    }
    deflate(congestion, sample.cumulative, smss);
    sender.cwndWhy = 'RFC 6582 §3.2 step 3: partial acknowledgment';
    congestion.acknowledged(sample);
    return 'retransmit';
  }

  /** RFC 6582 §3.2 step 3: only the first partial acknowledgment restarts the timer. */
  takeFirstPartial(): boolean {
    const first = this.#firstPartial;
    this.#firstPartial = false;
    return first;
  }

  /** It was spurious: RFC 4015. The next three duplicates count again. */
  spurious(una: Seq): void {
    this.inRecovery = false;
    this.dupAcks = 0;
    this.#recover = add(una, -2);
  }

  /** The retransmission timer expired: RFC 6582 §3.2 step 4. */
  timedOut(nxt: Seq): void {
    this.inRecovery = false;
    this.dupAcks = 0;
    this.#recover = add(nxt, -1);
  }
}

/** RFC 6582 §3.2 step 3: a partial acknowledgment takes back what inflation gave. */
function deflate(congestion: CongestionControl, octets: number, smss: number): void {
  const cwnd = Math.max(congestion.cwnd - octets, 0);
  congestion.cwnd = octets >= smss || cwnd < smss ? cwnd + smss : cwnd;
}
