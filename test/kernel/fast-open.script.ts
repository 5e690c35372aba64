/** TCP Fast Open with the kernel, either of them the client: what fast-open.test.ts plays. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { SYN, textLength } from '../../src/wire/segment.ts';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import { parseAddress } from '../../src/wire/address.ts';
import { OurEnd } from './ends.ts';
import { serve, type Scenario } from './serve.ts';
import type { Stage } from './stage.ts';

/** Client, server, and every listener without asking: Documentation/networking/ip-sysctl. */
const EVERYWHERE = 0x1 | 0x2 | 0x400;

function allow(bits: number): void {
  writeFileSync('/proc/sys/net/ipv4/tcp_fastopen', String(bits));
}

/** What the kernel has counted in this namespace. */
function counted(name: string): number {
  const lines = readFileSync('/proc/net/netstat', 'utf8').split('\n');
  const [names = [], values = []] = lines
    .filter((line) => line.startsWith('TcpExt:'))
    .map((line) => line.split(' '));
  return Number(values[names.indexOf(name)]);
}

/** Octets of text in each SYN, and whether it had the option. */
function syns(socket: TcpSocket): number[] {
  return socket
    .recentSegments()
    .flatMap(({ segment }) => (segment.ctl === SYN ? textLength(segment) : []));
}

/** A client of the kernel's: MSG_FASTOPEN connects and sends in one call. */
const CLIENT = `
import socket, sys
host, port, text = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode()
family = socket.AF_INET6 if ':' in host else socket.AF_INET
with socket.socket(family) as s:
    s.sendto(text, 0x20000000, (host, port))
    s.shutdown(socket.SHUT_WR)
    answer = b''
    while chunk := s.recv(4096):
        answer += chunk
sys.stdout.write(answer.decode())
`;

async function kernelAsks({ ourAddress, ourPort }: Stage, text: string): Promise<string> {
  const child = spawn('python3', ['-c', CLIENT, ourAddress, String(ourPort), text]);
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  await once(child, 'close');
  return said;
}

/** The kernel connects twice: for a cookie, then with it. We answer in capitals. */
const kernelIsClient =
  (family: 4 | 6): Scenario =>
  async (opens) => {
    allow(EVERYWHERE);
    const stage = await opens({
      family,
      drawn: false,
      tcp: { profile: 'linux', fastOpen: 'server' },
    });
    const before = counted('TCPFastOpenActive');
    const handed: unknown[] = [];
    stage.listen((end) => {
      const { state, unread } = end.socket;
      handed.push([syns(end.socket), state === 'SYN-RECEIVED' && unread > 0]);
      end.onText = (text) => end.end(Buffer.from(text).toString('latin1').toUpperCase());
    });
    const answers = [await kernelAsks(stage, 'a cookie'), await kernelAsks(stage, 'and text')];
    const { counters } = stage.host;
    return {
      answers,
      handed,
      granted: counters['fast-open-granted'],
      accepted: counters['fast-open-accepted'],
      kernels: counted('TCPFastOpenActive') - before,
    };
  };

/** An OPEN, and a SEND before its SYN has left. */
function openWith(stage: Stage, text: string): OurEnd {
  const remote = parseAddress(stage.kernelAddress);
  if (remote === undefined) throw new Error(stage.kernelAddress);
  const ends: OurEnd[] = [];
  stage.act((now) => {
    const opened = stage.host.open(now, { remote, remotePort: stage.kernelPort });
    if ('error' in opened) throw new Error(opened.message);
    const end = new OurEnd(stage.act, opened);
    end.end(text);
    ends.push(end);
  });
  return ends[0]!;
}

/** We connect to the kernel twice: for a cookie, then with it. It sends back what it gets. */
const kernelIsServer =
  (family: 4 | 6): Scenario =>
  async (opens) => {
    allow(EVERYWHERE);
    const stage = await opens({
      family,
      drawn: false,
      tcp: { profile: 'linux', fastOpen: 'client' },
    });
    const before = counted('TCPFastOpenPassive');
    await stage.kernelListens((end) => end.socket.pipe(end.socket));
    const asks = async (text: string): Promise<unknown> => {
      const end = openWith(stage, text);
      await stage.until('its echo', () => end.signals.includes('end'));
      return [syns(end.socket), end.received.text];
    };
    const first = await asks('a cookie');
    const second = await asks('and text');
    return { first, second, kernels: counted('TCPFastOpenPassive') - before };
  };

await serve({
  'kernel is client, IPv4': kernelIsClient(4),
  'kernel is client, IPv6': kernelIsClient(6),
  'kernel is server, IPv4': kernelIsServer(4),
  'kernel is server, IPv6': kernelIsServer(6),
});
