/**
 * Proportional Rate Reduction: RFC 9937 §6. In recovery each ACK lets as much leave as brings what is in
 * flight down, or up, to ssthresh; the names are the RFC's.
 */
import type { CongestionControl } from '../congestion/control.ts';

export class Prr {
  #recoverFs = 0; //    RecoverFS
  #delivered = 0; //    prr_delivered, octets delivered in recovery
  #out = 0; //          prr_out, octets sent in recovery

  /** Recovery begins; `recoverFs` as in §6: what was outstanding and not known to have arrived. */
  begin(recoverFs: number): void {
    this.#recoverFs = Math.max(recoverFs, 1);
    this.#delivered = 0;
    this.#out = 0;
  }

  /** Text leaves, new or again. */
  sent(octets: number): void {
    this.#out += octets;
  }

  /**
   * Every ACK in recovery that delivered something. `safeAck`: SND.UNA advances and no further loss was
   * found.
   */
  acknowledged(
    congestion: CongestionControl,
    deliveredData: number,
    inFlight: number,
    smss: number,
    safeAck: boolean,
  ): void {
    if (deliveredData === 0) return;
    const { ssthresh } = congestion;
    this.#delivered += deliveredData;
    let sndCnt: number;
    if (inFlight > ssthresh) {
      // Proportional Rate Reduction
      sndCnt = Math.ceil((this.#delivered * ssthresh) / this.#recoverFs) - this.#out;
    } else {
      // PRR-CRB by default
      sndCnt = Math.max(this.#delivered - this.#out, deliveredData);
      // PRR-SSRB when recovery is in good progress
      if (safeAck) sndCnt += smss;
      // Attempt to catch up, as permitted
      sndCnt = Math.min(ssthresh - inFlight, sndCnt);
    }
    sndCnt = Math.max(sndCnt, 0);
    // Force a fast retransmit upon entering recovery
    if (this.#out === 0 && sndCnt === 0) sndCnt = smss;
    congestion.cwnd = inFlight + sndCnt;
  }
}
