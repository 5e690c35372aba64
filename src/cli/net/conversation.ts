/**
 * A connection between a socket of ours and a pair of streams, as nc has it: what is read is sent,
 * what arrives is written, the end of the input is CLOSE. Back-pressure goes both ways: input waits
 * while the send buffer is full, and text is not received while the output is, so that the window
 * closes (RFC 9293 §3.8.6).
 */
import type { Readable, Writable } from 'node:stream';
import type { TcpSignal } from '../../tcp/signals.ts';
import type { State } from '../../tcp/state.ts';
import type { TcpSocket } from '../../stack/tcp-socket.ts';
import type { Station } from './station.ts';

/** How a conversation ended. */
export type Ending =
  | 'finished' //      both directions are done
  | 'reset'
  | 'refused'
  | 'timeout'
  | 'aborted' //       by us
  | 'unheard'; //      nobody reads the output any more

export class Conversation {
  /** When it is over, and everything that arrived has been written. */
  readonly ended: Promise<Ending>;
  readonly socket: TcpSocket;
  /** Called when the peer has sent its FIN, after its last octet has been written. */
  onPeerDone: (() => void) | undefined = undefined;
  readonly #station: Station;
  readonly #input: Readable;
  readonly #output: Writable;
  readonly #onData = (chunk: Uint8Array): void => this.#take(chunk);
  readonly #onEnd = (): void => this.#inputEnded();
  readonly #onDrain = (): void => this.#drained();
  #unsent: Uint8Array[] = [];
  #begun = false;
  #inputDone = false;
  #outputFull = false;
  #finReceived = false;
  #peerDone = false;
  #ending: Ending | undefined = undefined;
  #resolve: (ending: Ending) => void = () => undefined;

  /** To be made before the socket's first signal. */
  constructor(station: Station, socket: TcpSocket, input: Readable, output: Writable) {
    this.#station = station;
    this.socket = socket;
    this.#input = input;
    this.#output = output;
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    socket.onSignal = (signal, now) => this.#signal(signal, now);
  }

  /** The connection is established: input is read from now on. */
  begin(): void {
    if (this.#begun || this.#ending !== undefined) return;
    this.#begun = true;
    this.#inputDone = this.#input.readableEnded; // who read the beginning may have seen the end
    this.#input.on('data', this.#onData);
    this.#input.on('end', this.#onEnd);
    this.#input.on('error', this.#onEnd);
    this.#station.act((now) => this.#send(now)); // what was early and did not fit, or the end
  }

  /** The beginning of the input, read before the SYN has left: RFC 7413. */
  early(text: Uint8Array): void {
    if (text.length > 0) this.#take(text);
  }

  /** ABORT, and the conversation is over. */
  abort(why: 'aborted' | 'unheard' | 'timeout' = 'aborted'): void {
    if (this.#ending !== undefined) return;
    this.#ending = why;
    this.#station.act((now) => this.socket.abort(now));
    this.#end(why);
  }

  /** To be called when the connection takes a new state: TIME-WAIT has no signal of its own. */
  moved(to: State): void {
    if (to === 'TIME-WAIT') queueMicrotask(() => this.#checkEnd());
  }

  #signal(signal: TcpSignal, now: number): void {
    switch (signal) {
      case 'established':
        this.begin();
        break;
      case 'readable':
        this.#receive(now);
        break;
      case 'end':
        this.#finReceived = true;
        this.#receive(now);
        break;
      case 'writable':
        this.#send(now);
        break;
      case 'reset':
        this.#end(this.#begun ? 'reset' : 'refused'); // §3.10.7.3 calls both a reset
        break;
      case 'refused':
      case 'timeout':
      case 'aborted':
        this.#end(signal);
        break;
      case 'closed':
        this.#checkEnd();
        break;
      default: // urgent text is text here; r1 and soft errors may pass
        break;
    }
  }

  #take(chunk: Uint8Array): void {
    this.#unsent.push(chunk);
    this.#station.act((now) => this.#send(now));
  }

  #send(now: number): void {
    while (this.#unsent.length > 0) {
      const [chunk = NOTHING] = this.#unsent;
      const taken = this.socket.send(now, chunk);
      if (typeof taken === 'string') {
        this.#unsent = []; // the signal that says why is on its way
        return;
      }
      if (taken < chunk.length) {
        this.#unsent[0] = chunk.subarray(taken);
        this.#input.pause(); // until 'writable'
        return;
      }
      this.#unsent.shift();
    }
    if (this.#inputDone) this.socket.close(now);
    else if (this.#begun) this.#input.resume();
  }

  #inputEnded(): void {
    if (this.#inputDone) return;
    this.#inputDone = true;
    if (this.#unsent.length === 0) this.#station.act((now) => this.socket.close(now));
  }

  #receive(now: number): void {
    while (!this.#outputFull && this.socket.unread > 0) {
      const chunk = new Uint8Array(Math.min(this.socket.unread, MOST_AT_ONCE));
      const taken = this.socket.receive(now, chunk);
      if (typeof taken === 'string' || taken === 0) break;
      if (!this.#output.write(chunk.subarray(0, taken))) {
        this.#outputFull = true;
        this.#output.once('drain', this.#onDrain);
      }
    }
    if (!this.#finReceived || this.#peerDone || this.socket.unread > 0) return;
    this.#peerDone = true;
    this.onPeerDone?.();
    this.#checkEnd();
  }

  #drained(): void {
    this.#outputFull = false;
    this.#station.act((now) => this.#receive(now));
  }

  /** Our FIN is acknowledged and theirs is here, and all text before it has been taken. */
  #checkEnd(): void {
    const { state } = this.socket;
    if (state !== 'TIME-WAIT' && state !== 'CLOSED') return;
    if (this.#peerDone || (state === 'CLOSED' && !this.#finReceived)) this.#end('finished');
  }

  #end(ending: Ending): void {
    this.#ending ??= ending;
    this.#input.off('data', this.#onData);
    this.#input.off('end', this.#onEnd);
    this.#output.off('drain', this.#onDrain);
    const why = this.#ending;
    if (why === 'unheard') this.#resolve(why);
    else this.#output.write('', () => this.#resolve(why)); // behind everything else
  }
}

const NOTHING = new Uint8Array(0);
const MOST_AT_ONCE = 65_536; // octets of one write
