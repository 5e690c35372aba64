/** What kernel.test.ts runs inside a network namespace: one scenario, its findings as JSON. */
import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasTshark, malformedPackets } from '../kernel/tshark.ts';
import { command } from './estab.ts';

interface Estab {
  readonly child: ChildProcessWithoutNullStreams;
  readonly stdout: Buffer[];
  stderr: string;
  /** Exit code, or the signal that killed it. */
  readonly ended: Promise<number | string>;
}

function start(...args: string[]): Estab {
  const [node = '', ...rest] = command(...args);
  const child = spawn(node, rest, { timeout: 60_000, killSignal: 'SIGKILL' });
  const ended = once(child, 'close').then(
    ([code, signal]: (number | string)[]) => code ?? signal ?? '',
  );
  const estab: Estab = { child, stdout: [], stderr: '', ended };
  child.stdin.on('error', () => undefined); // it may be gone before it has read
  child.stdout.on('data', (chunk: Buffer) => estab.stdout.push(chunk));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    estab.stderr += text;
  });
  return estab;
}

/** `estab listen`, once it does. */
async function listening(...args: string[]): Promise<Estab> {
  const estab = start('listen', ...args, '--verbose');
  while (!estab.stderr.includes('listening on')) {
    if (estab.child.exitCode !== null) throw new Error(estab.stderr);
    await once(estab.child.stderr, 'data');
  }
  return estab;
}

const output = ({ stdout }: Estab): string => Buffer.concat(stdout).toString();
const states = ({ stderr }: Estab): string[] => [
  ...new Set([...stderr.matchAll(/^\d+\. +@\S+ +([A-Z0-9-]+)/gm)].map((found) => found[1] ?? '')),
];
const hash = (octets: Buffer): string => createHash('sha256').update(octets).digest('hex');
const interfaces = (): string[] =>
  [
    ...spawnSync('ip', ['-o', 'link'], { encoding: 'utf8' }).stdout.matchAll(/^\d+: ([^:@]+)/gm),
  ].map((found) => found[1] ?? '');

/** Octets that no two megabytes have in common. */
function noise(megabytes: number): Buffer {
  const octets = Buffer.alloc(megabytes * 1_000_000);
  for (let i = 0, x = 1; i < octets.length; i += 4) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) | 0;
    octets.writeInt32LE(x, i);
  }
  return octets;
}

async function read(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'end');
  return Buffer.concat(chunks);
}

/** A server of the kernel's, at its address on a device that is not there yet. */
async function server(port: number, serve: (socket: Socket) => void): Promise<Server> {
  const listener = createServer({ allowHalfOpen: true }, serve).listen(port, '0.0.0.0');
  await once(listener, 'listening');
  return listener;
}

const SCENARIOS: Readonly<Record<string, () => Promise<unknown>>> = {
  /** nc, which ends first, and curl, which we end first. */
  async clients() {
    const nc = await listening('7');
    const client = spawn('nc', ['-N', '10.9.0.2', '7']);
    client.stdin.end('from nc');
    let heard = '';
    client.stdout.on('data', (chunk: Buffer) => {
      heard += chunk.toString();
    });
    while (output(nc) !== 'from nc') await once(nc.child.stdout, 'data');
    nc.child.stdin.end('from estab');
    const first = { code: await nc.ended, heard, states: states(nc) };
    const web = await listening('80');
    web.child.stdin.end('HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nestab');
    const curl = spawn('curl', ['-s', 'http://10.9.0.2/']);
    const body = await once(curl.stdout, 'data');
    const code = await web.ended;
    const request = output(web).split('\r\n')[0];
    return { nc: first, curl: { code, body: String(body), request, states: states(web) } };
  },

  /** Half-close: the client is done before the first octet of the answer. */
  async halfClose() {
    const estab = await listening('7');
    const client = connect({ host: '10.9.0.2', port: 7, allowHalfOpen: true });
    const request = noise(3);
    const answer = noise(2);
    client.end(request);
    const answered = read(client);
    await once(client, 'finish');
    while (Buffer.concat(estab.stdout).length < request.length) {
      await once(estab.child.stdout, 'data');
    }
    estab.child.stdin.end(answer);
    return {
      code: await estab.ended,
      request: hash(Buffer.concat(estab.stdout)) === hash(request),
      answer: hash(await answered) === hash(answer),
      states: states(estab),
      left: interfaces(),
    };
  },

  /** We connect to an echo and are done first. */
  async echo() {
    const folder = mkdtempSync(join(tmpdir(), 'estab-test-'));
    const pcap = join(folder, 'echo.pcapng');
    const echo = await server(7, (socket) => void socket.pipe(socket));
    const estab = start('connect', '10.9.0.1', '7', '--verbose', '--pcap', pcap);
    const text = noise(2);
    estab.child.stdin.end(text);
    const code = await estab.ended;
    echo.close();
    const malformed = hasTshark() ? malformedPackets(pcap) : [];
    rmSync(folder, { recursive: true });
    const same = hash(Buffer.concat(estab.stdout)) === hash(text);
    return { code, same, states: states(estab), malformed };
  },

  async ipv6() {
    const echo = createServer({ allowHalfOpen: true }, (socket) => void socket.pipe(socket));
    echo.listen(7, '::');
    const estab = start('connect', 'fd00:9::1', '7', '--address', 'fd00:9::2/64', '--tun', 'six0');
    estab.child.stdin.end('over IPv6');
    const code = await estab.ended;
    echo.close();
    return { code, heard: output(estab), stderr: estab.stderr };
  },

  /** Two of ours, and the kernel between them forwards. */
  async fastOpen() {
    writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
    const settings = ['--fast-open', '--profile', 'freebsd', '--tcp', 'delayedAck=0'];
    const there = await listening('80', ...settings);
    there.child.stdin.end('answer');
    const net = ['--tun', 'estab1', '--address', '10.8.0.2/24', '--congestion', 'reno'];
    const here = start('connect', '10.9.0.2', '80', ...settings, ...net);
    here.child.stdin.end('question');
    return {
      codes: [await here.ended, await there.ended],
      heard: [output(here), output(there)],
      syns: [...there.stderr.matchAll(/<-- .*<CTL=SYN>.*/g)].map(([line]) =>
        line.includes('<DATA=8>'),
      ),
    };
  },

  async refused() {
    const resets = await server(8, (socket) => {
      socket.once('data', () => socket.resetAndDestroy());
    });
    const attempts = [
      ['10.9.0.1', '9'],
      ['10.9.0.1', '8'],
      ['10.9.0.77', '9', '--timeout', '0.3'],
      ['10.9.0.2', '9'],
      ['10.9.0.255', '9'],
      ['fd00::1', '9'],
    ];
    const found: unknown[] = [];
    for (const attempt of attempts) {
      const estab = start('connect', ...attempt);
      estab.child.stdin.write('hello');
      found.push({ code: await estab.ended, stderr: estab.stderr });
    }
    resets.close();
    return found;
  },

  async device() {
    const first = await listening('7');
    const second = start('listen', '8');
    const busy = { code: await second.ended, stderr: second.stderr };
    const other = await listening('7', '--tun', 'other0', '--address', '10.8.0.2/24');
    other.child.kill('SIGTERM');
    const terminated = await other.ended;
    spawnSync('ip', ['link', 'del', 'estab0']);
    const gone = { code: await first.ended, stderr: first.stderr.split('\n').at(-2) };
    const lo = start('listen', '7', '--tun', 'lo');
    return { busy, terminated, gone, lo: { code: await lo.ended, stderr: lo.stderr } };
  },

  /** The interface is somebody else's: we find it, use it and leave it. */
  async noConfigure() {
    for (const args of [
      'tuntap add mode tun name mine0',
      'addr add 10.7.0.1/24 dev mine0',
      'link set mine0 up',
    ]) {
      spawnSync('ip', args.split(' '));
    }
    const estab = await listening(
      '7',
      '--tun',
      'mine0',
      '--address',
      '10.7.0.2/24',
      '--no-configure',
    );
    const client = connect({ host: '10.7.0.2', port: 7 });
    client.end('found you');
    estab.child.stdin.end();
    await once(client, 'close');
    return { code: await estab.ended, heard: output(estab), left: interfaces() };
  },

  async interrupt() {
    const estab = await listening('7');
    const client = connect({ host: '10.9.0.2', port: 7 });
    await once(client, 'connect');
    client.write('hello');
    await once(estab.child.stdout, 'data');
    const error = once(client, 'error');
    estab.child.kill('SIGINT');
    const [reason] = await error;
    return { code: await estab.ended, client: reason.code, left: interfaces() };
  },

  /** Nobody reads our output for a while: the window closes, and nothing is lost. */
  async pressure() {
    const estab = await listening('7');
    estab.child.stdout.pause();
    const client = connect({ host: '10.9.0.2', port: 7 });
    const text = noise(12);
    client.end(text);
    let before = -1;
    while (client.writableLength !== before) {
      before = client.writableLength;
      await sleep(300);
    }
    const windows = [...estab.stderr.matchAll(/--> .*<WND=(\d+)>/g)].map((found) =>
      Number(found[1]),
    );
    const closed = Math.min(...windows) < 1460; // no room for a segment
    estab.child.stdout.resume();
    estab.child.stdin.end();
    const code = await estab.ended;
    return {
      stalled: before > 0,
      closed,
      code,
      same: hash(Buffer.concat(estab.stdout)) === hash(text),
    };
  },

  /** `estab connect | head`: who sends without end is reset. */
  async unheard() {
    const text = noise(1);
    const error = new Promise((resolve) => {
      const serve = (socket: Socket): void => {
        const send = (failed?: Error | null): void => {
          if (!failed) socket.write(text, send);
        };
        socket.on('error', (reason) => resolve('code' in reason ? reason.code : reason));
        send();
      };
      void server(7, serve).then((listener) => listener.unref());
    });
    const line = command('connect', '10.9.0.1', '7').map((part) => `'${part}'`);
    const shell = spawn('bash', [
      '-c',
      `sleep 3 | ${line.join(' ')} | head -c 9 | wc -c; echo \${PIPESTATUS[1]}`,
    ]);
    let said = '';
    for (const stream of [shell.stdout, shell.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
    }
    return { server: await error, said: await once(shell, 'close').then(() => said) };
  },
};

const scenario = SCENARIOS[process.argv[2] ?? ''];
if (scenario === undefined) throw new Error(`no scenario ${process.argv[2]}`);
console.log(JSON.stringify(await scenario()));
process.exit();
