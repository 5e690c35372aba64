/** What all sockets and servers of one `net` have in common: their stack, and Node's global defaults. */
import { Buffer } from 'node:buffer';
import type { TcpDefaults } from '../../tcp/options.ts';
import type { Home } from '../home.ts';
import type { ReadSlab } from './net-slab.ts';

export interface NetHome {
  /** Asked for each connection and listener anew: useStack() may have changed it. */
  readonly stack: () => Home;
  readonly defaults: NetDefaults;
  readonly slab: ReadSlab;
  readonly scratch: Scratch;
  readonly wishes: TcpWishes;
}

/** `setDefaultAutoSelectFamily` and its like. */
export interface NetDefaults {
  autoSelectFamily: boolean;
  autoSelectFamilyAttemptTimeout: number; // ms
}

const SCRATCH = 65_536; // octets
const WORST = 4; //        octets of a UTF-16 code unit in the longest encoding, more than enough

/** Strings are encoded here and copied by the send buffer: no Buffer for each of them. */
export class Scratch {
  readonly #bytes: Buffer = Buffer.allocUnsafeSlow(SCRATCH);

  /** Valid until the next call. */
  encoded(text: string, encoding: BufferEncoding): Buffer {
    if (text.length * WORST > SCRATCH) return Buffer.from(text, encoding);
    return this.#bytes.subarray(0, this.#bytes.write(text, 0, encoding));
  }

  /** Does `bytes` lie here, and will be overwritten? */
  owns(bytes: Uint8Array): boolean {
    return bytes.buffer === this.#bytes.buffer;
  }
}

const MOST_WISHES = 64; // beyond that they are made anew

/** The same wishes are the same object, for which a host makes options of TCP once. */
export class TcpWishes {
  readonly #made: Map<number, Partial<TcpDefaults>> = new Map();

  /** `idle` in s, 0 for the usual. Undefined: no wishes. */
  of(noDelay: boolean, keepAlive: boolean, idle: number): Partial<TcpDefaults> | undefined {
    if (!noDelay && !keepAlive) return undefined;
    const key = (keepAlive ? idle * 4 + 2 : 0) + (noDelay ? 1 : 0);
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const made = {
      ...(noDelay && { noDelay }),
      ...(keepAlive && { keepAlive }),
      ...(keepAlive && idle > 0 && { keepAliveIdle: idle * 1000 }),
    };
    if (this.#made.size < MOST_WISHES) this.#made.set(key, made);
    return made;
  }
}
