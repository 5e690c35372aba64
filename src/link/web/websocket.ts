/**
 * A link over a WebSocket: each binary message is one packet. The socket is a browser's, or one of
 * the package `ws` on Node. A peer that does not read fills the socket's buffer up to a limit, and then
 * packets are dropped; what a peer sends that is no packet is dropped as well. Both are counted.
 */
import type { Device } from '../link.ts';
import { MessageLink, type MessageLinkOptions } from '../message-link.ts';

/** What a WebSocket has to have. With `ws`, limit its `maxPayload` to what a packet can be. */
export interface WebSocketLike {
  binaryType: string;
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number;
  /** Octets that are sent and not yet under way. */
  readonly bufferedAmount: number;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: string, listener: (event: object) => void): void;
}

export interface WebSocketOptions extends MessageLinkOptions {
  /** Octets that may wait in the socket before the next packet is dropped. Default 1 MiB. */
  readonly backlog?: number | undefined;
}

export interface WebSocketLink extends Device {
  /** Messages that came and are no packets: text, empty, too long. */
  readonly rejected: number;
  /** Packets that came while `capacity` others waited, and were dropped. */
  readonly overrun: number;
}

/**
 * `socket` belongs to the link from now on; it may still be connecting, and packets are dropped until
 * it is open. Closing the link closes it.
 * @throws RangeError when an option is out of range.
 */
export function webSocketLink(
  socket: WebSocketLike,
  options: WebSocketOptions = {},
): WebSocketLink {
  return new OverWebSocket(socket, options);
}

const BACKLOG = 2 ** 20; // octets
const OPEN = 1;
const CLOSED = 3;

class OverWebSocket extends MessageLink {
  readonly #socket: WebSocketLike;
  readonly #backlog: number;

  constructor(socket: WebSocketLike, options: WebSocketOptions) {
    super('websocket', options);
    this.#socket = socket;
    this.#backlog = options.backlog ?? BACKLOG;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', (event) => this.#message(event));
    socket.addEventListener('close', (event) => this.#ended(event));
    socket.addEventListener('error', () => undefined); // its close follows
    if (socket.readyState === CLOSED) throw new RangeError('websocket: the socket is closed');
  }

  protected send(start: number, end: number): boolean {
    const socket = this.#socket;
    if (socket.readyState !== OPEN || socket.bufferedAmount > this.#backlog) return false;
    // A copy: `ws` holds on to what it was given.
    socket.send(this.bytes.slice(start, end));
    return true;
  }

  protected release(): Promise<void> {
    if (this.#socket.readyState !== CLOSED) this.#socket.close(NORMAL);
    return Promise.resolve();
  }

  #message(event: object): void {
    if (this.closed) return;
    const data = 'data' in event ? event.data : undefined;
    if (data instanceof ArrayBuffer) this.arrived(new Uint8Array(data), 0, data.byteLength);
    else this.rejected += 1;
  }

  #ended(event: object): void {
    const code = 'code' in event && typeof event.code === 'number' ? event.code : ABNORMAL;
    void this.down(new Error(`${this.name}: the WebSocket was closed, code ${code}`));
  }
}

const NORMAL = 1000; // RFC 6455 §7.4.1
const ABNORMAL = 1006;
