/** A PostgreSQL server on the kernel, with a cluster of its own; it does not run as root. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, chownSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { selfSigned } from './certificate.ts';
import { KERNELS } from './home.ts';
import { run, scratch, serve, untilListens } from './programs.ts';

export const PORT = 5432;

/** The program of the newest PostgreSQL: Debian keeps them out of the path. */
export function postgresProgram(name: string): string {
  const versions = '/usr/lib/postgresql';
  if (!existsSync(versions)) return name;
  const [newest = ''] = readdirSync(versions).toSorted((a, b) => Number(b) - Number(a));
  return join(versions, newest, 'bin', name);
}

/**
 * On all addresses, when it answers on `host`. Lets everybody in, but `secret` with a password only.
 * Answers its certificate.
 */
export async function servePostgres(host: string = KERNELS[6]): Promise<string> {
  const directory = scratch();
  const data = join(directory, 'data');
  const id = (which: string): number => Number(execFileSync('id', [which, 'postgres']));
  const [user, group] = [id('-u'), id('-g')];
  const { certFile, keyFile, cert } = selfSigned(directory);
  for (const path of [directory, certFile, keyFile]) chownSync(path, user, group);
  const asPostgres = [`--reuid=${user}`, `--regid=${group}`, '--init-groups'];
  const initdb = [postgresProgram('initdb'), '-D', data, '-A', 'trust', '-E', 'UTF8', '-N'];
  execFileSync('setpriv', [...asPostgres, ...initdb, '--locale=C'], { stdio: 'pipe' });
  appendFileSync(
    join(data, 'postgresql.conf'),
    `listen_addresses = '*'
    unix_socket_directories = ''
    ssl = on
    ssl_cert_file = '${certFile}'
    ssl_key_file = '${keyFile}'
    fsync = off
    shared_buffers = '16MB'
    log_min_messages = panic`,
  );
  writeFileSync(
    join(data, 'pg_hba.conf'),
    `host all secret all scram-sha-256
    host all all all trust`,
  );
  const postgres = [postgresProgram('postgres'), '-D', data];
  // SIGQUIT is the signal that it heeds at once, and tidies up after.
  serve('setpriv', [...asPostgres, '--pdeathsig', 'QUIT', ...postgres], 'SIGQUIT');
  await untilListens(PORT, host);
  // It listens before it has recovered what there is.
  while ((await run(postgresProgram('pg_isready'), ['-q', '-h', host])).status !== 0);
  return cert;
}
