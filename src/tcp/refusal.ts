/**
 * How the core answers a user call it cannot carry out: the sentences of RFC 9293 §3.10, so that they
 * can be looked up there. Sockets translate them to their own codes.
 */
export type Refusal =
  | 'error: connection already exists'
  | 'error: connection does not exist'
  | 'error: connection closing'
  | 'error: connection reset'
  | 'error: connection refused'
  | 'error: connection aborted due to user timeout'
  | 'error: foreign socket unspecified'
  | 'error: insufficient resources';

/** RFC 9293 answers a call it carries out with `ok`. */
export type Answer = 'ok' | Refusal;
