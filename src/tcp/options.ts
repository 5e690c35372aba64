/**
 * What a connection can be told: the knobs of RFC 9293 with their defaults. One object serves
 * all connections of a host; what a user may change on a living connection is copied to the TCB.
 * All times are milliseconds, all sizes octets. Departures from the RFCs' numbers: ADR-0009.
 */
import type { BlockPool } from './block-pool.ts';
import type { CongestionControl } from './congestion/control.ts';
import type { RtoBounds } from './rto.ts';

/** `estab` names them as RFC 4821 and Linux's tcp_mtu_probing 0, 1 and 2 do. */
export const MTU_PROBING = ['off', 'black-hole', 'always'] as const;
export type MtuProbing = (typeof MTU_PROBING)[number];

/**
 * A class, so that all options have one hidden class: of literals with spreads each had its own, and
 * with a second host in the process all code that reads options was compiled anew, and slower
 * (docs/performance.md). Any object of this shape is taken.
 */
export class TcpOptions implements RtoBounds {
  readonly initialRto: number;
  readonly minRto: number;
  readonly maxRto: number;
  /** RMSS, sent in our MSS option: MMS_R - 20 (§3.7.1, MUST-67). The host knows MMS_R. */
  readonly receiveMss: number;
  /** SendMSS when the peer sends no MSS option: 536 over IPv4, 1220 over IPv6 (MUST-15). */
  readonly defaultSendMss: number;
  /** MMS_S - 20: the largest text the link takes in one segment without options (MUST-16). */
  readonly pathMss: number;
  /** What every path is taken to take: no error and no black hole makes segments smaller. */
  readonly leastPathMss: number;
  /** The smallest effective send MSS, whatever the peer asks for; 48 as Linux has it. */
  readonly minSendMss: number;
  /**
   * Finds out without ICMP what the path takes (RFC 4821): never, once full-sized segments seem to
   * vanish, or from the start.
   */
  readonly mtuProbing: MtuProbing;
  /** Octets SEND takes before it says that no more fits. */
  readonly sendBuffer: number;
  /** RCV.BUFF, 1 to 65535 until windows are scaled (§3.8.6.2.2). */
  readonly receiveBuffer: number;
  /** Turns the Nagle algorithm off (§3.7.4, MUST-17). */
  readonly noDelay: boolean;
  /** How long an acknowledgment may wait; below 500 (§3.8.6.3, MUST-40); 0 sends each at once. */
  readonly delayedAck: number;
  /** Retransmissions of one segment before the user is told (§3.8.3, R1, SHLD-9, SHLD-10). */
  readonly r1: number;
  /** R2 for text and FIN: how long something may stay unacknowledged (§3.8.3, MUST-21). */
  readonly userTimeout: number;
  /** R2 for a SYN, at least 180,000 (§3.8.3, MUST-23). */
  readonly synTimeout: number;
  /** Keep-alive probing, off by default (§3.8.4, MUST-25). */
  readonly keepAlive: boolean;
  /** Idle time before the first probe, at least two hours by default (MUST-28). */
  readonly keepAliveIdle: number;
  readonly keepAliveInterval: number;
  /** Unanswered probes before the connection is given up; more than one (MUST-29). */
  readonly keepAliveProbes: number;
  /** Maximum segment lifetime; TIME-WAIT lasts two of them (§3.4.2, §3.6.1, MUST-13). */
  readonly msl: number;
  /** How long a connection nobody reads from any more may stay in FIN-WAIT-2. */
  readonly finWait2Timeout: number;
  /** Challenge ACKs per second and connection (RFC 5961 §7); further ones are not sent. */
  readonly challengeAckLimit: number;
  /** Header prediction, fast-path.ts: changes no octet on the wire, only the time it takes. */
  readonly fastPath: boolean;
  /** Makes the controller of each connection (RFC 5681 §3). */
  readonly congestion: (mss: number) => CongestionControl;
  /** Where buffers take their octets from. */
  readonly pool: BlockPool;

  constructor(of: TcpOptions) {
    this.initialRto = of.initialRto;
    this.minRto = of.minRto;
    this.maxRto = of.maxRto;
    this.receiveMss = of.receiveMss;
    this.defaultSendMss = of.defaultSendMss;
    this.pathMss = of.pathMss;
    this.leastPathMss = of.leastPathMss;
    this.minSendMss = of.minSendMss;
    this.mtuProbing = of.mtuProbing;
    this.sendBuffer = of.sendBuffer;
    this.receiveBuffer = of.receiveBuffer;
    this.noDelay = of.noDelay;
    this.delayedAck = of.delayedAck;
    this.r1 = of.r1;
    this.userTimeout = of.userTimeout;
    this.synTimeout = of.synTimeout;
    this.keepAlive = of.keepAlive;
    this.keepAliveIdle = of.keepAliveIdle;
    this.keepAliveInterval = of.keepAliveInterval;
    this.keepAliveProbes = of.keepAliveProbes;
    this.msl = of.msl;
    this.finWait2Timeout = of.finWait2Timeout;
    this.challengeAckLimit = of.challengeAckLimit;
    this.fastPath = of.fastPath;
    this.congestion = of.congestion;
    this.pool = of.pool;
  }
}

/** All but what only the host can know. */
export type TcpDefaults = Omit<
  TcpOptions,
  'receiveMss' | 'defaultSendMss' | 'pathMss' | 'leastPathMss' | 'congestion' | 'pool'
>;

const SECOND = 1000;
const MINUTE = 60 * SECOND;

export const TCP_DEFAULTS: TcpDefaults = {
  initialRto: SECOND, //            RFC 6298 §2.1
  minRto: SECOND, //                RFC 6298 §2.4; Linux has 200 ms, see ADR-0009
  maxRto: MINUTE, //                RFC 6298 §2.5 allows no less
  minSendMss: 48,
  mtuProbing: 'black-hole', //      RFC 8899 §1; Linux leaves it off, see ADR-0017
  sendBuffer: 128 * 1024, //        two windows, so that the window never runs dry
  receiveBuffer: 65535, //          the largest unscaled window
  noDelay: false,
  delayedAck: 40, //                MUST-40 allows 500; deployed stacks use 40, see ADR-0009
  r1: 3, //                         SHLD-10
  userTimeout: 5 * MINUTE, //       §3.9.1.1; SHLD-11 asks for 100 s at least
  synTimeout: 3 * MINUTE, //        MUST-23
  keepAlive: false,
  keepAliveIdle: 120 * MINUTE,
  keepAliveInterval: 75 * SECOND,
  keepAliveProbes: 9,
  msl: 30 * SECOND, //              §3.4.2 says 2 min; deployed stacks hold 60 s in all, ADR-0009
  finWait2Timeout: MINUTE,
  challengeAckLimit: 10, //         per second; RFC 5961 §7 leaves the number open
  fastPath: true,
};
