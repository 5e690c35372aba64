/** What the code of a script can ask: the fields of Linux's TCP_INFO, in its units, and the names of its numbers. */
import type { TcpSocket } from '../../stack/tcp-socket.ts';
import type { TcpInfo } from '../../tcp/info.ts';
import type { State } from '../../tcp/state.ts';
import type { Names } from './code.ts';
import { SYMBOLS } from './symbols.ts';

const STATES: Readonly<Record<State, number>> = {
  ESTABLISHED: 1,
  'SYN-SENT': 2,
  'SYN-RECEIVED': 3,
  'FIN-WAIT-1': 4,
  'FIN-WAIT-2': 5,
  'TIME-WAIT': 6,
  CLOSED: 7,
  'CLOSE-WAIT': 8,
  'LAST-ACK': 9,
  LISTEN: 10,
  CLOSING: 11,
};

const PHASES: Readonly<Record<TcpInfo['caState'], number>> = {
  open: 0,
  disorder: 1,
  cwr: 2,
  recovery: 3,
  loss: 4,
};

const INFINITE = 0x7fffffff; // TCP_INFINITE_SSTHRESH
const micro = (ms: number): number => (ms < 0 ? 0 : Math.round(ms * 1000));
const milli = (ms: number): number => (ms < 0 ? 0 : Math.round(ms));

/** Puts what `socket` is like at `now` beside what the code has named itself. */
export function nameInfo(names: Names, socket: TcpSocket | undefined, now: number): void {
  for (const [name, value] of SYMBOLS) if (/^TCP/.test(name)) names.set(name, value);
  if (socket === undefined) return;
  const info = socket.info(now);
  for (const [name, value] of Object.entries(fieldsOf(info, socket))) {
    names.set(`tcpi_${name}`, value);
  }
}

function fieldsOf(info: TcpInfo, socket: TcpSocket): Readonly<Record<string, number>> {
  const mss = Math.max(1, info.sndMss);
  return {
    state: STATES[info.state],
    ca_state: PHASES[info.caState],
    retransmits: info.retransmits,
    probes: info.probes,
    backoff: info.backoff,
    options: optionBits(socket),
    rto: micro(info.rto),
    ato: micro(info.ato),
    snd_mss: info.sndMss,
    rcv_mss: info.rcvMss,
    unacked: info.unacked,
    sacked: info.sacked,
    lost: info.lost + info.retrans, // Linux goes on counting what it has sent again
    retrans: info.retrans,
    fackets: 0,
    last_data_sent: milli(info.lastDataSent),
    last_data_recv: milli(info.lastDataRecv),
    last_ack_recv: milli(info.lastAckRecv),
    pmtu: info.pmtu,
    rcv_ssthresh: info.rcvWnd,
    rtt: micro(info.rtt),
    rttvar: micro(info.rttvar),
    min_rtt: info.minRtt < 0 ? 0xffffffff : micro(info.minRtt),
    snd_ssthresh: info.sndSsthresh >= INFINITE ? INFINITE : Math.floor(info.sndSsthresh / mss),
    snd_cwnd: Math.floor(info.sndCwnd / mss),
    advmss: Math.min(info.advmss, socket.options.maxSeg),
    reordering: 3,
    reord_seen: info.reordering ? 1 : 0,
    rcv_rtt: micro(info.rcvRtt),
    rcv_space: info.rcvSpace,
    total_retrans: info.totalRetrans,
    bytes_acked: info.bytesAcked,
    bytes_received: info.bytesReceived,
    segs_out: info.segsOut,
    segs_in: info.segsIn,
    notsent_bytes: info.notsentBytes,
    dsack_dups: info.dsackDups,
    snd_wnd: info.sndWnd,
    rcv_wnd: info.rcvWnd,
    delivered_ce: info.deliveredCe,
    received_ce: info.receivedCe,
    delivered_e0_bytes: info.deliveredE0Bytes,
    delivered_e1_bytes: info.deliveredE1Bytes,
    delivered_ce_bytes: info.deliveredCeBytes,
    received_e0_bytes: info.receivedE0Bytes,
    received_e1_bytes: info.receivedE1Bytes,
    received_ce_bytes: info.receivedCeBytes,
  };
}

/** TCPI_OPT_*: timestamps, SACK, window scale, ECN, text of our SYN acknowledged. */
function optionBits({ connection: { tcb } }: TcpSocket): number {
  return (
    (tcb.timestamps === undefined ? 0 : 1) |
    (tcb.sackOn ? 2 : 0) |
    (tcb.scaled ? 4 : 0) |
    (tcb.ecn === undefined ? 0 : 8) |
    (tcb.fastOpen !== undefined && (tcb.fastOpen.acked > 0 || tcb.fastOpen.accepted) ? 32 : 0)
  );
}
