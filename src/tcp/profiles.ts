/**
 * Wire profiles: the same TCP as it is seen on the wire from Linux, from FreeBSD, and in the RFCs'
 * plainest form. One plain object each; a user's options go before them.
 */
import type { ProfileName, TcpDefaults } from './options.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** RFC 9293 and what it requires, nothing more: what ladders are played with unless they say so. */
export const RFC: TcpDefaults = {
  profile: 'rfc',
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
  windowScaling: false,
  timestamps: false,
  sack: false,
  recovery: 'new-reno',
  congestionControl: 'reno',
  initialWindow: 0,
  afterIdle: 'restart',
  pacing: 'off',
  hystart: false,
  limitedTransmit: false,
  frto: false,
  undo: false,
  tailLossProbe: false,
  ecn: 'off',
  fastOpen: 'off',
  userTimeoutOption: false,
  quickAcks: 0,
  push: 'write',
  synOrder: 'linux',
  maxSeg: Infinity,
  receiveBufferMax: 65535,
  sendBufferMax: 128 * 1024,
};

const MODERN: TcpDefaults = {
  ...RFC,
  minRto: 200,
  maxRto: 2 * MINUTE,
  windowScaling: true,
  timestamps: true,
  sack: true,
  recovery: 'rack',
  congestionControl: 'cubic',
  initialWindow: 10,
  hystart: true,
  limitedTransmit: true,
  frto: true,
  undo: true,
  tailLossProbe: true,
  ecn: 'passive',
};

/** As Linux 6 with its own defaults. */
export const LINUX: TcpDefaults = {
  ...MODERN,
  profile: 'linux',
  quickAcks: 16,
  push: 'burst',
  receiveBuffer: 128 * 1024,
  receiveBufferMax: 6 * 1024 * 1024, //  net.ipv4.tcp_rmem
  sendBuffer: 128 * 1024,
  sendBufferMax: 4 * 1024 * 1024, //     net.ipv4.tcp_wmem
};

/** As FreeBSD 14 with its own defaults. */
export const FREEBSD: TcpDefaults = {
  ...MODERN,
  profile: 'freebsd',
  maxRto: 64 * SECOND,
  synOrder: 'freebsd',
  receiveBuffer: 65_536,
  receiveBufferMax: 2 * 1024 * 1024, //  net.inet.tcp.recvbuf_max
  sendBuffer: 128 * 1024,
  sendBufferMax: 2 * 1024 * 1024, //     net.inet.tcp.sendbuf_max
};

export const PROFILES: Readonly<Record<ProfileName, TcpDefaults>> = {
  linux: LINUX,
  freebsd: FREEBSD,
  rfc: RFC,
};

/** What a host's connections have unless it is told otherwise. */
export const TCP_DEFAULTS: TcpDefaults = RFC;
