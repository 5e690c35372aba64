/**
 * The three-way handshake of ECN, whichever kind: RFC 3168 §6.1.1, RFC 9768 §3.1. `tcb.ecn` is made with
 * the SYN that asks and taken away again when nobody agrees.
 */
import { CE, NOT_ECT } from '../../wire/ecn.ts';
import { ACE, ACK, aceOf, SYN, type Segment } from '../../wire/segment.ts';
import { Accurate, Ecn, Feedback } from '../ecn.ts';
import { endConnection } from '../lifecycle.ts';
import { sendReset } from '../reset.ts';
import { AckNeed, type Tcb } from '../tcb.ts';
import { firstOption, fillOption } from './accecn-option.ts';
import {
  accurateSyn,
  accurateSynAck,
  answeredWith,
  askedFor,
  codepointOf,
} from './negotiate-accurate.ts';
import { agreesClassic, asksClassic, CLASSIC_SYN_ACK, classicSyn } from './negotiate-classic.ts';

/** An active OPEN: shall our SYN ask? */
export function ecnOpens(tcb: Tcb): void {
  const { ecn } = tcb.options;
  tcb.ecn = ecn === 'classic' || ecn === 'accurate' ? new Ecn() : undefined;
}

/** A SYN came, in LISTEN or in SYN-SENT (§3.1.2: then as if it had come in LISTEN). */
export function ecnSynArrives(tcb: Tcb, seg: Segment): void {
  tcb.ecn = undefined;
  switch (tcb.options.ecn) {
    case 'off':
      return;
    case 'passive':
    case 'classic':
      if (asksClassic(seg)) begin(tcb, Feedback.classic);
      return;
    case 'accurate':
      switch (askedFor(aceOf(seg.ctl))) {
        case 'none':
          return;
        case 'classic':
          if (asksClassic(seg)) begin(tcb, Feedback.classic);
          return;
        case 'accurate':
          beginAccurate(tcb, seg);
      }
  }
}

/** The SYN,ACK of our SYN. */
export function ecnSynAckArrives(tcb: Tcb, seg: Segment): void {
  const { ecn } = tcb;
  if (ecn === undefined) return;
  const accurate = tcb.options.ecn === 'accurate';
  const classic = agreesClassic(seg) ? 'classic' : 'none';
  switch (accurate ? answeredWith(aceOf(seg.ctl)) : classic) {
    case 'none':
      tcb.ecn = undefined;
      return;
    case 'classic':
      ecn.feedback = Feedback.classic;
      // RFC 3168 §6.1.1: who sent a SYN that does not ask must not send ECT
      if (ecnOfSyn(tcb) === 0) ecn.ect = false;
      return;
    case 'accurate':
      agreeAccurate(ecn, seg);
  }
}

function begin(tcb: Tcb, feedback: Feedback): Ecn {
  const ecn = new Ecn();
  ecn.feedback = feedback;
  tcb.ecn = ecn;
  return ecn;
}

/** Table 2, upper block, as responding host. A mark on the SYN is no part of r.cep (§3.2.2.2). */
function beginAccurate(tcb: Tcb, seg: Segment): void {
  const accurate = new Accurate();
  begin(tcb, Feedback.accurate).accurate = accurate;
  accurate.synEcn = seg.ecn;
}

/** Table 2, upper block, as originating host. */
function agreeAccurate(ecn: Ecn, seg: Segment): void {
  const accurate = new Accurate();
  ecn.feedback = Feedback.accurate;
  ecn.accurate = accurate;
  accurate.synEcn = seg.ecn;
  accurate.handshakeAck = true;
  if (seg.ecn === CE) {
    accurate.r.cep++;
    ecn.receivedCe++;
  }
  sentAs(ecn, accurate, codepointOf(aceOf(seg.ctl)));
  firstOption(accurate, seg);
}

/** §3.2.2.3: our SYN or SYN,ACK was sent without a codepoint; one that came with one was mangled. */
export function sentAs(ecn: Ecn, accurate: Accurate, arrived: number): void {
  if (arrived === NOT_ECT) return;
  ecn.ect = false;
  accurate.marked = arrived === CE;
}

/** The control bits of our SYN. */
function ecnOfSyn(tcb: Tcb): number {
  const asks = tcb.options.ecn === 'accurate' ? accurateSyn : classicSyn;
  return asks(tcb.totalRetrans);
}

/** What our SYN or SYN,ACK says of ECN. */
export function fillEcnSyn(tcb: Tcb, ecn: Ecn, out: Segment): void {
  const { accurate } = ecn;
  if (!(out.ctl & ACK)) {
    out.ctl |= ecnOfSyn(tcb);
  } else if (accurate === undefined) {
    out.ctl |= CLASSIC_SYN_ACK;
  } else {
    out.ctl |= accurateSynAck(accurate.synEcn, tcb.totalRetrans);
    if (tcb.totalRetrans > 0) accurate.sendsOptions = false;
    else fillOption(accurate, out);
    if (!(out.ctl & ACE)) ecn.ect = false; // §3.1.5: a server that said so sends no ECT
  }
}

/**
 * The SYN again, in SYN-RECEIVED, or the SYN,ACK of a simultaneous open. The mode stays (§3.1.5); one
 * handshake in both is reset, for nobody knows which half the peer has seen; false then.
 * `taken`: what else it has will be processed.
 */
export function ecnSynAgain(tcb: Tcb, ecn: Ecn, seg: Segment, taken: boolean): boolean {
  const { accurate } = ecn;
  const flags = aceOf(seg.ctl);
  seg.ctl &= ~ACE; // no counter (§3.2.2)
  if (accurate !== undefined) accurate.onSyn = taken && (seg.ctl & ACK) !== 0;
  if (seg.ctl & ACK || tcb.options.ecn !== 'accurate') return true;
  const asked = askedFor(flags);
  if (asked === (accurate === undefined ? 'accurate' : 'classic')) {
    sendReset(tcb);
    endConnection(tcb, 'reset');
    tcb.because = 'RFC 9768 §3.1.5: classic ECN and AccECN in one handshake, reset';
    return false;
  }
  if (accurate === undefined) return true;
  accurate.synEcn = seg.ecn; // the latest is fed back
  if (asked === 'none') ecn.ect = false;
  return true;
}

/** The SYN,ACK again, once open: its ACK is coded as the first was (§3.2.2.1). */
export function ecnSynAckAgain(tcb: Tcb, ecn: Ecn, seg: Segment): void {
  const { accurate } = ecn;
  if (accurate === undefined || tcb.openedPassively || tcb.ack !== AckNeed.now) return;
  if ((seg.ctl & (SYN | ACK)) !== (SYN | ACK) || seg.seq !== tcb.rcv.irs) return;
  if (answeredWith(aceOf(seg.ctl)) !== 'accurate') return;
  accurate.synEcn = seg.ecn;
  accurate.handshakeAck = true;
}
