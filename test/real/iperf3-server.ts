/**
 * As much of iperf3's server as its client asks for, on Web streams: a control connection on which
 * states are single octets and messages are JSON behind four octets of length, and the connections of
 * the test, which begin with the same cookie.
 */
import type { Listener } from '../../src/socket/listen.ts';
import type { Socket } from '../../src/socket/socket.ts';

const COOKIE = 37; // octets

const TEST_START = 1;
const TEST_RUNNING = 2;
const TEST_END = 4;
const PARAM_EXCHANGE = 9;
const CREATE_STREAMS = 10;
const EXCHANGE_RESULTS = 13;
const DISPLAY_RESULTS = 14;
const IPERF_DONE = 16;

interface Parameters {
  readonly parallel?: number;
  readonly reverse?: boolean;
  readonly bidirectional?: boolean;
}

/** Serves one test; answers how many octets of it went through here. */
export async function serveIperf3(listener: Listener): Promise<number> {
  const next = async (): Promise<Conversation> => {
    const socket = await listener.accept();
    if (socket === undefined) throw new Error('closed');
    const conversation = new Conversation(socket);
    await conversation.read(COOKIE);
    return conversation;
  };
  const control = await next();
  await control.say(PARAM_EXCHANGE);
  const parameters: Parameters = JSON.parse(await control.message());
  await control.say(CREATE_STREAMS);
  const streams: Conversation[] = [];
  for (let i = 0; i < (parameters.parallel ?? 1); i++) streams.push(await next());
  await control.say(TEST_START);
  await control.say(TEST_RUNNING);
  const over = new AbortController();
  const moved = streams.map((stream) =>
    parameters.reverse === true ? stream.pour(over.signal) : stream.drain(),
  );
  if ((await control.state()) !== TEST_END) throw new Error('not the end of the test');
  over.abort();
  await control.say(EXCHANGE_RESULTS);
  await control.message();
  await control.tell(results(streams));
  await control.say(DISPLAY_RESULTS);
  if ((await control.state()) !== IPERF_DONE) throw new Error('not the end of it all');
  await Promise.all(moved);
  await control.close();
  return streams.reduce((sum, { moved: octets }) => sum + octets, 0);
}

function results(streams: readonly Conversation[]): string {
  return JSON.stringify({
    cpu_util_total: 0,
    cpu_util_user: 0,
    cpu_util_system: 0,
    sender_has_retransmits: 0,
    streams: streams.map(({ moved }, i) => ({
      id: i === 0 ? 1 : i + 2, // iperf3 leaves 2 out
      bytes: moved,
      retransmits: -1,
      jitter: 0,
      errors: 0,
      packets: 0,
      start_time: 0,
      end_time: 1,
    })),
  });
}

class Conversation {
  moved = 0; // octets of the test
  readonly #socket: Socket;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array | ArrayBuffer>;
  #left: Uint8Array = new Uint8Array(0);

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#reader = socket.readable.getReader();
    this.#writer = socket.writable.getWriter();
  }

  async read(octets: number): Promise<Uint8Array> {
    while (this.#left.length < octets) {
      const { value, done } = await this.#reader.read();
      if (done) throw new Error(`the end, ${octets} octets expected`);
      this.#left = Buffer.concat([this.#left, value]);
    }
    const read = this.#left.slice(0, octets);
    this.#left = this.#left.slice(octets);
    return read;
  }

  async state(): Promise<number> {
    return (await this.read(1))[0]!;
  }

  async message(): Promise<string> {
    const { buffer, byteOffset } = await this.read(4);
    const length = new DataView(buffer, byteOffset).getUint32(0);
    return new TextDecoder().decode(await this.read(length));
  }

  say(state: number): Promise<void> {
    return this.#writer.write(Uint8Array.of(state));
  }

  async tell(message: string): Promise<void> {
    const text = new TextEncoder().encode(message);
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, text.length);
    await this.#writer.write(length);
    await this.#writer.write(text);
  }

  /** Takes what the client sends, until it ends. */
  async drain(): Promise<void> {
    this.moved = this.#left.length;
    for (;;) {
      const { value, done } = await this.#reader
        .read()
        .catch(() => ({ value: undefined, done: true }));
      if (done || value === undefined) break;
      this.moved += value.length;
    }
    await this.close();
  }

  /** Sends until the client has had enough. */
  async pour(over: AbortSignal): Promise<void> {
    const block = new Uint8Array(128 * 1024);
    const wrote = (): Promise<boolean> =>
      this.#writer.write(block).then(
        () => true,
        () => false, // the client resets what it does not read any more
      );
    while (!over.aborted && (await wrote())) this.moved += block.length;
    await this.close();
  }

  async close(): Promise<void> {
    await this.#writer.close().catch(() => undefined); // the client may be gone
    await this.#socket.close().catch(() => undefined);
  }
}
