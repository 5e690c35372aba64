/**
 * The IPv4 Identification: RFC 791 §3.2, RFC 6864. Without path MTU discovery datagrams leave with DF
 * clear, so each needs a value of its own; a plain counter would tell a third party how much we send
 * (RFC 7739 §1, CVE-2020-36516). The counter is encrypted instead: all 65,536 values come once
 * before any comes again, in an order that the key and the round through them decide.
 */

const ROUNDS = 4; // of a Feistel network on two octets

export class Identification {
  readonly #k0: number;
  readonly #k1: number;
  #counter = 0;

  constructor(k0: number, k1: number) {
    this.#k0 = k0;
    this.#k1 = k1;
  }

  /** 0 to 65535. */
  next(): number {
    const counter = this.#counter;
    this.#counter = (counter + 1) | 0;
    const key = Math.imul(this.#k0 ^ (counter >>> 16), 0x9e3779b1);
    let left = (counter >>> 8) & 0xff;
    let right = counter & 0xff;
    for (let round = 0; round < ROUNDS; round++) {
      const mixed = Math.imul((right ^ key) + Math.imul(this.#k1, round + 1), 0x85ebca6b);
      const next = left ^ (Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35) >>> 24);
      left = right;
      right = next;
    }
    return (left << 8) | right;
  }
}
