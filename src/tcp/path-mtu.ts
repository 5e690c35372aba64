/**
 * What the path takes: RFC 1191 and RFC 8201 as far as they are TCP's, RFC 4821 §7. Lowers and raises
 * `tcb.pathMss`. Losing a segment to its size is no sign of congestion (RFC 8201 §5.4, RFC 4821 §7.5).
 */
import { diff, ge, gt, lt, type Seq } from '../wire/seq.ts';
import { PathMtu, PathMtuSearch } from './path-mtu-search.ts';
import { DUP_THRESH, type NewReno } from './recovery/new-reno.ts';
import { Phase } from './recovery/recovery.ts';
import { restartRto, type Sender } from './sender.ts';
import { effectiveSendMss, optionOctets } from './smss.ts';
import type { Tcb } from './tcb.ts';
import { usableWindow } from './windows.ts';

const BASE_MSS = 1024; // octets; RFC 4821 §7.2 and Linux's tcp_base_mss: nearly every path takes it
const TIMEOUTS_TO_BASE = 4; // in a row, of a segment larger than BASE_MSS: 3 s with an RTO of 200 ms
const TIMEOUTS_TO_LEAST = 6; // in a row, until only what nearly every path takes is left: 12.6 s

/** The largest text the host says the path takes in one segment. Raises as well. */
export function pathMssIs(tcb: Tcb, now: number, mss: number): void {
  const before = tcb.pathLimit;
  tcb.pathLimit = mss;
  const search = tcb.pathMtu?.search;
  if (mss < tcb.pathMss) {
    lower(tcb, mss);
    resendLarger(tcb, now);
  } else if (search !== undefined) search.limitIs(probeLimit(tcb));
  else if (mss > before) changed(tcb, mss);
}

/**
 * An ICMP error "too big" quoted the segment at `seq`: no more than `mss` octets of text get through.
 * True when it was believed. RFC 1191 §6.5, RFC 5927 §7.2.
 */
export function tooBig(tcb: Tcb, now: number, seq: Seq, mss: number): boolean {
  // SND.UNA =< SEG.SEQ < SND.NXT
  if (lt(seq, tcb.snd.una) || ge(seq, tcb.snd.nxt)) {
    tcb.because = 'RFC 5927 §4.1: an ICMP error about nothing in flight is ignored';
    return false;
  }
  if (mss >= tcb.pathMss) return tooBigButExpected(tcb, now, mss);
  if (tcb.sender !== undefined && mss - optionOctets(tcb) < tcb.sender.queue.largestAcked) {
    tcb.because = 'RFC 5927 §7.2: larger ones got through, so wait for a timeout';
    (tcb.pathMtu ??= new PathMtu()).doubtful = { seq, mss };
    return false;
  }
  tcb.because = 'RFC 1191 §6.5, RFC 8201 §5.4: too big, sent again in smaller segments';
  believe(tcb, mss);
  resendLarger(tcb, now);
  return true;
}

/** About the probe, or about a segment of the time when the path was wider. */
function tooBigButExpected(tcb: Tcb, now: number, mss: number): boolean {
  const search = tcb.pathMtu?.search;
  const probing = search !== undefined && search.probeSize > mss;
  if (mss > tcb.pathMss && !probing) {
    tcb.because = 'RFC 1191 §3: no error raises the path MTU';
    return false;
  }
  tcb.because = 'RFC 4821 §7.6.3: too big, sent again in smaller segments';
  if (probing && tcb.pathMtu !== undefined) {
    tcb.pathMtu.news = true;
    tcb.pathLimit = mss;
    search.limitIs(probeLimit(tcb));
  }
  resendLarger(tcb, now);
  return probing;
}

/** Our SYN is acknowledged: with `mtuProbing` 'always' the search begins (RFC 4821 §7.2). */
export function beginSearch(tcb: Tcb): void {
  if (tcb.options.mtuProbing !== 'always') return;
  const limit = probeLimit(tcb);
  const base = Math.max(BASE_MSS, tcb.options.leastPathMss);
  if (base >= limit) return;
  (tcb.pathMtu ??= new PathMtu()).search = new PathMtuSearch(base, limit);
  tcb.pathMss = base;
}

/**
 * Octets of text and options of the probe to send now, 0 for none; -1: nothing else before it, so that there will
 * be room (RFC 4821 §7.4). Only where duplicate acknowledgments would tell of its loss.
 */
export function probeToSend(tcb: Tcb, pathMtu: PathMtu, now: number, waiting: number): number {
  const { search } = pathMtu;
  const { snd, sender } = tcb;
  if (search === undefined || sender === undefined || snd.una === snd.nxt) return 0;
  const { recovery, congestion, newReno } = sender;
  if (recovery.phase !== Phase.open || (newReno !== undefined && newReno.dupAcks > 0)) return 0;
  const size = search.nextProbe(now, snd.una);
  if (size === 0) return 0;
  const needed = size + DUP_THRESH * effectiveSendMss(tcb);
  if (waiting < needed || snd.wnd < needed || congestion.cwnd < needed) return 0;
  const room = Math.min(usableWindow(tcb), congestion.cwnd - diff(snd.nxt, snd.una));
  return room < size ? -1 : size;
}

/** Something is sent again: what is acknowledged from now on says nothing about the probe. */
export function probeUnclear(tcb: Tcb, pathMtu: PathMtu): void {
  const { search } = pathMtu;
  if (search !== undefined && search.probeSize > 0) search.probeInconclusive(tcb.snd.nxt);
}

/** SND.UNA moved by `octets`: was it past the probe, past what an error is doubted about? */
export function pathAcknowledged(tcb: Tcb, pathMtu: PathMtu, octets: number): void {
  const { snd } = tcb;
  const { search, doubtful } = pathMtu;
  pathMtu.spare = 0;
  pathMtu.news = false; // the host has sent since
  if (pathMtu.trial > 0) pathMtu.smallerArrived = true;
  else if (octets > BASE_MSS) pathMtu.smallerArrived = false;
  pathMtu.smallerLost = false;
  pathMtu.trial = 0;
  if (doubtful !== undefined && gt(snd.una, doubtful.seq)) pathMtu.doubtful = undefined;
  if (search === undefined || search.probeSize === 0 || !gt(snd.una, search.probeSeq)) return;
  search.probeSucceeded();
  changed(tcb, search.searchLow);
}

/** True: these duplicate acknowledgments tell that the probe was too big, and nothing else. */
export function probeLost(
  tcb: Tcb,
  now: number,
  sender: Sender,
  newReno: NewReno,
  pathMtu: PathMtu,
): boolean {
  const { search } = pathMtu;
  const { snd } = tcb;
  if (search === undefined || search.probeSize === 0 || search.probeSeq !== snd.una) return false;
  newReno.dupAcks++; // no further ones start a recovery
  if (newReno.dupAcks < DUP_THRESH) {
    pathMtu.spare = newReno.dupAcks * effectiveSendMss(tcb); // a receiver may have answered many at once
    return true;
  }
  tcb.because = sender.why = 'RFC 4821 §7.6.2: the probe was too big, no congestion';
  search.probeFailed(snd.nxt);
  sender.queue.markFirstLost(now);
  sender.retransmitNow = true;
  return true;
}

/** The same by SACK: something is newly held for lost. True: the probe, and nothing else. */
export function sackedProbeLost(tcb: Tcb, pathMtu: PathMtu): boolean {
  const { search } = pathMtu;
  const { snd, sender } = tcb;
  if (search === undefined || search.probeSize === 0 || search.probeSeq !== snd.una) return false;
  if (sender === undefined || sender.queue.lostCount !== 1) return false;
  if (sender.queue.first?.lost !== true) return false;
  tcb.because = sender.why = 'RFC 4821 §7.6.2: the probe was too big, no congestion';
  search.probeFailed(snd.nxt);
  sender.retransmitNow = true;
  return true;
}

/**
 * The first timeout in a row, and SACKs and duplicate ACKs are not forgotten yet: did smaller segments
 * arrive, or are they lost too? Then the large ones are no black hole's (RFC 4821 §7.7).
 */
export function noteSmallerLost(tcb: Tcb, sender: Sender): void {
  const { queue, newReno } = sender;
  const small = BASE_MSS - optionOctets(tcb);
  const { first } = queue;
  if (first === undefined || diff(first.end, first.start) <= small) return;
  if (newReno !== undefined && newReno.dupAcks > 0) return; // something arrived
  let lost = false;
  for (let i = 1; i < queue.count; i++) {
    const { start, end, run, lost: waits } = queue.at(i);
    const length = diff(end, start);
    if (length > small || length === 1 || waits) continue; // a FIN alone is nothing to SACK for some
    if (run > 0) return;
    lost = true;
  }
  if (lost) (tcb.pathMtu ??= new PathMtu()).smallerLost = true;
}

/** The retransmission timer expired: RFC 5927 §7.2, RFC 4821 §7.7. */
export function pathTimedOut(tcb: Tcb): void {
  const { pathMtu } = tcb;
  const doubtful = pathMtu?.doubtful;
  if (pathMtu !== undefined) {
    const { search } = pathMtu;
    pathMtu.doubtful = undefined;
    pathMtu.spare = 0;
    // Nobody knows, but the same size again would cost as much again.
    if (search !== undefined && search.probeSize > 0 && search.probeSeq === tcb.snd.una) {
      search.probeFailed(tcb.snd.nxt);
    }
  }
  const first = tcb.sender?.queue.first;
  if (first === undefined) return;
  if (doubtful !== undefined && doubtful.mss < tcb.pathMss) {
    tcb.because = 'RFC 5927 §7.2: too big after all';
    believe(tcb, doubtful.mss);
    return;
  }
  if (tcb.options.mtuProbing === 'off') return;
  const enough = tcb.retransmissions >= TIMEOUTS_TO_BASE || pathMtu?.smallerArrived === true;
  if (enough) fullStop(tcb, diff(first.end, first.start));
}

/** Full-sized segments do not arrive, and nobody says why. */
function fullStop(tcb: Tcb, length: number): void {
  const { leastPathMss } = tcb.options;
  const last = tcb.retransmissions >= TIMEOUTS_TO_LEAST;
  const size = last ? leastPathMss : Math.max(BASE_MSS, leastPathMss);
  const text = size - optionOctets(tcb);
  if (tcb.pathMtu?.smallerLost !== true) blackHole(tcb, length, size, text);
  else if (text < effectiveSendMss(tcb)) {
    tcb.because = 'RFC 4821 §7.7: smaller segments are lost too, do they get through now?';
    tcb.pathMtu.trial = text;
  }
}

/** Try smaller ones. */
function blackHole(tcb: Tcb, length: number, size: number, text: number): void {
  if (text >= effectiveSendMss(tcb) || length <= text) return;
  tcb.because = 'RFC 4821 §7.7: a black hole, smaller segments';
  const pathMtu = (tcb.pathMtu ??= new PathMtu());
  pathMtu.smallerArrived = false; // from here on the size is another
  pathMtu.search ??= new PathMtuSearch(size, probeLimit(tcb));
  pathMtu.search.fullStop(size, tcb.snd.nxt);
  changed(tcb, size);
}

function believe(tcb: Tcb, mss: number): void {
  (tcb.pathMtu ??= new PathMtu()).news = true;
  tcb.pathLimit = mss;
  lower(tcb, mss);
}

function lower(tcb: Tcb, mss: number): void {
  tcb.pathMtu?.search?.limitIs(probeLimit(tcb));
  changed(tcb, mss);
}

function changed(tcb: Tcb, mss: number): void {
  tcb.pathMss = mss;
  const { sender } = tcb;
  if (sender === undefined) return;
  sender.congestion.smssChanged(effectiveSendMss(tcb));
  sender.cwndWhy = 'RFC 4821 §7.3: never less than one segment';
}

/** At once, whatever cwnd says, and without backing off: what is too big is lost, not late. */
function resendLarger(tcb: Tcb, now: number): void {
  const { sender } = tcb;
  if (sender === undefined || !sender.queue.markLargerLost(effectiveSendMss(tcb), now)) return;
  sender.retransmitNow = true;
  sender.why = 'RFC 1191 §6.4: too big for the path';
  restartRto(tcb, now);
}

/** No probe is larger than the link, or the peer, takes. */
function probeLimit(tcb: Tcb): number {
  return Math.min(tcb.pathLimit, tcb.snd.mss);
}
