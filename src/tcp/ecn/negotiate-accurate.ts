/**
 * Who uses AccECN: RFC 9768 §3.1, Table 2. AE, CWR and ECE are read as one number, as ACE is; the codes
 * with which a SYN,ACK says what the SYN had are those of the ACK of the SYN,ACK too (Table 3).
 */
import { CE, ECT0, ECT1, NOT_ECT } from '../../wire/ecn.ts';
import { ACE, aceBits } from '../../wire/segment.ts';

/** (1,1,1) on a SYN. */
export const ACCURATE_SYN: number = ACE;

/** What a responding host does with the flags of a SYN. */
export function askedFor(flags: number): 'accurate' | 'classic' | 'none' {
  if (flags === 0b000) return 'none';
  return flags === 0b011 ? 'classic' : 'accurate'; // §3.1.3: whatever else is to come
}

/** What an originating host does with the flags of a SYN,ACK. */
export function answeredWith(flags: number): 'accurate' | 'classic' | 'none' {
  switch (flags) {
    case 0b000:
    case 0b111: // broken: it echoes what it got
      return 'none';
    case 0b001:
      return 'classic';
    default:
      return 'accurate'; // (1,0,1) is reserved and counts as one too (§3.1.3)
  }
}

/** The code for a codepoint, 0 to 7: Table 3. */
export function handshakeCode(codepoint: number): number {
  switch (codepoint) {
    case ECT1:
      return 0b011;
    case ECT0:
      return 0b100;
    case CE:
      return 0b110;
    default:
      return 0b010;
  }
}

/** The codepoint for a code: Table 4. `NOT_ECT`, as it was sent, for those nobody uses. */
export function codepointOf(code: number): number {
  switch (code) {
    case 0b011:
      return ECT1;
    case 0b100:
      return ECT0;
    case 0b110:
      return CE;
    default:
      return NOT_ECT;
  }
}

/** §3.1.4.1: the first retransmission asks again, later ones do not. */
export function accurateSyn(retransmissions: number): number {
  return retransmissions <= 1 ? ACCURATE_SYN : 0;
}

/** §3.2.3.2.2: the second retransmission of a SYN,ACK says nothing of ECN. */
export function accurateSynAck(codepoint: number, retransmissions: number): number {
  return retransmissions <= 1 ? aceBits(handshakeCode(codepoint)) : 0;
}
