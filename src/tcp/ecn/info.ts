/** ECN as getsockopt(TCP_INFO) shows it: Linux's names without `tcpi_`, RFC 9768 §3.2's counters. */
import { Feedback, FIRST_BYTES, type Counters, type Ecn } from '../ecn.ts';
import type { TcpInfo } from '../info.ts';

type EcnInfo = Pick<
  TcpInfo,
  | 'ecnMode'
  | 'deliveredCe'
  | 'receivedCe'
  | 'deliveredE0Bytes'
  | 'deliveredE1Bytes'
  | 'deliveredCeBytes'
  | 'receivedE0Bytes'
  | 'receivedE1Bytes'
  | 'receivedCeBytes'
>;

export function ecnInfo(ecn: Ecn | undefined): EcnInfo {
  const s = ecn?.accurate?.s;
  const r = ecn?.accurate?.r;
  return {
    ecnMode: modeOf(ecn),
    deliveredCe: ecn === undefined ? 0 : ecn.deliveredCe,
    receivedCe: ecn === undefined ? 0 : ecn.receivedCe,
    deliveredE0Bytes: bytes(s, 'e0b'),
    deliveredE1Bytes: bytes(s, 'e1b'),
    deliveredCeBytes: s === undefined ? 0 : s.ceb,
    receivedE0Bytes: bytes(r, 'e0b'),
    receivedE1Bytes: bytes(r, 'e1b'),
    receivedCeBytes: r === undefined ? 0 : r.ceb,
  };
}

function modeOf(ecn: Ecn | undefined): EcnInfo['ecnMode'] {
  if (ecn === undefined || ecn.feedback === Feedback.asked) return 'none';
  return ecn.feedback === Feedback.classic ? 'classic' : 'accurate';
}

const bytes = (counters: Counters | undefined, name: 'e0b' | 'e1b'): number =>
  counters === undefined ? 0 : Math.max(0, counters[name] - FIRST_BYTES);
