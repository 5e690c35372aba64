/**
 * How large segments are before anything is known of one of them: RFC 9293 §3.7.1, RFC 6691. A file by
 * itself, because all that counts in segments asks for it.
 */
import type { Tcb } from './tcb.ts';
import { TIMESTAMP_OCTETS } from './timestamps.ts';

/**
 * Eff.snd.MSS, and the SMSS of RFC 5681: §3.7.1, MUST-16. Octets of text in the largest segment we
 * send, less the options that every one has (RFC 6691 §2).
 */
export function effectiveSendMss(tcb: Tcb): number {
  const { snd, options } = tcb;
  let mss = snd.mss < tcb.pathMss ? snd.mss : tcb.pathMss;
  if (options.maxSeg < mss) mss = options.maxSeg | 0; // Infinity would make it all doubles
  if (mss < options.minSendMss) mss = options.minSendMss;
  return mss - optionOctets(tcb);
}

/** Octets of options that every segment has. */
export function optionOctets(tcb: Tcb): number {
  return tcb.timestamps === undefined ? 0 : TIMESTAMP_OCTETS;
}
