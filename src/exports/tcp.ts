/** `estab/tcp`: RFC 9293 for one connection, without clock, randomness and I/O. */
export { BlockPool } from '../tcp/block-pool.ts';
export { AckSample, type CongestionControl } from '../tcp/congestion/control.ts';
export {
  controllerFor,
  type Beginning,
  type ControllerOptions,
} from '../tcp/congestion/controllers.ts';
export { Connection } from '../tcp/connection.ts';
export type { IcmpError } from '../tcp/events/icmp.ts';
export type { SendOptions } from '../tcp/events/send.ts';
export type { Status } from '../tcp/events/status.ts';
export type { TcpInfo } from '../tcp/info.ts';
export {
  TcpOptions,
  type AfterIdle,
  type ControllerName,
  type EcnMode,
  type FastOpen,
  type MtuProbing,
  type Pacing,
  type ProfileName,
  type Push,
  type RecoveryName,
  type SynOrder,
  type TcpDefaults,
} from '../tcp/options.ts';
export { FREEBSD, LINUX, PROFILES, RFC, TCP_DEFAULTS } from '../tcp/profiles.ts';
export { RecordPool, SentRecord } from '../tcp/record-pool.ts';
export type { Answer, Refusal } from '../tcp/refusal.ts';
export type { TcpSignal } from '../tcp/signals.ts';
export {
  STATES,
  synchronized,
  TRANSITIONS,
  type State,
  type Transition,
  type TransitionObserver,
} from '../tcp/state.ts';
export type { Tcb } from '../tcp/tcb.ts';
export {
  Tracer,
  type TraceEvent,
  type TraceLost,
  type TraceNumber,
  type TraceReceived,
  type TraceRtt,
  type TraceSent,
  type TraceSink,
  type TraceState,
  type TraceTimer,
  type TracedNumber,
} from '../tcp/trace.ts';
