/** S30: connections that nobody holds any more, and peers that would keep them for ever. */
import { describe, expect, test } from 'vitest';
import { ACK, FIN, SYN } from '../../src/wire/segment.ts';
import { accepted } from '../stack/two-hosts.ts';
import { ends, tcp } from './forge.ts';
import { FAMILIES, PEER_ISS, Target, TARGET_ISS, TARGET_PORT, type Family } from './target.ts';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';

const PEERS = 500;
const MINUTE = 60_000; // ms

/** A host with `PEERS` accepted connections. */
function serving(family: Family): { target: Target; sockets: TcpSocket[] } {
  const target = new Target(family);
  const sockets: TcpSocket[] = [];
  accepted(
    target.host.listen(target.now, {
      port: TARGET_PORT,
      backlog: PEERS,
      onConnection: (socket) => sockets.push(socket),
    }),
  );
  for (let port = 2000; port < 2000 + PEERS; port++) {
    says(target, port, { seq: PEER_ISS, ctl: SYN, mss: 1460 });
    says(target, port, { seq: PEER_ISS + 1, ack: TARGET_ISS + 1, ctl: ACK });
  }
  expect(sockets.length).toBe(PEERS);
  return { target, sockets };
}

function says(target: Target, port: number, fields: Parameters<typeof tcp>[1]): number {
  return target.arrives(tcp(ends(target.family, port, TARGET_PORT), fields)).length;
}

const states = ({ host }: Target): string[] => [
  ...new Set(
    host
      .sockets()
      .map(({ state }) => state)
      .filter((state) => state !== 'LISTEN'),
  ),
];

describe.each(FAMILIES)('S30 over IPv%i: 500 peers that never finish', (family) => {
  test('FIN-WAIT-2 without a user ends after a minute, and costs no segment', () => {
    const { target, sockets } = serving(family);
    for (const socket of sockets) socket.release(target.now);
    expect(target.flush().length).toBe(PEERS); // the FINs
    for (let port = 2000; port < 2000 + PEERS; port++) {
      says(target, port, { seq: PEER_ISS + 1, ack: TARGET_ISS + 2, ctl: ACK });
    }
    expect(states(target)).toEqual(['FIN-WAIT-2']);
    expect(target.waits(MINUTE + 1000)).toEqual([]);
    expect(states(target)).toEqual([]);
  });

  test('LAST-ACK ends by R2, and its FINs back off', () => {
    const { target, sockets } = serving(family);
    for (let port = 2000; port < 2000 + PEERS; port++) {
      says(target, port, { seq: PEER_ISS + 1, ack: TARGET_ISS + 1, ctl: FIN | ACK });
    }
    for (const socket of sockets) socket.release(target.now);
    const fins = target.waits(30 * MINUTE).length;
    expect(states(target)).toEqual([]);
    expect(fins / PEERS).toBeLessThanOrEqual(16); // Linux's tcp_retries2 and the first
  });

  test("CLOSE-WAIT is its user's: it stays, says nothing, and ABORT ends it", () => {
    const { target, sockets } = serving(family);
    for (let port = 2000; port < 2000 + PEERS; port++) {
      says(target, port, { seq: PEER_ISS + 1, ack: TARGET_ISS + 1, ctl: FIN | ACK });
    }
    expect(target.waits(60 * MINUTE)).toEqual([]);
    expect(states(target)).toEqual(['CLOSE-WAIT']);
    for (const socket of sockets) socket.abort(target.now);
    expect(states(target)).toEqual([]);
  });
});
