/** What the kernel itself says about one of its connections: proc_net_tcp(5). */
import { readFileSync } from 'node:fs';
import type { State } from '../../src/tcp/state.ts';
import type { Family } from '../../src/wire/address.ts';

/** The numbers of include/net/tcp_states.h; 12 is a request that no accept() has seen yet. */
const STATES: Readonly<Record<string, State>> = {
  '01': 'ESTABLISHED',
  '02': 'SYN-SENT',
  '03': 'SYN-RECEIVED',
  '04': 'FIN-WAIT-1',
  '05': 'FIN-WAIT-2',
  '06': 'TIME-WAIT',
  '07': 'CLOSED',
  '08': 'CLOSE-WAIT',
  '09': 'LAST-ACK',
  '0A': 'LISTEN',
  '0B': 'CLOSING',
  '0C': 'SYN-RECEIVED',
};

/**
 * The state of the kernel's connection between two ports; without one LISTEN when somebody listens
 * on `port`, otherwise CLOSED. In TIME-WAIT and, once orphaned, FIN-WAIT-2 it is a small record too.
 */
export function kernelState(family: Family, port: number, peerPort: number): State {
  let waiting: State = 'CLOSED';
  for (const row of readFileSync(TABLES[family], 'latin1').split('\n').slice(1)) {
    const [, local = '', remote = '', state = ''] = row.trim().split(/\s+/);
    if (portOf(local) !== port) continue;
    if (portOf(remote) === peerPort) return STATES[state] ?? 'CLOSED';
    if (STATES[state] === 'LISTEN') waiting = 'LISTEN';
  }
  return waiting;
}

const TABLES: Readonly<Record<Family, string>> = { 4: '/proc/net/tcp', 6: '/proc/net/tcp6' };

/** `0100007F:1F90` */
const portOf = (address: string): number => Number.parseInt(address.split(':')[1] ?? '', 16);
