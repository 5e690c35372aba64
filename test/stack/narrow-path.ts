/** Two hosts with a router between them whose link to B takes less than that to A. */
import { IpHeader, readIp } from '../../src/wire/ip.ts';
import type { IpAddress } from '../../src/wire/address.ts';
import { icmp } from './datagram.ts';
import { address, TwoHosts, type Side, type TwoHostsOptions } from './two-hosts.ts';

const ROUTER4 = address('192.0.2.254');
const ROUTER6 = address('2001:db8::fe');
const QUOTE = 548; // octets: RFC 1812 §4.3.2.3

export interface NarrowOptions extends TwoHostsOptions {
  /** Octets that get through to B. */
  readonly path: number;
  /** 'silent': no ICMP; 'old': without the next-hop MTU (RFC 1191 §5). Default 'polite'. */
  readonly router?: 'polite' | 'old' | 'silent';
}

export class NarrowPath extends TwoHosts {
  path: number;
  router: 'polite' | 'old' | 'silent';
  /** Datagrams to B that were too large; octets of those that got through. */
  refused = 0;
  sizes: number[] = [];
  readonly #ip: IpHeader = new IpHeader();

  constructor(options: NarrowOptions) {
    super(options);
    this.path = options.path;
    this.router = options.router ?? 'polite';
  }

  override deliver(side: Side): number {
    if (side !== this.b) return super.deliver(side);
    return this.b.link.drain(10_000, (bytes, view, start, end) => {
      readIp(this.#ip, view, start, end);
      if (end - start <= this.path || !this.#ip.dontFragment) {
        this.sizes.push(end - start);
        this.b.host.packetArrives(this.now, bytes, view, start, end, true);
        return;
      }
      this.refused++;
      if (this.router !== 'silent') this.inject(this.a, this.#tooBig(bytes.slice(start, end)));
    });
  }

  #tooBig(datagram: Uint8Array): Uint8Array {
    const { version, src0, src1, src2, src3 } = this.#ip;
    const to: IpAddress = { family: version, w0: src0, w1: src1, w2: src2, w3: src3 };
    const from = version === 4 ? ROUTER4 : ROUTER6;
    const mtu = this.router === 'old' ? 0 : this.path;
    return icmp({ from, to, kind: 'packet-too-big', mtu, body: datagram.slice(0, QUOTE) });
  }
}
