/**
 * Numbers of a script and numbers of the wire. In a SYN the sequence numbers of a script are whatever it calls them,
 * in all else they count from each side's SYN; timestamps of ours are whatever the script calls them where it first meets them.
 */
import { ACK, RST, SYN } from '../../wire/segment.ts';
import type { TcpOption, TcpPacket } from './ast.ts';

/** How timestamps are compared: `--tcp_ts_tick_usecs`, `--tcp_ts_ecr_scaled`. */
export interface Clocks {
  /** Microseconds of a tick of the script's; 0: values are not compared. */
  readonly tick: number;
  readonly ecrScaled: boolean;
}

export class Numbers {
  /** What is added to the first number of the peer, so that it can lie anywhere. */
  readonly #shift: number;
  /** The peer's first number on the wire, and as the script's SYN has it. */
  #remote: number;
  #remoteScript = 0;
  readonly #clocks: Clocks;
  /** Ours on the wire, once our SYN has shown it, and as the script's SYN has it. */
  #local: number | undefined = undefined;
  #localScript = 0;
  readonly #stamps = new Map<number, number>(); // of the script, to the wire
  #firstStamp: { readonly script: number; readonly live: number } | undefined = undefined;

  constructor(remote: number, clocks: Clocks) {
    this.#shift = remote;
    this.#remote = remote;
    this.#clocks = clocks;
  }

  /** Our first SYN: the script calls `live` so. */
  localIs(script: number, live: number): void {
    if (this.#local !== undefined) return;
    this.#local = live;
    this.#localScript = script;
  }

  /** What arrives, with the numbers of the wire. */
  toWire(packet: TcpPacket): TcpPacket {
    const local = this.#local ?? 0;
    const first = isSyn(packet);
    if (first) {
      this.#remote = (packet.seq + this.#shift) >>> 0;
      this.#remoteScript = packet.seq;
    }
    const before = first ? this.#localScript : 0;
    return {
      ...packet,
      seq: first ? this.#remote : (packet.seq + this.#remote) >>> 0,
      ack: packet.ack === undefined ? undefined : (packet.ack - before + local) >>> 0,
      options: packet.options?.map((option) => this.#optionToWire(option, local)),
    };
  }

  /** A sequence number of ours. */
  localToWire(script: number): number {
    return (script + (this.#local ?? 0)) >>> 0;
  }

  #optionToWire(option: TcpOption, local: number): TcpOption {
    if (option.kind === 'sack') {
      const blocks = option.blocks.map(
        ([left, right]) => [(left + local) >>> 0, (right + local) >>> 0] as const,
      );
      return { kind: 'sack', blocks };
    }
    if (option.kind !== 'TS') return option;
    return { ...option, ecr: this.#echoToWire(option.ecr) };
  }

  #echoToWire(ecr: number): number {
    const first = this.#firstStamp;
    if (first !== undefined && this.#clocks.ecrScaled) {
      return (first.live + this.#ticksToMs(ecr - first.script)) >>> 0;
    }
    const known = this.#stamps.get(ecr);
    if (known !== undefined) return known;
    return ecr === 0 || first === undefined ? ecr : (first.live + ecr - first.script) >>> 0;
  }

  #ticksToMs(ticks: number): number {
    return Math.round((ticks * (this.#clocks.tick === 0 ? 1000 : this.#clocks.tick)) / 1000);
  }

  /** What left, with the numbers of the script. */
  toScript(live: TcpPacket): TcpPacket {
    const local = this.#local ?? live.seq; // before our SYN is known, it is this one's number
    const syn = isSyn(live);
    const [ours, theirs] = syn ? [this.#localScript, this.#remoteScript] : [0, 0];
    const outOfNothing = (live.flags & (RST | ACK)) === (RST | ACK) && live.seq === 0;
    return {
      ...live,
      seq: outOfNothing ? 0 : (live.seq - local + ours) >>> 0,
      ack: (live.flags & ACK) === 0 ? undefined : ((live.ack ?? 0) - this.#remote + theirs) >>> 0,
      options: live.options?.map((option) => this.#optionToScript(option)),
    };
  }

  #optionToScript(option: TcpOption): TcpOption {
    if (option.kind === 'sack') {
      const blocks = option.blocks.map(
        ([left, right]) => [(left - this.#remote) >>> 0, (right - this.#remote) >>> 0] as const,
      );
      return { kind: 'sack', blocks };
    }
    if (option.kind !== 'TS' || this.#firstStamp === undefined) return option;
    const { script, live } = this.#firstStamp;
    const ms = (option.val - live) | 0;
    const ticks = this.#clocks.tick === 0 ? ms : Math.round((ms * 1000) / this.#clocks.tick);
    return { ...option, val: (script + ticks) >>> 0 };
  }

  /** The script calls the timestamp `live` so. */
  stampIs(script: number, live: number): void {
    this.#firstStamp ??= { script, live };
    this.#stamps.set(script, live);
  }

  /**
   * Is `actual`, in the script's numbers, what a clock shows at about the time `script`? By `tolerance` ms. True
   * where timestamps are not compared.
   */
  stampAgrees(script: number, actual: number, tolerance: number): boolean {
    if (this.#clocks.tick === 0) return true;
    return Math.abs(this.#ticksToMs((actual - script) | 0)) <= tolerance;
  }
}

export const isSyn = ({ flags }: TcpPacket): boolean => (flags & SYN) !== 0;
