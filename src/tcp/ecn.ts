/**
 * What a connection knows of explicit congestion notification: RFC 3168 §6.1 and RFC 9768 §3. There is
 * none of it without ECN. What it knows is changed by ecn/*.ts, one file for each algorithm.
 */
import { NOT_ECT } from '../wire/ecn.ts';
import { ZERO, type Seq } from '../wire/seq.ts';

/** Feedback modes, RFC 9768 §3.1.1; Not ECN is `tcb.ecn` undefined. */
export const Feedback = { asked: 0, classic: 1, accurate: 2 } as const;
export type Feedback = (typeof Feedback)[keyof typeof Feedback];

export class Ecn {
  /** `asked`: our SYN is out, nothing is agreed on. */
  feedback: Feedback = Feedback.asked;
  /** May what we send be marked? Never again once it is false. */
  ect = true;
  /** RFC 3168 §6.1.3: ECE on every ACK until CWR comes. */
  echo = false;
  /** RFC 3168 §6.1.2: CWR on the next new text. */
  cwr = false;
  /** Once per window: nothing up to `recover` may reduce cwnd again. */
  reduced = false;
  recover: Seq = ZERO; //   SND.NXT when cwnd was reduced last
  /** Segments that came marked, and segments of ours that did. */
  receivedCe = 0;
  deliveredCe = 0;
  /** Octets that the ACK being taken says were marked. */
  ceOctets = 0;
  /** What the feedback of RFC 9768 needs. */
  accurate: Accurate | undefined = undefined;
}

export const FIRST_CEP = 5; // RFC 9768 §3.2.1
export const FIRST_BYTES = 1;

/** Four counters, RFC 9768 §3.2. They are whole; the wire has their lowest 3 and 24 bits. */
export class Counters {
  cep: number = FIRST_CEP; // segments marked CE
  ceb = 0; //                 octets of text marked CE,
  e0b: number = FIRST_BYTES; // ECT(0),
  e1b: number = FIRST_BYTES; // ECT(1)
}

export class Accurate {
  readonly r: Counters = new Counters(); // what arrived, as we say it
  readonly s: Counters = new Counters(); // what the peer says of what we sent

  // The handshake
  synEcn: number = NOT_ECT; //   on the latest SYN or SYN,ACK
  handshakeAck = false; //       a pure ACK is to say `synEcn` (§3.2.2.1)
  onSyn = false; //              this segment is a SYN: its flags are no counter
  marked = false; //             our SYN or SYN,ACK was
  tested = false; //             the first ACE after the handshake was looked at (§3.2.2.4)

  // As receiver
  pending = 0; //                marked segments since the last acknowledgment
  lastCe = false; //             was the segment before this one?
  fresh = 0; //                  byte counters that grew since the last AccECN option, a set
  ever = 0; //                   ... since the connection began
  sendsOptions = true;
  firstOptions: number = FIRST_OPTIONS; // segments that have one whatever was counted

  // As sender
  responds = true; //            to what the peer says (§3.2.2.4)
  optionSeen = false; //         AccECN options come through (§3.2.3.2.3)
  ignoresOptions = false; //     their first counters were zero (§3.2.3.2.4)
  cepAtOption: number = FIRST_CEP; // s.cep when the last option was read
  octetsAtOption = 0; //         acknowledged since then
  tsval = 0; //                  the latest, for what is superseded (Appendix A.1)
  octets = 0; //                 of text acknowledged while `ect`
  allMarked = true; //           all that was sent so far
  rounds = 0; //                 for so many round trips
  roundEnd: Seq = ZERO;
}

const FIRST_OPTIONS = 2; // §3.2.3.2.1: the ACK of the SYN,ACK and the first text
