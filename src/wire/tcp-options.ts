/**
 * TCP options: RFC 9293 §3.1 and §3.2 (End of Option List, No-Operation, Maximum Segment Size),
 * RFC 7323 §2.2 and §3.2 (Window Scale, Timestamps), RFC 2018 §2 and §3 (SACK), RFC 9768 §3.2.3
 * (AccECN), RFC 5482 §3.1 (User Timeout), RFC 7413 §4.1.1 (Fast Open).
 */
import { SYN, type Segment } from './segment.ts';

const Kind = {
  END: 0,
  NOP: 1,
  MSS: 2,
  WINDOW_SCALE: 3,
  SACK_PERMITTED: 4,
  SACK: 5,
  TIMESTAMPS: 8,
  ACC_ECN_0: 172, // EE0B, ECEB, EE1B
  ACC_ECN_1: 174, // EE1B, ECEB, EE0B
  USER_TIMEOUT: 28,
  FAST_OPEN: 34,
  EXPERIMENT: 254, // RFC 4727 §6.2; what it is says the identifier that follows (RFC 6994)
} as const;

/** Octets of each option, kind and length included; a SACK option has 2 and 8 for each block. */
const Length = {
  MSS: 4,
  WINDOW_SCALE: 3,
  SACK_PERMITTED: 2,
  TIMESTAMPS: 10,
  USER_TIMEOUT: 4,
} as const;

const FAST_OPEN_EXPERIMENT = 0xf989; // RFC 7413, appendix B
const LEAST_COOKIE = 4; // octets, RFC 7413 §4.1.1
const MOST_COOKIE = 16;

const TIMESTAMPS_ONLY = 12; // octets: NOP, NOP, Timestamps
const NOP_NOP_TIMESTAMPS =
  (Kind.NOP << 24) | (Kind.NOP << 16) | (Kind.TIMESTAMPS << 8) | Length.TIMESTAMPS;

const LINUX_SYN = 20; // octets: MSS, SACK-permitted beside Timestamps, NOP, Window Scale
const PERMITTED_TIMESTAMPS =
  (Kind.SACK_PERMITTED << 24) |
  (Length.SACK_PERMITTED << 16) |
  (Kind.TIMESTAMPS << 8) |
  Length.TIMESTAMPS;
const NOP_WINDOW_SCALE = (Kind.NOP << 16) | (Kind.WINDOW_SCALE << 8) | Length.WINDOW_SCALE;

const MAX_OPTIONS = 40; // octets: Data Offset is at most 15 words, the fixed header is five

/**
 * Reads the options in [start, end) into `out`, whose options are cleared. They need no alignment
 * (MUST-64) and may be in any segment (MUST-5). Returns false for a length of 0, of 1 or past the
 * end (MUST-7). An unknown kind is stepped over by its length (MUST-6), and so is a known kind with
 * a length that is not its own, as if it were not there. Of two of a kind the later one counts.
 */
export function readTcpOptions(out: Segment, view: DataView, start: number, end: number): boolean {
  if (end - start === TIMESTAMPS_ONLY && view.getInt32(start) === NOP_NOP_TIMESTAMPS) {
    out.timestamps = true; // RFC 7323 Appendix A: what nearly all segments have
    out.tsval = view.getInt32(start + 4);
    out.tsecr = view.getInt32(start + 8);
    return true;
  }
  if (end - start === LINUX_SYN && readLinuxSyn(out, view, start)) return true;
  return readEach(out, view, start, end);
}

function readEach(out: Segment, view: DataView, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    const kind = view.getUint8(at);
    if (kind === Kind.END) return true;
    if (kind === Kind.NOP) {
      at += 1;
      continue;
    }
    if (at + 2 > end) return false;
    const length = view.getUint8(at + 1);
    if (length < 2 || at + length > end) return false;
    readOption(out, view, at, kind, length);
    at += length;
  }
  return true;
}

/** Five words in one look; false: nothing was read. */
function readLinuxSyn(out: Segment, view: DataView, start: number): boolean {
  const first = view.getInt32(start);
  const last = view.getInt32(start + 16);
  if (first >> 16 !== ((Kind.MSS << 8) | Length.MSS) || last >> 8 !== NOP_WINDOW_SCALE)
    return false;
  if (view.getInt32(start + 4) !== PERMITTED_TIMESTAMPS) return false;
  out.mss = first & 0xffff;
  out.sackPermitted = true;
  out.timestamps = true;
  out.tsval = view.getInt32(start + 8);
  out.tsecr = view.getInt32(start + 12);
  out.wscale = last & 0xff;
  return true;
}

function readOption(out: Segment, view: DataView, at: number, kind: number, length: number): void {
  switch (kind) {
    case Kind.MSS:
      if (length === Length.MSS) out.mss = view.getUint16(at + 2);
      return;
    case Kind.WINDOW_SCALE:
      if (length === Length.WINDOW_SCALE) out.wscale = view.getUint8(at + 2);
      return;
    case Kind.SACK_PERMITTED:
      if (length === Length.SACK_PERMITTED) out.sackPermitted = true;
      return;
    case Kind.SACK:
      if (length >= 10 && (length & 7) === 2) readSack(out, view, at + 2, (length - 2) >> 3);
      return;
    case Kind.TIMESTAMPS:
      if (length !== Length.TIMESTAMPS) return;
      out.timestamps = true;
      out.tsval = view.getInt32(at + 2);
      out.tsecr = view.getInt32(at + 6);
      return;
    case Kind.ACC_ECN_0:
    case Kind.ACC_ECN_1:
      readAccEcn(out, view, at, kind === Kind.ACC_ECN_0 ? 0 : 1, length);
      return;
    case Kind.USER_TIMEOUT:
      if (length === Length.USER_TIMEOUT) out.userTimeout = view.getUint16(at + 2);
      return;
    case Kind.FAST_OPEN:
      readCookie(out, view, at + 2, length - 2, false);
      return;
    case Kind.EXPERIMENT:
      if (length < 4 || view.getUint16(at + 2) !== FAST_OPEN_EXPERIMENT) return;
      readCookie(out, view, at + 4, length - 4, true);
      return;
    default:
  }
}

/** At most four blocks: a longer option does not fit a TCP header. */
function readSack(out: Segment, view: DataView, at: number, blocks: number): void {
  for (let i = 0; i < 2 * blocks; i++) out.sack[i] = view.getInt32(at + 4 * i);
  out.sackCount = blocks;
}

/** Whatever the length says, as many whole counters as there are: RFC 9768 §3.2.3. */
function readAccEcn(out: Segment, view: DataView, at: number, order: number, length: number): void {
  const count = Math.min(Math.floor((length - 2) / 3), 3);
  for (let i = 0; i < count; i++) {
    const field = at + 2 + 3 * i;
    out.counters[i] = (view.getUint8(field) << 16) | view.getUint16(field + 1);
  }
  out.accEcn = order;
  out.accEcnCount = count;
}

/** "Options with invalid Length values or without SYN flag set MUST be ignored": RFC 7413 §4.1.1. */
function readCookie(
  out: Segment,
  view: DataView,
  at: number,
  length: number,
  experimental: boolean,
): void {
  if (!(out.ctl & SYN) || length & 1) return;
  if (length !== 0 && (length < LEAST_COOKIE || length > MOST_COOKIE)) return;
  out.cookieLength = length;
  out.cookieExperimental = experimental;
  for (let i = 0; i < length; i++) out.cookie[i] = view.getUint8(at + i);
}

function timestampsOnly(seg: Segment): boolean {
  if (!seg.timestamps || seg.sackCount > 0 || seg.sackPermitted) return false;
  return (seg.mss & seg.wscale & seg.accEcn & seg.userTimeout & seg.cookieLength) === -1;
}

/** Octets that `writeTcpOptions` writes for this segment: a multiple of 4, at most 40. */
export function tcpOptionsLength(seg: Segment): number {
  if (timestampsOnly(seg)) return TIMESTAMPS_ONLY;
  const blocks = sackBlocks(seg);
  return fixedLength(seg) + (blocks > 0 ? 4 + 8 * blocks : 0);
}

/**
 * Writes the options at `start` in Linux's order, unless a SYN is to have FreeBSD's; every group filled up to whole words with NOPs
 * before it, so that no End of Option List and no padding is needed (MUST-69). SACK comes last and
 * has as many blocks as there is room for.
 */
export function writeTcpOptions(view: DataView, start: number, seg: Segment): void {
  if (timestampsOnly(seg)) {
    view.setInt32(start, NOP_NOP_TIMESTAMPS);
    view.setInt32(start + 4, seg.tsval);
    view.setInt32(start + 8, seg.tsecr);
  } else if (seg.freebsdOrder && seg.mss >= 0) writeFreebsdSyn(view, start, seg);
  else writeInLinuxOrder(view, start, seg);
}

function writeInLinuxOrder(view: DataView, start: number, seg: Segment): void {
  let at = start;
  if (seg.mss >= 0) {
    view.setInt32(at, (Kind.MSS << 24) | (Length.MSS << 16) | (seg.mss & 0xffff));
    at += 4;
  }
  if (seg.timestamps || seg.sackPermitted) at = writeSackPermittedAndTimestamps(view, at, seg);
  if (seg.wscale >= 0) {
    const { NOP, WINDOW_SCALE } = Kind;
    view.setInt32(
      at,
      (NOP << 24) | (WINDOW_SCALE << 16) | (Length.WINDOW_SCALE << 8) | (seg.wscale & 0xff),
    );
    at += 4;
  }
  at = writeFurther(view, at, seg);
  const blocks = sackBlocks(seg);
  if (blocks === 0) return;
  view.setInt32(at, (Kind.NOP << 24) | (Kind.NOP << 16) | (Kind.SACK << 8) | (2 + 8 * blocks));
  for (let i = 0; i < 2 * blocks; i++) view.setInt32(at + 4 + 4 * i, seg.sack[i] ?? 0);
}

/**
 * A SYN's options as FreeBSD has them: each where its numbers are aligned, EOLs up to a whole word.
 * They take as many words as in Linux's order.
 */
function writeFreebsdSyn(view: DataView, start: number, seg: Segment): void {
  const { NOP, END, MSS, WINDOW_SCALE, SACK_PERMITTED, TIMESTAMPS } = Kind;
  view.setInt32(start, (MSS << 24) | (Length.MSS << 16) | (seg.mss & 0xffff));
  let at = start + 4;
  if (seg.wscale >= 0) {
    view.setInt16(at, (NOP << 8) | WINDOW_SCALE);
    view.setInt16(at + 2, (Length.WINDOW_SCALE << 8) | (seg.wscale & 0xff));
    at += 4;
  }
  if (seg.sackPermitted) {
    view.setInt16(at, (SACK_PERMITTED << 8) | Length.SACK_PERMITTED);
    at += 2;
  }
  if (seg.timestamps) {
    while ((at - start) % 4 !== 2) view.setUint8(at++, NOP);
    view.setInt16(at, (TIMESTAMPS << 8) | Length.TIMESTAMPS);
    view.setInt32(at + 2, seg.tsval);
    view.setInt32(at + 6, seg.tsecr);
    at += Length.TIMESTAMPS;
  }
  at = writeFurther(view, at, seg);
  const end = start + fixedLength(seg);
  while (at < end) view.setUint8(at++, END);
}

/** SACK-permitted takes the place of the two NOPs that otherwise precede the timestamps. */
function writeSackPermittedAndTimestamps(view: DataView, start: number, seg: Segment): number {
  const { NOP, SACK_PERMITTED, TIMESTAMPS } = Kind;
  const nops = (NOP << 8) | NOP;
  const permitted = (SACK_PERMITTED << 8) | Length.SACK_PERMITTED;
  if (!seg.timestamps) {
    view.setInt32(start, (nops << 16) | permitted);
    return start + 4;
  }
  const first = seg.sackPermitted ? permitted : nops;
  view.setInt32(start, (first << 16) | (TIMESTAMPS << 8) | Length.TIMESTAMPS);
  view.setInt32(start + 4, seg.tsval);
  view.setInt32(start + 8, seg.tsecr);
  return start + 12;
}

/** What stands behind timestamps and window scale whatever the order; returns where it ends. */
function writeFurther(view: DataView, start: number, seg: Segment): number {
  let at = start;
  if (seg.accEcn >= 0) at = writeAccEcn(view, at, seg);
  if (seg.cookieLength >= 0) at = writeCookie(view, at, seg);
  if (seg.userTimeout < 0) return at;
  const { USER_TIMEOUT } = Kind;
  const limit = seg.userTimeout & 0xffff;
  view.setInt32(at, (USER_TIMEOUT << 24) | (Length.USER_TIMEOUT << 16) | limit);
  return at + 4;
}

/** NOPs first, so that it ends at a whole word. */
function writeAccEcn(view: DataView, start: number, seg: Segment): number {
  const length = 2 + 3 * seg.accEcnCount;
  const end = start + accEcnOctets(seg.accEcnCount);
  let at = start;
  while (at < end - length) view.setUint8(at++, Kind.NOP);
  view.setUint8(at, seg.accEcn === 0 ? Kind.ACC_ECN_0 : Kind.ACC_ECN_1);
  view.setUint8(at + 1, length);
  for (let i = 0; i < seg.accEcnCount; i++) {
    const field = at + 2 + 3 * i;
    view.setUint8(field, seg.counters[i]! >> 16);
    view.setUint16(field + 1, seg.counters[i]! & 0xffff);
  }
  return end;
}

/** Octets that an AccECN option with `count` counters takes, NOPs included: 4, 8, 8 or 12. */
export const accEcnOctets = (count: number): number => (2 + 3 * count + 3) & ~3;

/** Octets left for further options when `blocks` SACK blocks at most are to stay. */
export function optionRoom(seg: Segment, blocks: number): number {
  const kept = Math.min(seg.sackCount, blocks);
  return MAX_OPTIONS - fixedLength(seg) - (kept > 0 ? 4 + 8 * kept : 0);
}

/** Filled up with NOPs behind it, as Linux does. */
function writeCookie(view: DataView, start: number, seg: Segment): number {
  let at = start;
  if (seg.cookieExperimental) {
    view.setUint8(at, Kind.EXPERIMENT);
    view.setUint8(at + 1, 4 + seg.cookieLength);
    view.setUint16(at + 2, FAST_OPEN_EXPERIMENT);
    at += 4;
  } else {
    view.setUint8(at, Kind.FAST_OPEN);
    view.setUint8(at + 1, 2 + seg.cookieLength);
    at += 2;
  }
  for (let i = 0; i < seg.cookieLength; i++) view.setUint8(at + i, seg.cookie[i]!);
  at += seg.cookieLength;
  const end = start + cookieOctets(seg);
  while (at < end) view.setUint8(at++, Kind.NOP);
  return end;
}

function cookieOctets(seg: Segment): number {
  return ((seg.cookieExperimental ? 4 : 2) + seg.cookieLength + 3) & ~3;
}

/** All but SACK, in whole words. */
function fixedLength(seg: Segment): number {
  let length = 0;
  if (seg.mss >= 0) length += 4;
  if (seg.timestamps) length += 12;
  else if (seg.sackPermitted) length += 4;
  if (seg.wscale >= 0) length += 4;
  if (seg.accEcn >= 0) length += accEcnOctets(seg.accEcnCount);
  if (seg.cookieLength >= 0) length += cookieOctets(seg);
  if (seg.userTimeout >= 0) length += 4;
  return length;
}

function sackBlocks(seg: Segment): number {
  if (seg.sackCount === 0) return 0;
  const room = (MAX_OPTIONS - 4 - fixedLength(seg)) >> 3;
  return seg.sackCount < room ? seg.sackCount : room;
}
