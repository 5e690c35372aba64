import type { Link } from '../../src/link/link.ts';
import type { Drivable } from '../../src/socket/driver.ts';

const ICMP = 1;
const UDP = 17;
const ICMPV6 = 58;

/** A host that answers each ping and sends each UDP datagram back: RFC 862 without a stack. */
export class EchoHost implements Drivable {
  answered = 0;
  readonly #link: Link;
  readonly #answers: Uint8Array[] = [];

  constructor(link: Link) {
    this.#link = link;
  }

  packetArrives(bytes: Uint8Array, view: DataView, start: number, end: number): void {
    const version = view.getUint8(start) >> 4;
    const turned =
      version === 4
        ? turn(view, start, view.getUint8(start + 9), 12, 4, (view.getUint8(start) & 15) * 4)
        : turn(view, start, view.getUint8(start + 6), 8, 16, 40);
    if (turned) this.#answers.push(bytes.slice(start, end));
  }

  timeout(): void {
    throw new Error('no timeout was asked for');
  }

  nextTimeout(): number {
    return Infinity;
  }

  flush(): void {
    const link = this.#link;
    for (const answer of this.#answers.splice(0)) {
      const at = link.claim(answer.length);
      link.bytes.set(answer, at);
      link.transmit(at, at + answer.length);
      this.answered += 1;
    }
  }
}

/** Makes the answer in place. Swapping addresses or ports leaves every checksum as it is. */
function turn(
  view: DataView,
  start: number,
  protocol: number,
  addresses: number,
  size: number,
  header: number,
): boolean {
  const body = start + header;
  if (protocol === UDP) swap(view, body, body + 2, 2);
  else if (protocol === ICMP && view.getUint8(body) === 8) retype(view, body, 0);
  else if (protocol === ICMPV6 && view.getUint8(body) === 128) retype(view, body, 129);
  else return false;
  swap(view, start + addresses, start + addresses + size, size);
  return true;
}

function swap(view: DataView, a: number, b: number, size: number): void {
  for (let k = 0; k < size; k += 1) {
    const octet = view.getUint8(a + k);
    view.setUint8(a + k, view.getUint8(b + k));
    view.setUint8(b + k, octet);
  }
}

/** A new ICMP type, and the checksum brought after it: RFC 1624 §3. */
function retype(view: DataView, body: number, type: number): void {
  const old = view.getUint16(body);
  view.setUint8(body, type);
  let sum = (~view.getUint16(body + 2) & 0xffff) + (~old & 0xffff) + view.getUint16(body);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(body + 2, ~sum & 0xffff);
}
