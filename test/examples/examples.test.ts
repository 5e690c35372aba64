/** The examples, run as their first comments say, in a network namespace. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { guestMissing } from '../../examples/qemu-guest/guest.ts';
import { canUseTun, script, spawnInNamespace } from '../kernel/namespace.ts';
import { isThere } from '../real/playing.ts';
import { postgresProgram } from '../real/postgresql.ts';
import { checkout, type Checkout } from './checkout.ts';

const noTun = canUseTun();
const without = (...programs: string[]): string | undefined => {
  const missing = programs.filter((program) => !isThere(program));
  return missing.length > 0 ? `there is no ${missing.join(', no ')}` : undefined;
};
const noRoot = process.getuid?.() === 0 ? undefined : 'it needs root';

/** Says in one line why an example cannot be run here. */
function skipped(example: string, why: string | undefined): boolean {
  if (why !== undefined) console.log(`examples.test.ts: ${example} skipped, ${why}`);
  return why !== undefined;
}

let here: Checkout;
beforeAll(async () => {
  here = await checkout();
});
afterAll(() => here.remove());

/** What a command says on both of its outputs, and its status last. */
async function said(command: readonly string[]): Promise<string> {
  const child = spawnInNamespace(command, { timeout: 60_000, input: '' });
  let text = '';
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding('latin1').on('data', (part: string) => (text += part));
  }
  const status = await new Promise((resolve) => child.on('close', resolve));
  return `${text}status ${status}\n`;
}

/** Starts the example "$1", asks it with `commands` when it says something, and interrupts it. */
const asked = (example: string, commands: string): Promise<string> =>
  said([
    ...['sh', '-c'],
    `cd "$1" && rm -f out || exit
    node --import tsx "examples/$2" > out & program=$!
    until [ -s out ] || ! kill -0 $program; do sleep 0.1; done
    curl() { command curl -sS -g --noproxy '*' --max-time 10 "$@"; }
    ${commands}
    kill -INT $program; wait $program`,
    ...['sh', here.path, example],
  ]);

describe('examples', { timeout: 70_000 }, () => {
  test.skipIf(skipped('http-server.ts', noTun ?? without('curl')))('http-server.ts', async () => {
    const text = await asked('http-server.ts', `curl http://10.9.0.2/ 'http://[fd00:9::2]/'`);
    expect(text.replace(/port \d+/g, 'port N')).toBe(
      'hello, ::ffff:10.9.0.1 port N\nhello, fd00:9::1 port N\nstatus 0\n',
    );
  });

  test.skipIf(skipped('express.ts', noTun ?? without('curl')))('express.ts', async () => {
    const json = `-d '{"name":"world"}' -H 'Content-Type: application/json'`;
    const text = await asked(
      'express.ts',
      `curl http://10.9.0.2/; curl ${json} http://10.9.0.2/greet; echo`,
    );
    expect(text).toBe(
      'POST a name to /greet\n{"greeting":"hello, world","from":"::ffff:10.9.0.1"}\nstatus 0\n',
    );
  });

  const noPostgres = without(postgresProgram('initdb'), 'openssl');
  test.skipIf(skipped('postgres.ts', noTun ?? noRoot ?? noPostgres))('postgres.ts', async () => {
    const text = await said(script('test/examples/postgres.script.ts', here.path));
    expect(text).toMatch(/version: 'PostgreSQL \d+[^']*',\s+inet_client_addr: '10\.9\.0\.2'/);
    expect(text).toMatch(/\[ { answer: 42 } ]\nstatus 0\nstatus 0\n$/);
  });

  test.skipIf(skipped('netem.sh', noTun ?? noRoot ?? without('ping')))('netem.sh', async () => {
    const privately = `mount -t tmpfs none /run/netns && exec "$0" 3s`;
    const script = `mkdir -p /run/netns && ${privately}`;
    const text = await said([
      'unshare',
      '-m',
      'sh',
      '-c',
      script,
      `${here.path}/examples/netem.sh`,
    ]);
    const times = [...text.matchAll(/time=([\d.]+)/g)].map(([, ms]) => Number(ms));
    expect(times.length).toBeGreaterThan(10);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(39.9);
    expect(text).toMatch(/left to right +right to left\npackets/);
    expect(text).toMatch(/status 0\n$/);
  });

  test.skipIf(skipped('qemu-guest', guestMissing()))('qemu-guest/main.ts', async () => {
    const command = `cd "$0" && exec node --import tsx examples/qemu-guest/main.ts`;
    const text = await said(['sh', '-c', command, here.path]);
    expect(text.replaceAll('\r', '')).toMatch(
      /guest: 1 packets transmitted, 1 packets received, 0% packet loss\nguest: hello, ::ffff:10\.0\.2\.2: you asked for \/from-a-guest\n/,
    );
    expect(text).toMatch(/status 0\n$/);
  });
});
