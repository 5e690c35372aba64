/** pg, whose sockets are estab's, and PostgreSQL: TLS, large values, notifications, COPY, and ends. */
import { describe, expect, test } from 'vitest';
import { playing } from './playing.ts';
import { postgresProgram } from './postgresql.ts';

const programs = [postgresProgram('initdb'), postgresProgram('postgres'), 'openssl'];
const play = playing('test/real/postgresql.script.ts', programs, { root: true });

describe.skipIf(play.unavailable !== undefined)('PostgreSQL', () => {
  test.each([
    ['queries', '10.7.0.2'],
    ['queries, IPv6', 'fd07::2'],
  ])('%s: parameters, 1 MB there and back, 50,000 rows, an error', async (scenario, host) => {
    const all = { host, sum: 42, body: true, many: 1_250_025_000, wrong: '22012' };
    expect(await play.found(scenario)).toEqual(all);
  });

  test('TLS that begins in the middle of a connection, and a password', async () => {
    const all = { ssl: true, version: 'TLSv1.3', body: true, wrong: '28P01' };
    expect(await play.found('secret')).toEqual(all);
  });

  test('a pool of four clients', async () => {
    expect(await play.found('pool')).toEqual({ right: true, backends: 4, totalCount: 4 });
  });

  test('LISTEN and NOTIFY: 100 notifications in their order', async () => {
    expect(await play.found('notifications')).toBe(true);
  });

  test('COPY: 40,000 rows in and out', async () => {
    expect(await play.found('copy')).toEqual({ count: 40_000, sum: 799_980_000, same: true });
  });

  test('a query that is called off: the connection goes on', async () => {
    expect(await play.found('cancellation')).toEqual({ code: '57014', after: [{ one: 1 }] });
  });

  test('a server that resets the connection has been heard before', async () => {
    expect(await play.found('termination')).toEqual({
      slept: '57P01',
      errors: ['ECONNRESET', null], // the second is pg's: terminated unexpectedly
    });
  });

  test('nobody listens', async () => {
    expect(await play.found('refused')).toBe('connect ECONNREFUSED 10.7.0.1:5433');
  });
});
