/** pg over estab/net at a PostgreSQL server on the kernel: what postgresql.test.ts plays. */
import type { Socket } from 'node:net';
import pg from 'pg';
import net, { useStack } from '../../src/exports/net.ts';
import { SERVER_NAME } from './certificate.ts';
import { home, KERNELS } from './home.ts';
import { digest, MEGABYTE, sample } from './octets.ts';
import { plays } from './plays.ts';
import { Copy } from './postgresql-copy.ts';
import { PORT, servePostgres } from './postgresql.ts';

const BODY = sample(MEGABYTE + 17);

useStack(await home());
const ca = await servePostgres();

const settings = {
  host: KERNELS[4] as string,
  port: PORT,
  user: 'postgres',
  database: 'postgres',
  stream: (): Socket => new net.Socket(),
};

async function connected(more: pg.ClientConfig = {}): Promise<pg.Client> {
  const client = new pg.Client({ ...settings, ...more });
  await client.connect();
  return client;
}

/** What `use` finds, with a client of its own. */
async function withClient<T>(
  use: (client: pg.Client) => Promise<T>,
  more?: pg.ClientConfig,
): Promise<T> {
  const client = await connected(more);
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

async function queries(client: pg.Client): Promise<unknown> {
  const { rows } = await client.query('SELECT host(inet_client_addr()), $1::int + 1 AS sum', [41]);
  const text = 'SELECT $1::bytea AS body, md5($1::bytea) AS md5';
  const { rows: large } = await client.query(text, [BODY]);
  const { rows: many } = await client.query('SELECT n FROM generate_series(1, 50000) n');
  const wrong = await client.query('SELECT 1/0').catch((error: pg.DatabaseError) => error.code);
  const body = digest(large[0].body) === digest(BODY);
  const sum = many.reduce((total: number, { n }: { n: number }) => total + n, 0);
  return { ...rows[0], body, many: sum, wrong };
}

/** TLS begins in the middle of the connection, and the password is asked for. */
async function secret(): Promise<unknown> {
  await withClient((client) => client.query(`CREATE ROLE secret LOGIN PASSWORD 'of mine'`));
  const tls = { ssl: { ca, servername: SERVER_NAME }, user: 'secret', password: 'of mine' };
  const found = await withClient(async (client) => {
    const {
      rows: [how],
    } = await client.query('SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    const {
      rows: [large],
    } = await client.query('SELECT $1::bytea AS body', [BODY]);
    return { ...how, body: digest(large.body) === digest(BODY) };
  }, tls);
  const wrong = await connected({ ...tls, password: 'guessed' }).catch(
    ({ code }: pg.DatabaseError) => code,
  );
  return { ...found, wrong };
}

async function pool(): Promise<unknown> {
  const clients = new pg.Pool({ ...settings, max: 4 });
  const answers = await Promise.all(
    Array.from({ length: 40 }, async (_, i) => {
      const { rows } = await clients.query('SELECT $1::int * 2 AS twice, pg_backend_pid() AS pid', [
        i,
      ]);
      return rows[0] as { twice: number; pid: number };
    }),
  );
  const { totalCount } = clients;
  await clients.end();
  return {
    right: answers.every(({ twice }, i) => twice === 2 * i),
    backends: new Set(answers.map(({ pid }) => pid)).size,
    totalCount,
  };
}

async function notifications(): Promise<unknown> {
  const [reader, writer] = [await connected(), await connected({ host: KERNELS[6] })];
  const heard: (string | undefined)[] = [];
  const all = new Promise<void>((resolve) => {
    reader.on('notification', ({ payload }) => {
      if (heard.push(payload) === 100) resolve();
    });
  });
  await reader.query('LISTEN news');
  for (let i = 0; i < 100; i++) await writer.query(`SELECT pg_notify('news', $1)`, [String(i)]);
  await all;
  await Promise.all([reader.end(), writer.end()]);
  return heard.every((payload, i) => payload === String(i));
}

async function copy(client: pg.Client): Promise<unknown> {
  await client.query('CREATE TEMPORARY TABLE t (n int, text text)');
  const rows = Array.from({ length: 40 }, (_, block) =>
    Buffer.from(
      Array.from({ length: 1000 }, (_, n) => `${block * 1000 + n}\tsome text\n`).join(''),
    ),
  );
  await client.query(new Copy('COPY t FROM STDIN', rows)).done;
  const {
    rows: [sums],
  } = await client.query('SELECT count(*)::int, sum(n)::int FROM t');
  const out = await client.query(new Copy('COPY t TO STDOUT')).done;
  return { ...sums, same: out.equals(Buffer.concat(rows)) };
}

/** Until the server process of `client` sleeps; then tells another client its id. */
async function whileAsleep(
  client: pg.Client,
  use: (other: pg.Client, pid: number) => Promise<unknown>,
): Promise<string | undefined> {
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
  const slept = client.query('SELECT pg_sleep(60)').then(
    () => 'it slept on',
    ({ code }: pg.DatabaseError) => code,
  );
  const asleep = `SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'`;
  await withClient(async (other) => {
    const [{ pid }] = rows;
    while ((await other.query(asleep, [pid])).rows.length === 0);
    await use(other, pid);
  });
  return slept;
}

/** A query that is called off: the connection goes on. */
async function cancellation(client: pg.Client): Promise<unknown> {
  const code = await whileAsleep(client, (other, pid) =>
    other.query('SELECT pg_cancel_backend($1)', [pid]),
  );
  return { code, after: (await client.query('SELECT 1 AS one')).rows };
}

/** The server ends a connection on which something has come that it has not read: a reset. */
async function termination(): Promise<unknown> {
  const socket = new net.Socket();
  const client = await connected({ stream: () => socket });
  const errors: (string | undefined)[] = [];
  client.on('error', ({ code }: NodeJS.ErrnoException) => errors.push(code));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const slept = await whileAsleep(client, (other, pid) => {
    socket.write('S\0\0\0\x04'); // Sync
    return other.query('SELECT pg_terminate_backend($1)', [pid]);
  });
  await closed;
  return { slept, errors };
}

const refused = (): Promise<unknown> =>
  connected({ port: PORT + 1 }).then(
    () => 'connected',
    ({ message }: Error) => message,
  );

await plays({
  queries: () => withClient(queries),
  'queries, IPv6': () => withClient(queries, { host: KERNELS[6] }),
  secret,
  pool,
  notifications,
  copy: () => withClient(copy),
  cancellation: () => withClient(cancellation),
  termination,
  refused,
});
