/** SSH, each end once on estab and once OpenSSH's own on the kernel: what ssh.test.ts plays. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ssh2 from 'ssh2';
import net, { useStack } from '../../src/exports/net.ts';
import { home, KERNELS, OURS } from './home.ts';
import { digest, MEGABYTE, read, sample } from './octets.ts';
import { plays } from './plays.ts';
import { run, scratch, serve, untilListens } from './programs.ts';

const PORT = 2222;
const BODY = sample(MEGABYTE + 17);

useStack(await home());
const directory = scratch();
const hostKey = keyPair('host');
const userKey = keyPair('user');

/** The path of a private key in the form of OpenSSH; the public one is beside it. */
function keyPair(name: string): string {
  const path = join(directory, name);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', path]);
  return path;
}

// sshd on the kernel: it re-executes itself and wants its full path
mkdirSync('/run/sshd', { recursive: true }); // where it locks itself up
copyFileSync(`${userKey}.pub`, join(directory, 'authorized'));
writeFileSync(
  join(directory, 'sshd_config'),
  `ListenAddress ${KERNELS[4]}
  ListenAddress [${KERNELS[6]}]
  Port ${PORT}
  HostKey ${hostKey}
  AuthorizedKeysFile ${directory}/authorized
  StrictModes no
  PasswordAuthentication no
  UsePAM no
  UseDNS no
  PidFile none
  Subsystem sftp internal-sftp
`,
);
serve('/usr/sbin/sshd', ['-D', '-e', '-f', join(directory, 'sshd_config')]);
await untilListens(PORT, KERNELS[6]);

// ssh2's server on estab: it answers a command with the command, and what it reads
const server = new ssh2.Server({ hostKeys: [readFileSync(hostKey)] }, (client) => {
  client.on('authentication', (attempt) => {
    if (attempt.method === 'publickey') attempt.accept();
    else attempt.reject(['publickey']);
  });
  client.on('session', (accept) => {
    accept().on('exec', (acceptExec, _reject, { command }) => {
      const channel = acceptExec();
      channel.write(`${command}: `);
      channel.pipe(channel, { end: false });
      channel.on('end', () => {
        channel.exit(7);
        channel.end();
      });
    });
  });
  client.on('error', () => undefined);
});
net.createServer((socket) => server.injectSocket(socket)).listen(PORT);

// What the forwarded stream leads to
net.createServer((socket) => socket.pipe(socket)).listen(7);

/** What `use` finds, with a client of sshd. */
async function withClient<T>(host: string, use: (client: ssh2.Client) => Promise<T>): Promise<T> {
  const client = new ssh2.Client();
  const ready = once(client, 'ready');
  client.connect({
    sock: net.connect(PORT, host),
    username: 'root',
    privateKey: readFileSync(userKey),
    hostVerifier: (key: Buffer) =>
      readFileSync(`${hostKey}.pub`, 'utf8').includes(key.toString('base64')),
  });
  await ready;
  try {
    return await use(client);
  } finally {
    const closed = once(client, 'close');
    client.end();
    await closed;
  }
}

async function exec(client: ssh2.Client): Promise<unknown> {
  const channel = await promisify<string, ssh2.ClientChannel>(client.exec.bind(client))(
    'printf "%s " $SSH_CONNECTION; sha256sum; exit 3',
  );
  const exited = once(channel, 'exit');
  channel.end(BODY);
  const [from, , to, port, sum] = String(await read(channel)).split(' ');
  const [status] = await exited;
  return { from, to, port, sum: sum === digest(BODY), status };
}

async function sftp(client: ssh2.Client): Promise<unknown> {
  const session = await promisify(client.sftp.bind(client))();
  const file = join(directory, 'body');
  await promisify<string, Buffer>(session.writeFile.bind(session))(file, BODY);
  const written = digest(readFileSync(file)) === digest(BODY);
  const back = await promisify<string, Buffer>(session.readFile.bind(session))(file);
  const names = await promisify(session.readdir.bind(session))(directory);
  session.end();
  const listed = names.some(({ filename }) => filename === 'body');
  return { written, back: digest(back) === digest(BODY), listed };
}

/** A stream that sshd forwards to the echo on our side. */
async function forward(client: ssh2.Client): Promise<unknown> {
  const stream = await new Promise<ssh2.ClientChannel>((resolve, reject) => {
    client.forwardOut('127.0.0.1', 1, OURS[4], 7, (error, channel) => {
      if (error) reject(error);
      else resolve(channel);
    });
  });
  stream.end(BODY);
  return digest(await read(stream)) === digest(BODY);
}

const OPTIONS = ['BatchMode=yes', 'StrictHostKeyChecking=yes', 'LogLevel=ERROR'];

/** ssh, the program, at our server. */
async function ssh(host: string): Promise<unknown> {
  const known = join(directory, 'known_hosts');
  const key = readFileSync(`${hostKey}.pub`, 'utf8');
  writeFileSync(known, `[${host}]:${PORT} ${key}`);
  const options = [...OPTIONS, `UserKnownHostsFile=${known}`].flatMap((option) => ['-o', option]);
  const args = [
    '-F',
    'none',
    ...options,
    '-i',
    userKey,
    '-p',
    String(PORT),
    `me@${host}`,
    'repeat',
  ];
  const { status, stdout, stderr } = await run('ssh', args, BODY);
  const same = stdout === `repeat: ${BODY.toString('latin1')}`;
  return { status, same, stderr };
}

await plays({
  exec: () => withClient(KERNELS[4], exec),
  'exec, IPv6': () => withClient(KERNELS[6], exec),
  sftp: () => withClient(KERNELS[6], sftp),
  forward: () => withClient(KERNELS[4], forward),
  ssh: () => ssh(OURS[4]),
  'ssh, IPv6': () => ssh(OURS[6]),
});
