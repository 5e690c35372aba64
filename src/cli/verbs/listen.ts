/** `estab listen`: a server for one connection, like `nc -l`, on a TCP of our own. */
import type { Command } from 'commander';
import type { TcpSocket } from '../../stack/tcp-socket.ts';
import { printAddress } from '../../wire/address.ts';
import { portArgument } from '../arguments.ts';
import { addNetOptions, openFromOptions, type NetOptions } from '../net/options.ts';
import { granted, type Station } from '../net/station.ts';
import { addTcpSettings, tcpSettings, type TcpSettingOptions } from '../net/tcp-settings.ts';
import { Interruption } from '../net/interruption.ts';
import { talk } from '../net/talk.ts';
import { Conversation } from '../net/conversation.ts';
import { paragraphs } from '../help.ts';
import type { Session, Terminal } from '../terminal.ts';

interface ListenOptions extends NetOptions, TcpSettingOptions {}

export function addListen(program: Command, session: Session): void {
  const verb = program
    .command('listen')
    .summary('wait for one connection, like nc -l')
    .description(paragraphs(HELP))
    .helpOption('-h, --help', 'print this help')
    .argument('<PORT>', 'from 1 to 65535', portArgument);
  addNetOptions(verb);
  addTcpSettings(verb, FAST_OPEN)
    .addHelpText('after', EXAMPLES)
    .action(async (port: number, options: ListenOptions) => {
      session.exitCode = await listen(port, options, session);
    });
}

const HELP = `Waits for one connection, sends what it reads from the standard input and writes what arrives to the
standard output. At the end of the input our side is closed; the command ends when both sides are.

The TCP is estab's own and so is its address; the kernel reaches it through a TUN device. That needs
Linux and root, or \`unshare -Urn\` where everybody may open /dev/net/tun.

Exit status: 0 both sides closed, 1 the connection broke or the device could not be had, 2 wrong
arguments, 130 after Ctrl-C.`;

const FAST_OPEN =
  'TCP Fast Open (RFC 7413): give cookies, and take text in SYNs; the first client that sends ' +
  'something is served';

const EXAMPLES = `
Examples:
  estab listen 7 --verbose          then, in another terminal: nc 10.9.0.2 7
  estab listen 80 < answer.http     then: curl http://10.9.0.2/
  estab listen 9 --address fd00:9::2/64 --pcap listen.pcapng
  estab listen 80 --fast-open --profile freebsd --tcp delayedAck=0 --tcp receiveBuffer=64k
`;

async function listen(
  port: number,
  options: ListenOptions,
  { terminal }: Session,
): Promise<number> {
  const tcp = tcpSettings(options, 'server');
  const station = await openFromOptions(options, tcp, terminal);
  const interruption = new Interruption(station);
  try {
    const accepted = accept(station, port, options.fastOpen === true, terminal);
    if (options.verbose === true || terminal.errorIsTerminal) {
      const ours = options.address.map(({ address }) => printAddress(address)).join(' and ');
      const where = `${ours} port ${port}`;
      terminal.error(`estab: listening on ${where}, behind ${station.link.name}\n`);
    }
    const conversation = await Promise.race([accepted, interruption.happened]);
    if (typeof conversation === 'number') return conversation;
    conversation.begin();
    return await talk(station, conversation, interruption, terminal);
  } finally {
    await station.close();
    interruption.forget();
  }
}

/**
 * The first connection that is established; others are refused from then on. With Fast Open it is the
 * first that has text: a client may come for a cookie only.
 */
function accept(
  station: Station,
  port: number,
  fastOpen: boolean,
  terminal: Terminal,
): Promise<Conversation> {
  let first: (conversation: Conversation) => void = () => undefined;
  const accepted = new Promise<Conversation>((resolve) => {
    first = resolve;
  });
  const listener = granted(
    station.act((now) => station.host.listen(now, { port, backlog: BACKLOG, onConnection })),
  );
  function onConnection(socket: TcpSocket): void {
    if (!fastOpen) take(socket);
    else {
      socket.onSignal = (signal, now) => {
        if (signal === 'end') socket.release(now);
        if (signal !== 'readable') return;
        take(socket);
        socket.onSignal?.(signal, now); // of the conversation, by now
      };
    }
  }
  function take(socket: TcpSocket): void {
    if (listener.closed) return;
    first(new Conversation(station, socket, terminal.input, terminal.output));
    setImmediate(() => station.act((now) => listener.close(now)));
  }
  return accepted;
}

const BACKLOG = 1; // half-open connections: only one of them could be ours
