/**
 * A query to a PostgreSQL server of this machine, from a host of its own. As root, with a server that
 * listens on 10.9.0.1 or on all addresses and lets 10.9.0.0/24 in:
 *
 *     PGUSER=postgres npx tsx examples/postgres.ts 'SELECT inet_client_addr()'
 */
import net from 'estab/net';
import pg from 'pg';
import { neighbour } from './tun.ts';

const [query = 'SELECT version(), inet_client_addr()'] = process.argv.slice(2);
const stack = await neighbour();
const client = new pg.Client({
  host: '10.9.0.1',
  port: Number(process.env['PGPORT'] ?? 5432),
  stream: () => new net.Socket(),
});
try {
  await client.connect();
  const { rows } = await client.query(query);
  console.log(rows);
} finally {
  await client.end();
  await stack.close();
}
