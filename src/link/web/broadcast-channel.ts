/**
 * A link over a BroadcastChannel: tabs and workers of one origin on one cable, where everybody hears
 * everybody, as on the Ethernet of old. A channel has no back-pressure: a member that does not run
 * leaves its messages to the browser.
 */
import type { Device } from '../link.ts';
import { LengthPrefixReader, LengthPrefixWriter } from '../length-prefix.ts';
import { MessageLink, type MessageLinkOptions } from '../message-link.ts';

/** What a BroadcastChannel has to have. */
export interface BroadcastChannelLike {
  postMessage(message: unknown): void;
  addEventListener(type: string, listener: (event: object) => void): void;
  close(): void;
}

export interface BroadcastLink extends Device {
  /** Messages and packets in them that came and are none: of another kind, empty, too long. */
  readonly rejected: number;
  /** Packets that came while `capacity` others waited, and were dropped. */
  readonly overrun: number;
}

/** `channel` belongs to the link from now on. @throws RangeError when an option is out of range. */
export function broadcastLink(
  channel: BroadcastChannelLike,
  options: MessageLinkOptions = {},
): BroadcastLink {
  return new OverChannel(channel, options);
}

const SOON = Promise.resolve();
const MESSAGE = 131_072; // octets of a message, which has the packets of a turn

class OverChannel extends MessageLink {
  readonly #channel: BroadcastChannelLike;
  readonly #packets = new LengthPrefixWriter(MESSAGE);
  readonly #flush = (): void => {
    if (this.#packets.used > 0 && !this.closed) this.#channel.postMessage(this.#packets.take());
  };

  constructor(channel: BroadcastChannelLike, options: MessageLinkOptions) {
    super('broadcast', options);
    this.#channel = channel;
    channel.addEventListener('message', (event) => this.#message(event));
    channel.addEventListener('messageerror', () => (this.rejected += 1));
  }

  protected send(start: number, end: number): boolean {
    if (!this.#packets.fits(end - start)) this.#flush();
    if (this.#packets.used === 0) void SOON.then(this.#flush); // when the turn is over
    this.#packets.write(this.bytes, start, end);
    return true;
  }

  protected release(): Promise<void> {
    if (this.#packets.used > 0) this.#channel.postMessage(this.#packets.take());
    this.#channel.close();
    return Promise.resolve();
  }

  #message(event: object): void {
    if (this.closed) return;
    const data = 'data' in event ? event.data : undefined;
    if (!(data instanceof Uint8Array)) {
      this.rejected += 1;
      return;
    }
    const reader = new LengthPrefixReader(this.limit, (bytes, _view, start, end) =>
      this.arrived(bytes, start, end),
    );
    const sound = reader.read(data) && reader.complete;
    this.rejected += reader.rejected + (sound ? 0 : 1);
  }
}
