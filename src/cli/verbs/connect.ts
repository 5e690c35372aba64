/** `estab connect`: a client, like nc, on a TCP of our own. */
import type { Readable } from 'node:stream';
import type { Command } from 'commander';
import type { OpenOptions } from '../../stack/opening.ts';
import { inPrefix, printAddress, printCidr, type IpAddress } from '../../wire/address.ts';
import { hostArgument, portArgument, secondsArgument } from '../arguments.ts';
import { addNetOptions, openFromOptions, type NetOptions } from '../net/options.ts';
import { Conversation } from '../net/conversation.ts';
import { granted, type Station } from '../net/station.ts';
import { addTcpSettings, tcpSettings, type TcpSettingOptions } from '../net/tcp-settings.ts';
import { talk } from '../net/talk.ts';
import { paragraphs } from '../help.ts';
import { EXIT, Failure } from '../failure.ts';
import { Interruption } from '../net/interruption.ts';
import type { Session, Terminal } from '../terminal.ts';

interface ConnectOptions extends NetOptions, TcpSettingOptions {
  readonly timeout?: number; // ms
}

export function addConnect(program: Command, session: Session): void {
  const verb = program
    .command('connect')
    .summary('connect to a server, like nc')
    .description(paragraphs(HELP))
    .helpOption('-h, --help', 'print this help')
    .argument('<HOST>', 'an address: 10.9.0.1, fd00:9::1', hostArgument)
    .argument('<PORT>', 'from 1 to 65535', portArgument);
  addNetOptions(verb);
  addTcpSettings(verb, FAST_OPEN)
    .option(
      '--timeout <SECONDS>',
      'give up when nobody answers (default: 3 minutes, as RFC 9293 asks)',
      secondsArgument,
    )
    .addHelpText('after', EXAMPLES)
    .action(async (host: IpAddress, port: number, options: ConnectOptions) => {
      session.exitCode = await connect(host, port, options, session);
    });
}

const HELP = `Connects, sends what it reads from the standard input and writes what arrives to the standard output.
At the end of the input our side is closed; the command ends when both sides are.

The TCP is estab's own and so is its address; the kernel is reached through a TUN device, and what is
behind the kernel if it forwards. That needs Linux and root, or \`unshare -Urn\` where everybody may
open /dev/net/tun.

Exit status: 0 both sides closed, 1 refused, reset or no answer, or no device to be had, 2 wrong
arguments, 130 after Ctrl-C.`;

const FAST_OPEN =
  'TCP Fast Open (RFC 7413): a first connection asks for a cookie, the second has the beginning of ' +
  'the input in its SYN';

const EXAMPLES = `
Examples:
  nc -l 8000                              a server of the kernel's, on all its addresses: 10.9.0.1
                                          is there only while estab runs; then, in another terminal
  estab connect 10.9.0.1 8000 --verbose
  printf 'GET / HTTP/1.0\\r\\n\\r\\n' | estab connect 10.9.0.1 80 --pcap get.pcapng
  estab connect 10.9.0.1 80 --congestion bbr --tcp userTimeout=20s --tcp ecn=accurate
`;

async function connect(
  host: IpAddress,
  port: number,
  options: ConnectOptions,
  { terminal }: Session,
): Promise<number> {
  checkReach(host, options, terminal);
  const tcp = tcpSettings(options, 'client');
  const station = await openFromOptions(options, tcp, terminal);
  const interruption = new Interruption(station);
  let patience: NodeJS.Timeout | undefined;
  try {
    const peer = { remote: host, remotePort: port };
    const early = options.fastOpen === true ? await firstOf(terminal.input) : undefined;
    if (early !== undefined) await askForCookie(station, peer);
    const socket = granted(station.act((now) => station.host.open(now, peer)));
    const conversation = new Conversation(station, socket, terminal.input, terminal.output);
    if (early !== undefined) conversation.early(early); // before the SYN leaves
    if (options.timeout !== undefined) {
      patience = setTimeout(() => {
        if (socket.state === 'SYN-SENT') conversation.abort('timeout');
      }, options.timeout);
    }
    return await talk(station, conversation, interruption, terminal);
  } finally {
    clearTimeout(patience);
    await station.close();
    interruption.forget();
  }
}

/** The first that is read; of an input that ends at once nothing. */
function firstOf(input: Readable): Promise<Uint8Array> {
  return new Promise((resolve) => {
    const take = (chunk: Uint8Array): void => {
      input.pause();
      input.off('data', take).off('end', none).off('error', none);
      resolve(chunk);
    };
    const none = (): void => take(new Uint8Array(0));
    input.on('data', take).on('end', none).on('error', none);
  });
}

/** A connection without text, until the cookie is there, or there will be none. */
async function askForCookie(station: Station, peer: OpenOptions): Promise<void> {
  const socket = granted(station.act((now) => station.host.open(now, peer)));
  await new Promise<void>((resolve) => {
    socket.onSignal = () => resolve(); // established, or why it is not: the next one will say
  });
  station.act((now) => socket.release(now));
}

/** A peer beyond the prefix is reached only if the kernel passes our datagrams on. */
function checkReach(host: IpAddress, options: ConnectOptions, terminal: Terminal): void {
  const { family, w0, w1, w2, w3 } = host;
  const peer = printAddress(host);
  const ours = options.address.map(printCidr).join(' and ');
  if (!options.address.some(({ address }) => address.family === family)) {
    const message = `${peer} cannot be reached from ${ours}: give --address one of IPv${family}`;
    throw new Failure(message, EXIT.misused);
  }
  const near = options.address.some((cidr) => inPrefix(cidr, family, w0, w1, w2, w3));
  if (options.verbose !== true || near) return;
  terminal.error(`estab: ${peer} is not in ${ours}: the kernel has to forward there and back\n`);
}
