/**
 * What a connection can be told: the knobs of RFC 9293 with their defaults. One object serves
 * all connections of a host; what a user may change on a living connection is copied to the TCB.
 * All times are milliseconds, all sizes octets. Departures from the RFCs' numbers: ADR-0009.
 */
import type { BlockPool } from './block-pool.ts';
import type { CongestionControl } from './congestion/control.ts';
import type { Beginning } from './congestion/controllers.ts';
import type { RecordPool } from './record-pool.ts';
import type { RtoBounds } from './rto.ts';

/** Wire profiles: what is seen on the wire of Linux, of FreeBSD, and the RFCs' plainest form. */
export const PROFILE_NAMES = ['linux', 'freebsd', 'rfc'] as const;
export type ProfileName = (typeof PROFILE_NAMES)[number];

/** How losses are found: RFC 8985, RFC 6675, RFC 6582. Without SACK, `sack` is `new-reno`. */
export const RECOVERIES = ['rack', 'sack', 'new-reno'] as const;
export type RecoveryName = (typeof RECOVERIES)[number];

/** RFC 9438, RFC 5681, and BBR version 3. */
export const CONTROLLERS = ['cubic', 'reno', 'bbr'] as const;
export type ControllerName = (typeof CONTROLLERS)[number];

/** cwnd after an idle time: RFC 5681 §4.1, RFC 7661, or as it was. */
export const AFTER_IDLE = ['restart', 'validate', 'keep'] as const;
export type AfterIdle = (typeof AFTER_IDLE)[number];

/** `auto`: where the controller asks for it. */
export const PACINGS = ['off', 'auto', 'on'] as const;
export type Pacing = (typeof PACINGS)[number];

/** `passive` answers who asks for it; RFC 3168; RFC 9768. */
export const ECN_MODES = ['off', 'passive', 'classic', 'accurate'] as const;
export type EcnMode = (typeof ECN_MODES)[number];

/** TCP Fast Open, RFC 7413. */
export const FAST_OPENS = ['off', 'client', 'server', 'both'] as const;
export type FastOpen = (typeof FAST_OPENS)[number];

/** PSH on the last segment of each write, or of each burst as Linux has it too. */
export const PUSHES = ['write', 'burst'] as const;
export type Push = (typeof PUSHES)[number];

/** The order and packing of a SYN's options. */
export const SYN_ORDERS = ['linux', 'freebsd'] as const;
export type SynOrder = (typeof SYN_ORDERS)[number];

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
  /** The wire profile that all other values began with. */
  readonly profile: ProfileName;
  /** Offers and accepts window scaling (RFC 7323 §2). */
  readonly windowScaling: boolean;
  /** Offers and accepts timestamps (RFC 7323 §3). */
  readonly timestamps: boolean;
  /** Offers and accepts selective acknowledgments (RFC 2018). */
  readonly sack: boolean;
  /** How losses are found. */
  readonly recovery: RecoveryName;
  /** The congestion controller of a new connection. */
  readonly congestionControl: ControllerName;
  /** Segments of the initial window (RFC 6928); 0: by the formula of RFC 5681 §3.1. */
  readonly initialWindow: number;
  /** What becomes of cwnd after an idle time. */
  readonly afterIdle: AfterIdle;
  /** Spreads segments over the round trip. */
  readonly pacing: Pacing;
  /** Leaves slow start when round trips grow (RFC 9406). */
  readonly hystart: boolean;
  /** New text on the first two duplicate acknowledgments (RFC 3042). */
  readonly limitedTransmit: boolean;
  /** Finds spurious timeouts (RFC 5682). */
  readonly frto: boolean;
  /** Takes a spurious reaction to loss back (RFC 4015, RFC 3708). */
  readonly undo: boolean;
  /** Probes the tail of a flight before the timer expires (RFC 8985 §7). */
  readonly tailLossProbe: boolean;
  /** Explicit congestion notification. */
  readonly ecn: EcnMode;
  /** TCP Fast Open. */
  readonly fastOpen: FastOpen;
  /** Sends and heeds the User Timeout Option (RFC 5482). */
  readonly userTimeoutOption: boolean;
  /** Segments that are acknowledged at once when a connection begins; 0: none. */
  readonly quickAcks: number;
  /** Where PSH is set. */
  readonly push: Push;
  /** How options stand in a SYN. */
  readonly synOrder: SynOrder;
  /** Octets of text in the largest segment, less than the path would take; Infinity: no limit (TCP_MAXSEG). */
  readonly maxSeg: number;
  /** Octets up to which the receive buffer grows by itself; as receiveBuffer: not at all. */
  readonly receiveBufferMax: number;
  /** Octets up to which the send buffer grows by itself; as sendBuffer: not at all. */
  readonly sendBufferMax: number;
  /** Makes the controller of each connection (RFC 5681 §3). */
  readonly congestion: (connection: Beginning) => CongestionControl;
  /** Where buffers take their octets from. */
  readonly pool: BlockPool;
  /** Where retransmission queues take their records from. */
  readonly records: RecordPool;

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
    this.profile = of.profile;
    this.windowScaling = of.windowScaling;
    this.timestamps = of.timestamps;
    this.sack = of.sack;
    this.recovery = of.recovery;
    this.congestionControl = of.congestionControl;
    this.initialWindow = of.initialWindow;
    this.afterIdle = of.afterIdle;
    this.pacing = of.pacing;
    this.hystart = of.hystart;
    this.limitedTransmit = of.limitedTransmit;
    this.frto = of.frto;
    this.undo = of.undo;
    this.tailLossProbe = of.tailLossProbe;
    this.ecn = of.ecn;
    this.fastOpen = of.fastOpen;
    this.userTimeoutOption = of.userTimeoutOption;
    this.quickAcks = of.quickAcks;
    this.push = of.push;
    this.synOrder = of.synOrder;
    this.maxSeg = of.maxSeg;
    this.receiveBufferMax = of.receiveBufferMax;
    this.sendBufferMax = of.sendBufferMax;
    this.congestion = of.congestion;
    this.pool = of.pool;
    this.records = of.records;
  }
}

/** All but what only the host can know. */
export type TcpDefaults = Omit<
  TcpOptions,
  'receiveMss' | 'defaultSendMss' | 'pathMss' | 'leastPathMss' | 'congestion' | 'pool' | 'records'
>;
