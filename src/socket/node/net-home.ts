/** What all sockets and servers of one `net` have in common: their stack, and Node's global defaults. */
import { Buffer } from 'node:buffer';
import type { Home } from '../home.ts';
import type { ReadSlab } from './net-slab.ts';

export interface NetHome {
  /** Asked for each connection and listener anew: useStack() may have changed it. */
  readonly stack: () => Home;
  readonly defaults: NetDefaults;
  readonly slab: ReadSlab;
  readonly scratch: Scratch;
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
