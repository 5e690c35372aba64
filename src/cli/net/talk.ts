/** What listen and connect have in common: a conversation with the terminal until it is over. */
import type { TcpSocket } from '../../stack/tcp-socket.ts';
import { printAddress } from '../../wire/address.ts';
import { EXIT, Failure } from '../failure.ts';
import type { Terminal } from '../terminal.ts';
import type { Conversation, Ending } from './conversation.ts';
import type { Interruption } from './interruption.ts';
import type { Station } from './station.ts';

/** Runs until both directions are done; answers the exit code. @throws Failure when it breaks. */
export async function talk(
  station: Station,
  conversation: Conversation,
  interruption: Interruption,
  terminal: Terminal,
): Promise<number> {
  station.onTransition = (socket, to) => {
    if (socket === conversation.socket) conversation.moved(to);
  };
  terminal.onOutputClosed = () => conversation.abort('unheard');
  conversation.onPeerDone = () => {
    if (terminal.inputIsTerminal) terminal.error('estab: the peer is done; Ctrl-D ends our side\n');
  };
  try {
    const ending = await Promise.race([conversation.ended, interruption.happened]);
    if (typeof ending !== 'number') return exitCodeFor(ending, conversation.socket);
    conversation.abort();
    return ending;
  } finally {
    terminal.input.destroy();
  }
}

function exitCodeFor(ending: Ending, socket: TcpSocket): number {
  if (ending === 'finished' || ending === 'unheard') return EXIT.ok;
  const { remoteAddress, remotePort } = socket;
  const peer = `${remoteAddress === undefined ? 'the peer' : printAddress(remoteAddress)} port ${remotePort}`;
  throw new Failure(`${peer}: ${WORDS[ending]}`);
}

const WORDS: Readonly<Record<Exclude<Ending, 'finished' | 'unheard'>, string>> = {
  reset: 'connection reset by the peer (ECONNRESET): it gave the connection up',
  refused: 'connection refused (ECONNREFUSED): nobody listens on that port',
  timeout: 'no answer (ETIMEDOUT): is the address right, and does it lie behind the TUN device?',
  aborted: 'connection aborted',
};
