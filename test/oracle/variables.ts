/**
 * What RFC 9293 §3.10.7 is asked, and what it answers: the variables of §3.3.1 as plain numbers. The
 * oracle shares no code with src/tcp, not even the arithmetic of §3.4.
 */
import { ACK, FIN, RST, SYN } from '../../src/wire/segment.ts';

export type State =
  | 'CLOSED'
  | 'LISTEN'
  | 'SYN-SENT'
  | 'SYN-RECEIVED'
  | 'ESTABLISHED'
  | 'FIN-WAIT-1'
  | 'FIN-WAIT-2'
  | 'CLOSE-WAIT'
  | 'CLOSING'
  | 'LAST-ACK'
  | 'TIME-WAIT';

/** A TCB before a segment arrives. Sequence numbers are modulo 2^32, windows are octets. */
export interface Variables {
  readonly state: State;
  /** SYN-RECEIVED came from LISTEN (MUST-11). */
  readonly passive: boolean;
  /** The user called CLOSE, and our FIN waits. */
  readonly closing: boolean;
  /** SND.NXT is one past our FIN. */
  readonly finSent: boolean;
  /** No user will call RECEIVE any more (§3.6.1). */
  readonly released: boolean;
  readonly iss: number;
  readonly una: number; //    SND.UNA
  readonly nxt: number; //    SND.NXT
  readonly wnd: number; //    SND.WND
  readonly wl1: number; //    SND.WL1
  readonly wl2: number; //    SND.WL2
  readonly maxWnd: number; // MAX.SND.WND, RFC 5961 §5
  readonly shift: number; //  Snd.Wind.Shift, RFC 7323 §2.2
  readonly irs: number;
  readonly rcvNxt: number; // RCV.NXT
  readonly rcvWnd: number; // RCV.WND
  readonly rcvUp: number; //  RCV.UP
  /** Is text held beyond a gap? Then until where, without another, from `offset` beyond RCV.NXT on? */
  readonly gaps: boolean;
  readonly heldUntil: (offset: number) => number;
  /** Where a FIN beyond a gap waits. */
  readonly finAt: number | undefined;
  /** TS.Recent while it is valid (RFC 7323 §5.5); undefined: no timestamps were negotiated. */
  readonly recent: number | 'outdated' | undefined;
}

/** SEG.SEQ, SEG.ACK and the others of §3.3.1. */
export interface Arriving {
  readonly seq: number;
  readonly ack: number;
  readonly ctl: number;
  readonly wnd: number; //  the field, not scaled
  readonly up: number;
  readonly text: number; // octets
  readonly tsval: number | undefined;
}

/**
 * What is sent: nothing; an acknowledgment; one within a budget (RFC 5961 §7); one now or soon
 * (§3.8.6.3); a reset; a SYN,ACK.
 */
export type AnswerKind = 'nothing' | 'ack' | 'challenge' | 'owed' | 'reset' | 'syn-ack';

export interface Answer {
  readonly kind: AnswerKind;
  /** Of a reset that answers this segment: SEQ, and ACK if it has one. */
  readonly seq?: number;
  readonly ack?: number;
}

export type Told =
  'established' | 'readable' | 'urgent' | 'end' | 'reset' | 'refused' | 'aborted' | 'closed';

export interface Outcome {
  readonly state: State;
  readonly answer: Answer;
  /** What the user is told, in the order of the steps. */
  readonly told: readonly Told[];
  /** SND.UNA, SND.WND, RCV.NXT afterwards. */
  readonly una: number;
  readonly wnd: number;
  readonly rcvNxt: number;
  /** TIME-WAIT's 2 MSL begin, or begin anew. */
  readonly waits: boolean;
  /** The section and step that decided. */
  readonly section: string;
}

export const NOTHING: Answer = { kind: 'nothing' };
export const AN_ACK: Answer = { kind: 'ack' };
export const CHALLENGE: Answer = { kind: 'challenge' };

/** Nothing has changed yet. */
export const unchanged = (tcb: Variables, section: string, answer: Answer = NOTHING): Outcome => ({
  state: tcb.state,
  answer,
  told: [],
  una: tcb.una,
  wnd: tcb.wnd,
  rcvNxt: tcb.rcvNxt,
  waits: false,
  section,
});

export const has = (seg: Arriving, bit: number): boolean => (seg.ctl & bit) !== 0;

/** SEG.LEN: octets of text, SYN and FIN. */
export const segLen = (seg: Arriving): number =>
  seg.text + (has(seg, SYN) ? 1 : 0) + (has(seg, FIN) ? 1 : 0);

/** How far `a` is beyond `b`, modulo 2^32: negative when it is before. */
export const beyond = (a: number, b: number): number => {
  const distance = (((a - b) % 2 ** 32) + 2 ** 32) % 2 ** 32;
  return distance >= 2 ** 31 ? distance - 2 ** 32 : distance;
};

/** A number modulo 2^32. */
export const modulo = (n: number): number => ((n % 2 ** 32) + 2 ** 32) % 2 ** 32;

/** §3.5.2, §3.10.7.1: the reset that answers `seg`; a reset is not answered. */
export function resetFor(seg: Arriving): Answer {
  if (has(seg, RST)) return NOTHING;
  if (has(seg, ACK)) return { kind: 'reset', seq: seg.ack };
  return { kind: 'reset', seq: 0, ack: modulo(seg.seq + segLen(seg)) };
}
