/** What may be changed on a living connection: docs/sockets.md#on-a-living-connection lists them. */
import type { TcpSocket } from '../stack/tcp-socket.ts';
import { CONTROLLERS, type ControllerName } from '../tcp/options.ts';

/** Times are milliseconds, sizes octets; what is not there stays as it is. */
export interface SocketOptions {
  /** Nagle's algorithm is off: RFC 9293 §3.7.4. */
  readonly noDelay?: boolean | undefined;
  /** Text waits for full segments, 200 ms at most; `false` sends what waits. TCP_CORK of Linux. */
  readonly cork?: boolean | undefined;
  /** Acknowledges at once, for a while. TCP_QUICKACK of Linux. */
  readonly quickAck?: boolean | undefined;
  /** Text in a segment at most: lowers what the peer and the path take, 1 to 65535. TCP_MAXSEG. */
  readonly maxSeg?: number | undefined;
  /** RFC 9293 §3.8.4. */
  readonly keepAlive?: boolean | undefined;
  /** Silence before the first probe and between probes, ms, and probes that may stay unanswered. */
  readonly keepAliveIdle?: number | undefined;
  readonly keepAliveInterval?: number | undefined;
  readonly keepAliveProbes?: number | undefined;
  /** How long text may stay unacknowledged, ms, Infinity for ever: RFC 9293 §3.8.3. TCP_USER_TIMEOUT. */
  readonly userTimeout?: number | undefined;
  /** Who decides how much is in flight: cubic, reno or bbr. TCP_CONGESTION. */
  readonly congestionControl?: ControllerName | undefined;
}

type Check = (value: unknown) => string | undefined;

const yesOrNo: Check = (value) =>
  typeof value === 'boolean' ? undefined : 'it must be true or false';

const number =
  (least: number, most: number, whole: boolean): Check =>
  (value) => {
    const fits = typeof value === 'number' && value >= least && value <= most;
    if (fits && (!whole || Number.isInteger(value))) return undefined;
    return `it must be ${whole ? 'an integer' : 'a number'} from ${least} to ${most}`;
  };

const controller: Check = (value) =>
  CONTROLLERS.some((name) => name === value)
    ? undefined
    : `it must be ${CONTROLLERS.slice(0, -1).join(', ')} or ${String(CONTROLLERS.at(-1))}`;

const CHECKS: ReadonlyMap<string, Check> = new Map<keyof SocketOptions, Check>([
  ['noDelay', yesOrNo],
  ['cork', yesOrNo],
  ['quickAck', yesOrNo],
  ['maxSeg', number(1, 65_535, true)],
  ['keepAlive', yesOrNo],
  ['keepAliveIdle', number(1, Infinity, false)],
  ['keepAliveInterval', number(1, Infinity, false)],
  ['keepAliveProbes', number(1, 1_000_000, true)],
  ['userTimeout', number(1, Infinity, false)],
  ['congestionControl', controller],
]);

/** The sentence about the first name or value that is none. */
export function wrongOption(options: SocketOptions): string | undefined {
  for (const [name, value] of Object.entries(options)) {
    const check = CHECKS.get(name);
    if (check === undefined) {
      return `there is no option ${name}; there are ${[...CHECKS.keys()].join(', ')}`;
    }
    const wrong = value === undefined ? undefined : check(value);
    if (wrong !== undefined) return `${name} is ${String(value)}, ${wrong}`;
  }
  return undefined;
}

/** Of options of which none is wrong. The cork last, so that the rest is known when text leaves. */
export function applyOptions(now: number, tcp: TcpSocket, options: SocketOptions): void {
  const { noDelay, quickAck, maxSeg, keepAlive, userTimeout, cork } = options;
  const { keepAliveIdle: idle, keepAliveInterval: interval, keepAliveProbes: probes } = options;
  if (maxSeg !== undefined) tcp.maxSeg(maxSeg);
  if (idle !== undefined || interval !== undefined || probes !== undefined) {
    tcp.keepAliveTimes(now, { idle, interval, probes });
  }
  if (keepAlive !== undefined) tcp.keepAlive(now, keepAlive);
  if (userTimeout !== undefined) tcp.userTimeout(now, userTimeout);
  if (options.congestionControl !== undefined) {
    tcp.congestionControl(now, options.congestionControl);
  }
  if (noDelay !== undefined) tcp.noDelay(noDelay);
  if (quickAck !== undefined) tcp.quickAck(quickAck);
  if (cork !== undefined) tcp.cork(cork);
}
