/**
 * One end of a small world: a connection, its user, and a clock of its own, which stands still at a
 * deadline until the search lets the timer fire: so it shows whatever a network and a host can delay.
 */
import { BlockPool } from '../../tcp/block-pool.ts';
import { controllerFor } from '../../tcp/congestion/controllers.ts';
import { Connection } from '../../tcp/connection.ts';
import { TcpOptions, type ProfileName, type TcpDefaults } from '../../tcp/options.ts';
import { PROFILES } from '../../tcp/profiles.ts';
import { RecordPool } from '../../tcp/record-pool.ts';
import type { Tcb } from '../../tcp/tcb.ts';
import { add, seq, type Seq } from '../../wire/seq.ts';
import type { End } from './flights.ts';
import type { Conduct, UserCall } from './plan.ts';

const MSS = 1460; // octets: IPv4 over Ethernet
const ISS_APART = 100_000; // octets: more than a window; a clock makes them grow (RFC 9293 §3.4.1)
const MOST_READ = 64; // octets

/** What was given to SEND on one connection. */
interface Stream {
  given: number; // octets
  closed: boolean; // CLOSE was called, so no more comes
}

export class Party {
  readonly end: End;
  readonly conduct: Conduct;
  connection: Connection;
  /** ms */
  clock = 0;
  /** Calls still to be made. */
  calls: readonly UserCall[] = [];
  made = 0;
  mishapDone = false;
  /** How often it crashed. */
  boots = 0;
  /** Octets that its user took on this connection. */
  taken = 0;
  /** Was its user told of the peer's FIN? */
  toldEnd = false;
  /** How often it chose an ISS. */
  openings = 0;
  readonly #streams: Stream[] = [];
  readonly #boot: number[] = []; // when each ISS was chosen
  readonly #options: TcpOptions;
  readonly #buffer = new Uint8Array(MOST_READ);

  constructor(end: End, conduct: Conduct, profile: ProfileName) {
    this.end = end;
    this.conduct = conduct;
    this.#options = optionsOf(conduct, profile);
    this.connection = new Connection(this.#options, undefined);
    this.reset();
  }

  get tcb(): Tcb {
    return this.connection.tcb;
  }

  /** As before anything happened. */
  reset(): void {
    this.#giveBack();
    this.connection = new Connection(this.#options, undefined);
    this.clock = 0;
    this.calls = this.conduct.calls;
    this.made = this.boots = this.taken = this.openings = 0;
    this.mishapDone = this.toldEnd = false;
    this.#streams.length = this.#boot.length = 0;
    this.#streams.push({ given: 0, closed: false });
  }

  /** The ISS of the next connection. */
  get nextIss(): Seq {
    return add(seq(this.conduct.iss), ISS_APART * this.openings);
  }

  /** It was used. */
  issTaken(): void {
    this.#boot.push(this.boots);
    this.openings++;
  }

  /** What was sent on the connection with this ISS; undefined: there was none. */
  streamOf(iss: Seq): Stream | undefined {
    for (let i = 0; i < this.openings; i++) {
      if (add(seq(this.conduct.iss), ISS_APART * i) === iss) return this.#streams[this.#boot[i]!];
    }
    return undefined;
  }

  /** The octet at `position` of the text on the connection with this ISS; -1: no such octet. */
  octetOf(iss: Seq, position: number): number {
    const stream = this.streamOf(iss);
    if (stream === undefined || position >= stream.given) return -1;
    return octet(this.end, this.#streams.indexOf(stream), position);
  }

  get stream(): Stream {
    return this.#streams[this.boots]!;
  }

  /** Carries out a call; what the RFC answers is no concern here. */
  call(call: UserCall): void {
    const { connection } = this;
    switch (call) {
      case 'open':
        if (connection.openActive(this.nextIss) === 'ok') this.issTaken();
        return;
      case 'listen':
        connection.openPassive();
        return;
      case 'close':
        if (connection.close() === 'ok') this.stream.closed = true;
        return;
      case 'release':
        connection.release(this.clock);
        return;
      case 'abort':
        connection.abort();
        this.calls = [];
        this.made = 0;
        return;
      case 'crash':
        this.#crash();
        return;
      default:
        this.#sendOrReceive(call);
    }
  }

  /** What its buffers and its queue hold is used again. */
  #giveBack(): void {
    const { sendBuffer, receiveBuffer, sender } = this.tcb;
    sendBuffer.clear();
    receiveBuffer.clear();
    sender?.queue.clear();
  }

  #crash(): void {
    this.#giveBack();
    this.connection = new Connection(this.#options, undefined);
    this.calls = this.conduct.afterCrash ?? [];
    this.made = this.taken = 0;
    this.toldEnd = false;
    this.boots++;
    this.#streams.push({ given: 0, closed: false });
  }

  #sendOrReceive(call: `send ${number}` | `receive ${number}`): void {
    if (call.startsWith('receive')) {
      this.read(Number(call.slice('receive '.length)), () => 0);
      return;
    }
    const { stream } = this;
    const octets = Number(call.slice('send '.length));
    for (let i = 0; i < octets; i++) {
      this.#buffer[i] = octet(this.end, this.boots, stream.given + i);
    }
    const taken = this.connection.send(this.clock, this.#buffer, 0, octets);
    if (typeof taken === 'number') stream.given += taken;
  }

  /** Takes up to `most` octets, and says of each what it is and where. Answers how many there were. */
  read(most: number, each: (octet: number, position: number) => void): number {
    const read = this.connection.receive(this.#buffer, 0, Math.min(most, MOST_READ));
    if (typeof read !== 'number') return 0;
    for (let i = 0; i < read; i++) each(this.#buffer[i]!, this.taken + i);
    this.taken += read;
    return read;
  }
}

/** Differs in neighbours, between the ends, and from one boot to the next. */
const octet = (end: End, boot: number, position: number): number =>
  (end * 128 + boot * 32 + position + 1) & 0xff;

function optionsOf(conduct: Conduct, profile: ProfileName): TcpOptions {
  const all: TcpDefaults = { ...PROFILES[profile], ...conduct.tcp };
  return new TcpOptions({
    ...all,
    receiveMss: MSS,
    defaultSendMss: 536,
    pathMss: MSS,
    leastPathMss: 512,
    congestion: (connection) => controllerFor(all.congestionControl, all, connection),
    pool: new BlockPool(),
    records: new RecordPool(),
  });
}
