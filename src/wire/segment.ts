/**
 * One TCP segment, parsed or to be sent: RFC 9293 §3.1 and the SEG.* variables of §3.3.1.
 * Text stays where it lies: `bytes[textStart..textEnd)`. A segment is valid until the call it was
 * handed to returns (ADR-0010); nobody keeps one.
 */
import { ZERO, type Seq } from './seq.ts';

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;
export const URG = 0x20;
export const ECE = 0x40;
export const CWR = 0x80;
export const AE = 0x100; //  RFC 9768 §3.1: bit 7 of the first octet of flags
/** The bits that RFC 9768 §3.2.2 reads as one number once AccECN is negotiated. */
export const ACE: number = AE | CWR | ECE;

const NOTHING = new Uint8Array(0);

export class Segment {
  seq: Seq = ZERO; //  SEG.SEQ
  ack: Seq = ZERO; //  SEG.ACK, meaningful with ACK
  ctl = 0; //          the control bits above
  wnd = 0; //          SEG.WND as in the header, unscaled, 0 to 65535 (MUST-1)
  up = 0; //           SEG.UP, the urgent pointer, an offset from SEG.SEQ
  bytes: Uint8Array = NOTHING; // where the text lies
  textStart = 0;
  textEnd = 0;
  mss = -1; //         Maximum Segment Size option, octets; -1 when absent
  wscale = -1; //      Window Scale option (RFC 7323 §2.2); -1 when absent
  sackPermitted = false; // RFC 2018 §2
  timestamps = false; // RFC 7323 §3: are tsval and tsecr there?
  tsval = 0; //        int32
  tsecr = 0; //        int32
  sackCount = 0; //    blocks in `sack`
  freebsdOrder = false; // how options are written: as FreeBSD does it, or as Linux
  readonly sack: Int32Array = new Int32Array(8); // left and right edge of up to four blocks
  accEcn = -1; //      AccECN option (RFC 9768 §3.2.3): its order, 0 or 1; -1 when absent
  accEcnCount = 0; //  counters in `counters`
  readonly counters: Int32Array = new Int32Array(3); // 24 bits each, in the option's order
  ecn = 0; //          the ECN field of the IP header: wire/ecn.ts
  userTimeout = -1; // User Timeout option (RFC 5482 §3.1), its 16 bits: G, then the time; -1 when absent
  cookieLength = -1; // Fast Open option (RFC 7413 §4.1.1): octets in `cookie`, 0 asks for one; -1 when absent
  cookieExperimental = false; // it has the kind of experiments, 254 (RFC 7413, appendix B)
  readonly cookie: Uint8Array = new Uint8Array(16);

  /** No option, no text, no control bit: as a new one. */
  clear(): void {
    this.seq = ZERO;
    this.ack = ZERO;
    this.ctl = 0;
    this.wnd = 0;
    this.up = 0;
    this.bytes = NOTHING;
    this.textStart = 0;
    this.textEnd = 0;
    this.ecn = 0;
    this.clearOptions();
  }

  clearOptions(): void {
    this.mss = -1;
    this.wscale = -1;
    this.sackPermitted = false;
    this.timestamps = false;
    this.tsval = 0;
    this.tsecr = 0;
    this.sackCount = 0;
    this.accEcn = -1;
    this.accEcnCount = 0;
    this.freebsdOrder = false;
    this.userTimeout = -1;
    this.cookieLength = -1;
    this.cookieExperimental = false;
  }
}

/** The ACE field of `ctl`: RFC 9768 §3.2.2, Figure 3; 0 to 7. */
export const aceOf = (ctl: number): number => (ctl >> 6) & 7;

/** The control bits that say `ace`, 0 to 7. */
export const aceBits = (ace: number): number => (ace & 7) << 6;

/** Octets of text. */
export const textLength = (s: Segment): number => s.textEnd - s.textStart;

/** SEG.LEN: octets of sequence space, text plus one each for SYN and FIN. */
export const segLen = (s: Segment): number =>
  s.textEnd - s.textStart + ((s.ctl >> 1) & 1) + (s.ctl & 1);
