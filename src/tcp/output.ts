/**
 * What to send next: one function per reason, asked in this order: a reset, a SYN, what is lost,
 * new text and FIN, a window probe, a keep-alive, an acknowledgment. RFC 9293 §3.7.4, §3.8.6 and
 * §3.9.1.2; RFC 5681 bounds what may be in flight.
 */
import { NOT_ECT } from '../wire/ecn.ts';
import { ACK, PSH, SYN, textLength, type Segment } from '../wire/segment.ts';
import { add, diff, le, type Seq } from '../wire/seq.ts';
import { acked } from './acknowledgment.ts';
import { afterIdle } from './after-idle.ts';
import { persistInterval } from './events/timeouts.ts';
import { fillEcnSyn } from './ecn/negotiate.ts';
import { ecnOctets, handshakeAckDue } from './ecn/accecn-option.ts';
import { ecnNewText } from './ecn/sender.ts';
import { textEnd } from './events/send.ts';
import { fillSynText, openedFast, type FastOpen } from './fast-open.ts';
import { begin, fillAck, fillText, finOctet, urgent } from './fill.ts';
import { corked, holdBack } from './knobs.ts';
import { probeToSend, probeUnclear } from './path-mtu.ts';
import { fillReset } from './reset.ts';
import { sendsPredicted } from './fast-send.ts';
import { sackOctets } from './sack-out.ts';
import type { DeliveryRate } from './delivery-rate.ts';
import { pacingRateOf, type Pacer } from './pacer.ts';
import type { SentRecord } from './record-pool.ts';
import { FRTO_NEW } from './recovery/f-rto.ts';
import { limitedTransmit } from './recovery/limited-transmit.ts';
import { Phase } from './recovery/recovery.ts';
import { nextSegRescue } from './recovery/sack-loss.ts';
import { Probe, type TailLossProbe } from './recovery/probe.ts';
import { probeSent, scheduleLonePto, schedulePto } from './recovery/tail-loss-probe.ts';
import { sentAgain } from './recovery/undo.ts';
import { Armed, pipe, restartRto, senderOf, type Sender } from './sender.ts';
import { effectiveSendMss, optionOctets } from './smss.ts';
import { enter } from './state.ts';
import { fillSynOptions } from './syn-options.ts';
import { AckNeed, synRepeated, type Tcb } from './tcb.ts';
import { fillTimestamps } from './timestamps.ts';
import { Timer } from './timers.ts';
import { fillUserTimeout, repeatUserTimeout } from './user-timeout.ts';
import { largestText, nextInWindow, retracted, usableWindow } from './windows.ts';

/**
 * Writes the next segment into `out`; false when there is none. Its text goes to `out.bytes` from
 * `out.textStart` on, both set by the caller, who has room there for largestText octets.
 */
export function poll(tcb: Tcb, now: number, out: Segment): boolean {
  if (tcb.pendingReset !== undefined) {
    fillReset(out, tcb.pendingReset);
    fillTimestamps(tcb, out, now); // RFC 7323 §3.2: SHOULD
    tcb.pendingReset = undefined;
    return true;
  }
  if (tcb.sendSyn) return sendSyn(tcb, now, out);
  switch (tcb.state) {
    case 'CLOSED':
    case 'LISTEN':
    case 'SYN-SENT':
      return false;
    case 'TIME-WAIT':
      return tcb.ack === AckNeed.now && sendAck(tcb, now, out);
    case 'SYN-RECEIVED':
      return (
        (openedFast(tcb) && sendNew(tcb, now, out)) ||
        (tcb.ack === AckNeed.now && sendAck(tcb, now, out))
      );
    default:
      if (handshakeAckDue(tcb)) return sendAck(tcb, now, out);
      return (
        sendText(tcb, now, out) ||
        (tcb.probe && sendProbe(tcb, now, out)) ||
        (tcb.keepAliveProbe && sendKeepAlive(tcb, now, out)) ||
        (tcb.ack === AckNeed.now && sendAck(tcb, now, out))
      );
  }
}

/** <SEQ=ISS><CTL=SYN> or <SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK>, with our MSS (MUST-14, SHLD-5). */
function sendSyn(tcb: Tcb, now: number, out: Segment): boolean {
  const opening = tcb.state === 'SYN-SENT';
  tcb.sendSyn = false;
  begin(out, tcb.snd.iss);
  out.ctl = opening ? SYN : SYN | ACK;
  if (!opening) out.ack = tcb.rcv.nxt;
  fillSynOptions(tcb, out, opening, now);
  if (tcb.ecn !== undefined) fillEcnSyn(tcb, tcb.ecn, out);
  if (tcb.uto !== undefined) fillUserTimeout(out, tcb.uto);
  if (tcb.fastOpen !== undefined) synText(tcb, now, out, tcb.fastOpen);
  // Karn: a SYN sent twice measures nothing.
  tcb.synSentAt = tcb.synSentAt === -1 && !synRepeated(tcb) ? now : -1;
  if (!tcb.timers.running(Timer.Retransmit)) {
    tcb.timers.set(Timer.Retransmit, now + tcb.rto.rto);
  }
  if (!tcb.timers.running(Timer.User)) tcb.timers.set(Timer.User, now + tcb.options.synTimeout);
  acked(tcb);
  return true;
}

/** RFC 7413 §4.2.1: what leaves with the SYN is in flight like any text. */
function synText(tcb: Tcb, now: number, out: Segment, fastOpen: FastOpen): void {
  fillSynText(tcb, out, fastOpen);
  if (textLength(out) === 0) return;
  const { snd } = tcb;
  const sender = senderOf(tcb, now);
  const inFlight = pipe(snd, sender);
  const start = snd.nxt;
  snd.nxt = add(start, textLength(out));
  const record = sender.queue.sent(start, snd.nxt, now);
  sender.rate?.sent(record, now, inFlight, false);
  tcb.lastDeparture = now;
}

/** What is lost, then what is new; before both a tail loss probe. */
function sendText(tcb: Tcb, now: number, out: Segment): boolean {
  const { sender } = tcb;
  if (sender === undefined) return sendNew(tcb, now, out);
  if (tcb.options.fastPath && sendsPredicted(tcb, sender, now, out)) return true;
  if (sender.pacer !== undefined && !paced(tcb, sender.pacer, now)) return false;
  if (sender.tlp !== undefined && sender.tlp.due !== Probe.none) {
    if (sendTailLossProbe(tcb, sender, sender.tlp, now, out)) return true;
  }
  if (sendLost(tcb, sender, now, out) || sendNew(tcb, now, out)) return true;
  sender.burst = 0;
  if (sender.recovery.phase !== Phase.recovery) return false;
  return sendRescue(tcb, sender, now, out);
}

/** May text leave now, or when? */
function paced(tcb: Tcb, pacer: Pacer, now: number): boolean {
  if (pacer.mayGo(now)) return true;
  tcb.timers.set(Timer.Pace, pacer.nextTime);
  return false;
}

/** NextSeg () rules 3 and 4 of RFC 6675 §4, when cwnd allows and nothing else is to be sent. */
function sendRescue(tcb: Tcb, sender: Sender, now: number, out: Segment): boolean {
  const { queue, recovery, congestion } = sender;
  if (sender.rack !== undefined || sender.newReno !== undefined || queue.lostCount > 0)
    return false;
  if (congestion.cwnd - pipe(tcb.snd, sender) < effectiveSendMss(tcb)) return false;
  if (!nextSegRescue(queue, !recovery.rescued, now)) return false;
  if (queue.firstLost() === queue.last) recovery.rescued = true;
  return sendLost(tcb, sender, now, out);
}

/** RFC 8985 §7.3: new text, or the last segment again, whatever cwnd and Nagle say. */
function sendTailLossProbe(
  tcb: Tcb,
  sender: Sender,
  tlp: TailLossProbe,
  now: number,
  out: Segment,
): boolean {
  const { snd } = tcb;
  const again = tlp.due === Probe.again;
  tlp.due = Probe.none;
  if (again) {
    const { last } = sender.queue;
    if (last === undefined || last.run > 0) return false;
    resend(tcb, sender, last, diff(last.end, last.start), now, out);
  } else {
    const waiting = diff(textEnd(tcb), snd.nxt);
    const usable = usableWindow(tcb);
    const length = Math.min(waiting, usable, largestText(tcb));
    const fin = tcb.finQueued && !tcb.finSent && length === waiting && length < usable;
    if (length < 0 || (length === 0 && !fin)) return false;
    emit(tcb, sender, now, out, length, fin);
  }
  probeSent(tlp, snd.nxt, again);
  restartRto(tcb, now);
  return true;
}

/** The first part held for lost, within the window the peer offers now (SHLD-16). */
function sendLost(tcb: Tcb, sender: Sender, now: number, out: Segment): boolean {
  const record = sender.queue.firstLost();
  if (record === undefined || tcb.snd.wnd === 0) return false;
  if (sender.recovery.frto === FRTO_NEW && !sender.retransmitNow) return false;
  const { snd } = tcb;
  const offset = diff(record.start, snd.una);
  const whole = diff(record.end, record.start);
  if (tcb.uto !== undefined) repeatUserTimeout(tcb.uto, record.start, record.end);
  let length = Math.min(whole, largestText(tcb) + finOctet(tcb, record.end));
  if (tcb.pathMtu !== undefined && tcb.pathMtu.trial > 0)
    length = Math.min(length, tcb.pathMtu.trial);
  if (!sender.retransmitNow && !withinCwnd(tcb, sender, length)) return false;
  const beyond = offset + length - snd.wnd;
  if (offset > 0 && beyond > 0 && !retracted(snd, record.retransmissions, beyond)) return false;
  sender.retransmitNow = false;
  if (tcb.pathMtu !== undefined) probeUnclear(tcb, tcb.pathMtu);
  resend(tcb, sender, record, length, now, out);
  return true;
}

/** `length` octets from the start of `record` leave again. */
function resend(
  tcb: Tcb,
  sender: Sender,
  record: SentRecord,
  length: number,
  now: number,
  out: Segment,
): void {
  const { snd } = tcb;
  const { queue, rate } = sender;
  const inFlight = pipe(snd, sender);
  queue.retransmitted(record, length, now);
  rate?.sent(record, now, inFlight, true);
  departed(tcb, sender, length, now, inFlight + length);
  sentAgain(sender.recovery, length, now);
  tcb.totalRetrans = (tcb.totalRetrans + 1) | 0;
  const offset = diff(record.start, snd.una);
  fillText(tcb, out, record.start, length, offset, now);
  // RFC 6675 §6: of the oldest the answer comes a round trip from now, not from the last ACK. Without SACK
  // the timer ends a recovery of many holes: RFC 6582 §3.2 step 3.
  const oldest = offset === 0 && sender.armed !== Armed.reo && sender.newReno?.inRecovery !== true;
  if (oldest || !tcb.timers.running(Timer.Retransmit)) restartRto(tcb, now);
}

/** Text left, new or again: who counts it. */
function departed(tcb: Tcb, sender: Sender, length: number, now: number, inFlight: number): void {
  const smss = effectiveSendMss(tcb);
  sender.departed(tcb.snd, smss, pipe(tcb.snd, sender));
  if (sender.recovery.inRecovery) sender.prr.sent(length);
  const { pacer } = sender;
  if (pacer === undefined) return;
  pacer.sent(length, now, pacingRateOf(sender.congestion, inFlight, tcb.rto.srtt), smss);
}

function withinCwnd(tcb: Tcb, sender: Sender, length: number): boolean {
  const inFlight = pipe(tcb.snd, sender);
  return inFlight === 0 || inFlight + length <= sender.congestion.cwnd + spare(tcb);
}

const spare = (tcb: Tcb): number => (tcb.pathMtu === undefined ? 0 : tcb.pathMtu.spare);

/** Text not sent before, and the FIN after the last of it. */
function sendNew(tcb: Tcb, now: number, out: Segment): boolean {
  if (tcb.finSent) return false;
  const { snd } = tcb;
  const waiting = diff(textEnd(tcb), snd.nxt);
  if (waiting === 0 && !tcb.finQueued) {
    if (tcb.sender?.rate !== undefined) appLimited(tcb, tcb.sender, tcb.sender.rate);
    return false;
  }
  if (waiting === 0 && leavesAlone(tcb)) {
    emit(tcb, undefined, now, out, 0, true);
    return true;
  }
  const sender = senderOf(tcb, now);
  if (sender.queue.lostOctets > 0 && !frtoLetsOut(sender)) return false;
  if (tcb.pathMtu !== undefined) {
    const probe = probeToSend(tcb, tcb.pathMtu, now, waiting);
    if (probe !== 0) return probe > 0 && sendMtuProbe(tcb, sender, now, out, probe);
  }
  const length = sendable(tcb, sender, waiting, now);
  const inOrder = tcb.state !== 'SYN-RECEIVED'; // ours goes behind the handshake
  const fin = tcb.finQueued && inOrder && length === waiting && length < usableWindow(tcb);
  if (length < 0 || (length === 0 && !fin)) return false;
  emit(tcb, sender, now, out, length, fin);
  return true;
}

/** A FIN before which nothing was sent: it needs nobody who looks after it. */
function leavesAlone(tcb: Tcb): boolean {
  const { snd } = tcb;
  if (tcb.sender !== undefined || tcb.state === 'SYN-RECEIVED' || snd.wnd === 0) return false;
  return snd.una === snd.nxt && tcb.pathMtu === undefined && tcb.ecn === undefined;
}

// RFC 5682 §2.1 step 2b: instead of what is lost, and no more than two segments.
const frtoLetsOut = ({ recovery, frtoSegments }: Sender): boolean =>
  recovery.frto === FRTO_NEW && frtoSegments > 0;

// Nothing waits, and more might have left: the rate says nothing of the path.
function appLimited(tcb: Tcb, sender: Sender, rate: DeliveryRate): void {
  const inFlight = pipe(tcb.snd, sender);
  if (sender.queue.lostOctets === 0 && inFlight < sender.congestion.cwnd) {
    rate.markAppLimited(inFlight);
  }
}

/** A segment larger than those known to arrive: RFC 4821 §7. */
function sendMtuProbe(tcb: Tcb, sender: Sender, now: number, out: Segment, size: number): boolean {
  tcb.pathMtu?.search?.probeSent(size, tcb.snd.nxt);
  emit(tcb, sender, now, out, size - optionOctets(tcb) - sackOctets(tcb) - ecnOctets(tcb), false);
  return true;
}

/** Octets of text to send now, or -1: sender's silly window avoidance (MUST-38) and Nagle (SHLD-7). */
function sendable(tcb: Tcb, sender: Sender, waiting: number, now: number): number {
  const { snd } = tcb;
  const usable = usableWindow(tcb);
  const unacked = tcb.synAcked ? 0 : 1; // the SYN is no text
  const outstanding = diff(snd.nxt, snd.una) > unacked;
  if (usable <= 0) {
    if (!outstanding) startPersist(tcb, now);
    return -1;
  }
  if (!outstanding) afterIdle(tcb, sender, now);
  const mss = largestText(tcb);
  const inFlight = outstanding ? pipe(snd, sender) - unacked : 0;
  const room = sender.congestion.cwnd + spare(tcb) + limitedTransmit(tcb, sender) - inFlight;
  const length = Math.min(waiting, usable, mss);
  if (room < length && outstanding) return -1;
  if (length === mss) return length; //                             (1)
  if (corked(tcb) && !tcb.forced) {
    holdBack(tcb, now);
    return -1;
  }
  const mayBeSmall = !outstanding || tcb.noDelay || tcb.finQueued || urgent(tcb, snd.nxt);
  const pushed = tcb.finQueued || le(add(snd.nxt, length), tcb.pushed);
  if (length === waiting && pushed && mayBeSmall) return length; // (2)
  if (mayBeSmall && length >= snd.maxWnd / 2) return length; //     (3)
  if (tcb.forced) return length; //                                 (4)
  if (!outstanding) startPersist(tcb, now);
  return -1;
}

/** The first probe comes after one RTO (SHLD-29); the override timeout is the same timer. */
function startPersist(tcb: Tcb, now: number): void {
  if (tcb.timers.running(Timer.Persist) || tcb.probe) return;
  tcb.persistBackoffs = 0;
  tcb.timers.set(Timer.Persist, now + persistInterval(tcb));
}

/** New octets leave: SND.NXT moves, the queue remembers them, the timer runs (RFC 6298 §5.1). */
function emit(
  tcb: Tcb,
  sender: Sender | undefined,
  now: number,
  out: Segment,
  length: number,
  fin: boolean,
): void {
  const { snd } = tcb;
  const start = snd.nxt;
  const offset = diff(start, snd.una);
  if (fin) {
    tcb.finSent = true;
    if (tcb.state === 'CLOSE-WAIT') enter(tcb, 'LAST-ACK');
  }
  snd.nxt = add(start, fin ? length + 1 : length);
  if (sender !== undefined) remember(tcb, sender, start, length, now);
  tcb.forced = false;
  tcb.lastDeparture = now;
  fillText(tcb, out, start, fin ? length + 1 : length, offset, now);
  if (tcb.ecn !== undefined) ecnNewText(tcb.ecn, out);
  if (tcb.options.push === 'burst' && sender !== undefined) pushBurst(tcb, sender, out);
  if (!tcb.timers.running(Timer.Retransmit)) restartRto(tcb, now);
  if (sender === undefined) scheduleLonePto(tcb, now);
  else if (sender.tlp !== undefined && tcb.synAcked) schedulePto(tcb, sender, now);
  tcb.timers.stop(Timer.Persist);
  if (!tcb.timers.running(Timer.User)) tcb.timers.set(Timer.User, now + tcb.userTimeout);
}

/** New octets, from `start` to SND.NXT, are in flight: `length` of text. */
function remember(tcb: Tcb, sender: Sender, start: Seq, length: number, now: number): void {
  const { snd } = tcb;
  const { queue, rate } = sender;
  const inFlight = pipe(snd, sender); // with it
  const record = queue.sent(start, snd.nxt, now);
  rate?.sent(record, now, inFlight - length, false);
  departed(tcb, sender, length, now, inFlight);
  if (sender.frtoSegments > 0) sender.frtoSegments--;
}

/** PSH on the last of several segments that leave together, as Linux has it. */
function pushBurst(tcb: Tcb, sender: Sender, out: Segment): void {
  sender.burst++;
  if (sender.burst < 2) return;
  const mss = largestText(tcb);
  const room = Math.min(usableWindow(tcb), sender.congestion.cwnd - pipe(tcb.snd, sender));
  const waiting = diff(textEnd(tcb), tcb.snd.nxt);
  const mayBeSmall = waiting > 0 && (tcb.noDelay || tcb.finQueued);
  const follows = room >= Math.min(waiting, mss) && (waiting >= mss || mayBeSmall);
  if (!follows) out.ctl |= PSH;
}

/** §3.8.6.1: one octet beyond the window, the oldest unacknowledged or the next new one (MUST-36). */
function sendProbe(tcb: Tcb, now: number, out: Segment): boolean {
  tcb.probe = false;
  const { snd } = tcb;
  const sender = senderOf(tcb, now);
  const { first } = sender.queue;
  if (first !== undefined) {
    sender.queue.probed(first); // Karn
    fillText(tcb, out, snd.una, 1, 0, now);
    out.ecn = NOT_ECT; // RFC 3168 §6.1.6
    return true;
  }
  const waiting = diff(textEnd(tcb), snd.nxt);
  if (waiting > 0) emit(tcb, sender, now, out, 1, false);
  else if (tcb.finQueued && !tcb.finSent) emit(tcb, sender, now, out, 0, true);
  else return false;
  out.ecn = NOT_ECT;
  tcb.timers.stop(Timer.Retransmit); // the persist timer alone repeats a probe
  tcb.timers.set(Timer.Persist, now + persistInterval(tcb));
  return true;
}

/** <SEQ=SND.NXT-1><ACK=RCV.NXT><CTL=ACK>, without text (SHLD-12). */
function sendKeepAlive(tcb: Tcb, now: number, out: Segment): boolean {
  tcb.keepAliveProbe = false;
  begin(out, add(tcb.snd.nxt, -1));
  fillAck(tcb, out, now);
  return true;
}

/** <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> */
export function sendAck(tcb: Tcb, now: number, out: Segment): boolean {
  begin(out, nextInWindow(tcb));
  fillAck(tcb, out, now);
  return true;
}
