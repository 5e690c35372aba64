/** examples/postgres.ts with a server to ask, in the checkout that is the first argument. */
import { run } from '../real/programs.ts';
import { servePostgres } from '../real/postgresql.ts';

const [directory = '.'] = process.argv.slice(2);
await servePostgres('127.0.0.1');
process.chdir(directory);
process.env['PGUSER'] = 'postgres';
const example = ['--import', 'tsx', 'examples/postgres.ts'];
for (const args of [example, [...example, 'SELECT 6 * 7 AS answer']]) {
  const { status, stdout, stderr } = await run(process.execPath, args);
  process.stdout.write(`${stdout}${stderr}status ${status}\n`);
}
process.exit(0);
