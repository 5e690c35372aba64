/**
 * How many segments of ours an ACE field says were marked: RFC 9768 §3.2.2.2, and the safety procedures
 * of §3.2.2.5.2 by Appendix A.2, for the field has three bits and acknowledgments get lost.
 */
const DIVACE = 8; // 2^3
const SAFETY = 2; // Appendix A.2.2: segments of half the SMSS are the smallest to be expected

/**
 * The steps from `cep` to what `ace` says. `packets` were acknowledged by this ACK at most; `ceb` octets
 * were marked, -1 when no option says so; `smss` in octets.
 */
export function newlyMarked(
  ace: number,
  cep: number,
  packets: number,
  ceb: number,
  smss: number,
): number {
  const d = (ace - cep) & (DIVACE - 1);
  if (packets < DIVACE) return d;
  const safer = packets - ((packets - d) & (DIVACE - 1));
  if (ceb < 0 || safer <= d) return safer;
  if (ceb <= d * smss) return d; //             the field did not wrap
  if (ceb < (safer * smss) / SAFETY) return leastFor(ceb, d, smss);
  return safer;
}

/** The fewest segments, d more than some wraps, that could have carried `ceb` octets. */
function leastFor(ceb: number, d: number, smss: number): number {
  const least = Math.ceil(ceb / smss);
  return d + Math.ceil((least - d) / DIVACE) * DIVACE;
}
