/** The list of a host's sockets as text, in the columns and with the words of `ss -tino`. */
import { printAddress, type IpAddress } from '../wire/address.ts';
import { INFINITE_SSTHRESH } from '../tcp/congestion/control.ts';
import type { TcpInfo } from '../tcp/info.ts';
import type { SocketInfo, SocketTimer } from './socket-info.ts';

const TITLES = ['State', 'Recv-Q', 'Send-Q', 'Local Address:Port', 'Peer Address:Port'];

/** One line for each, and one more about each connection; `now` is the host's. */
export function formatSockets(list: readonly SocketInfo[], now: number): string {
  const rows = [TITLES, ...list.map((info) => columns(info))];
  const widths = TITLES.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  '));
  return lines
    .map((line, i) => {
      const info = list[i - 1];
      const waits = info === undefined ? '' : waiting(info, now);
      return `${`${line}${waits}`.trimEnd()}\n${info === undefined ? '' : about(info, now)}`;
    })
    .join('');
}

function columns(info: SocketInfo): string[] {
  const { state, receiveQueue, sendQueue, local, localPort, remote, remotePort } = info;
  return [
    state,
    String(receiveQueue),
    String(sendQueue),
    end(local, localPort),
    end(remote, remotePort),
  ];
}

function end(address: IpAddress | undefined, port: number): string {
  const text = address === undefined ? '*' : printAddress(address);
  return `${text.includes(':') ? `[${text}]` : text}:${port === 0 ? '*' : port}`;
}

function waiting({ halfOpen, timer }: SocketInfo, now: number): string {
  const half = halfOpen > 0 ? `  half-open:${halfOpen}` : '';
  return timer === undefined ? half : `${half}  ${timerText(timer, now)}`;
}

function about({ state, socket }: SocketInfo, now: number): string {
  if (socket === undefined || state === 'LISTEN' || state === 'TIME-WAIT') return '';
  return `\t ${words(socket.info(now))}\n`;
}

const timerText = ({ kind, at, retransmits }: SocketTimer, now: number): string =>
  `timer:(${kind},${span(at - now)},${retransmits})`;

/** `200ms`, `59sec`, `119min`, as ss has it. */
function span(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))}ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 3 : 0).replace('.000', '')}sec`;
  return `${Math.floor(ms / 60_000)}min`;
}

const decimals = (n: number): string => String(Math.round(n * 1000) / 1000);

/** ss leaves out what is zero or was not measured. */
function words(info: TcpInfo): string {
  const { rtt, rttvar, sndMss, sndCwnd, sndSsthresh, retrans, totalRetrans } = info;
  const text: (string | undefined)[] = [
    `rto:${decimals(info.rto)}`,
    some('backoff', info.backoff),
    rtt < 0 ? undefined : `rtt:${decimals(rtt)}/${decimals(rttvar)}`,
    `ato:${info.ato}`,
    `mss:${sndMss} pmtu:${info.pmtu} rcvmss:${info.rcvMss} advmss:${info.advmss}`,
    `cwnd:${Math.floor(sndCwnd / sndMss)}`,
    sndSsthresh === INFINITE_SSTHRESH ? undefined : `ssthresh:${Math.floor(sndSsthresh / sndMss)}`,
    some('bytes_acked', info.bytesAcked),
    some('bytes_received', info.bytesReceived),
    `segs_out:${info.segsOut} segs_in:${info.segsIn}`,
    ago('lastsnd', info.lastDataSent),
    ago('lastrcv', info.lastDataRecv),
    ago('lastack', info.lastAckRecv),
    some('unacked', info.unacked),
    totalRetrans === 0 ? undefined : `retrans:${retrans}/${totalRetrans}`,
    some('lost', info.lost),
    `rcv_space:${info.rcvSpace}`,
    some('notsent', info.notsentBytes),
    `snd_wnd:${info.sndWnd} rcv_wnd:${info.rcvWnd}`,
  ];
  return text.filter((word) => word !== undefined).join(' ');
}

const some = (name: string, n: number): string | undefined =>
  n === 0 ? undefined : `${name}:${n}`;
const ago = (name: string, ms: number): string | undefined =>
  ms < 0 ? undefined : `${name}:${Math.round(ms)}`;
