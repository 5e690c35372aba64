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

/** What today's stacks have in common. */
const MODERN: TcpDefaults = {
  ...RFC,
  minRto: 200, //                   beyond SRTT: TCP_RTO_MIN, rto.ts; net.inet.tcp.rexmit_slop
  windowScaling: true, //           net.ipv4.tcp_window_scaling; net.inet.tcp.rfc1323
  timestamps: true, //              net.ipv4.tcp_timestamps; net.inet.tcp.rfc1323
  sack: true, //                    net.ipv4.tcp_sack; net.inet.tcp.sack.enable
  congestionControl: 'cubic', //    net.ipv4.tcp_congestion_control; net.inet.tcp.cc.algorithm
  initialWindow: 10, //             TCP_INIT_CWND; net.inet.tcp.initcwnd_segments
  pacing: 'auto', //                BBR is nothing without; Reno and CUBIC go unpaced, as with sch_fq absent
  limitedTransmit: true, //         RFC 3042; net.inet.tcp.rfc3042
  ecn: 'passive', //                net.ipv4.tcp_ecn=2; net.inet.tcp.ecn.enable=2
};

/** As Linux 6 with its own defaults. */
export const LINUX: TcpDefaults = {
  ...MODERN,
  profile: 'linux',
  maxRto: 2 * MINUTE, //            TCP_RTO_MAX
  recovery: 'rack', //              net.ipv4.tcp_recovery=1
  tailLossProbe: true, //           net.ipv4.tcp_early_retrans=3
  frto: true, //                    net.ipv4.tcp_frto=2
  undo: true, //                    RFC 4015 by timestamps, RFC 3708 by D-SACK
  hystart: true, //                 its CUBIC has the older HyStart; here RFC 9406
  quickAcks: 16, //                 TCP_MAX_QUICKACKS
  push: 'burst',
  receiveBuffer: 128 * 1024, //     net.ipv4.tcp_rmem, the middle number: the first window is 65,535
  receiveBufferMax: 6 * 1024 * 1024, // net.ipv4.tcp_rmem, the last
  sendBuffer: 128 * 1024, //        net.ipv4.tcp_wmem says 16 KiB, but counts in whole buffers at once
  sendBufferMax: 4 * 1024 * 1024, // net.ipv4.tcp_wmem, the last
};

/** As FreeBSD 14 with its own defaults: the base stack, not the one called RACK. */
export const FREEBSD: TcpDefaults = {
  ...MODERN,
  profile: 'freebsd',
  maxRto: 64 * SECOND, //           TCPTV_REXMTMAX
  recovery: 'sack', //              RFC 6675: net.inet.tcp.rfc6675_pipe
  undo: true, //                    net.inet.tcp.do_prr and its "bad retransmit" window
  hystart: false, //                net.inet.tcp.cc.hystartplusplus is for NewReno
  synOrder: 'freebsd',
  minSendMss: 216, //               net.inet.tcp.minmss
  keepAliveProbes: 8, //            net.inet.tcp.keepcnt
  receiveBuffer: 65_536, //         net.inet.tcp.recvspace
  receiveBufferMax: 2 * 1024 * 1024, // net.inet.tcp.recvbuf_max
  sendBuffer: 32 * 1024, //         net.inet.tcp.sendspace
  sendBufferMax: 2 * 1024 * 1024, // net.inet.tcp.sendbuf_max
};

export const PROFILES: Readonly<Record<ProfileName, TcpDefaults>> = {
  linux: LINUX,
  freebsd: FREEBSD,
  rfc: RFC,
};

/** What a host's connections have unless it is told otherwise. */
export const TCP_DEFAULTS: TcpDefaults = LINUX;
