/** One transfer through one path: how fast it was, how much was sent twice, how long the queue was. */
import type { GilbertElliott } from '../../src/link/netem/loss.ts';
import type { NetemSettings } from '../../src/link/netem/settings.ts';
import type { StoredParcel } from '../../src/link/netem/store.ts';
import type { ControllerName, TcpDefaults } from '../../src/tcp/options.ts';
import { Dumbbell } from './dumbbell.ts';
import { Flow } from './flow.ts';

/** A bottleneck on the way there; the way back has no bottleneck and loses nothing. */
export interface Path {
  /** Mbit/s. */
  readonly rate: number;
  /** ms, both ways together, without a queue. */
  readonly rtt: number;
  /** Of the bottleneck, in bandwidth-delay products. */
  readonly queue: number;
  readonly loss?: number | GilbertElliott;
  /** Packets that overtake others: the share of them, and by how many ms. Needs an `rtt` of twice that. */
  readonly reorder?: { readonly share: number; readonly by: number };
}

/** How long a transfer lasts: until so many octets have arrived, or until so many ms are over. */
export interface Length {
  readonly octets: number;
  readonly ms: number;
}

export const MTU = 1500; // octets
const LEAST_BDP = 10 * MTU; // octets: no queue is made for less, or it would be less than a packet

/** Octets. */
export const bdpOf = ({ rate, rtt }: Path): number => (rate * 1000 * rtt) / 8;

/** Windows are left to the controller: no path here is too fat for the buffers. */
export const ROOMY: Partial<TcpDefaults> = {
  profile: 'linux',
  receiveBufferMax: 2 ** 29,
  sendBufferMax: 2 ** 29,
};

export function worldOf(path: Path, onArrival?: (parcel: StoredParcel) => void): Dumbbell {
  const { rate, rtt, queue, loss = 0, reorder } = path;
  const before = reorder === undefined ? rtt / 2 : reorder.by;
  const there: NetemSettings = {
    rate: rate * 1e6,
    delay: before,
    loss,
    reorder: reorder?.share ?? 0,
    queue: Infinity, // packets
    queueOctets: queue * Math.max(bdpOf(path), LEAST_BDP),
  };
  return new Dumbbell({
    there,
    back: { delay: rtt - before },
    seed: 1,
    tcp: ROOMY,
    mtu: MTU,
    onArrival,
  });
}

export class Bulk {
  /** Mbit/s of text, from the SYN to the last octet. */
  readonly goodput: number;
  /** Of the bottleneck's rate, which headers are a part of. */
  readonly percent: number;
  /** Segments that were sent again, in percent of all with text that arrived at the network. */
  readonly resent: number;
  readonly ms: number;

  constructor(path: Path, congestionControl: ControllerName, { octets, ms }: Length) {
    const world = worldOf(path);
    const flow = new Flow(world, 80, { congestionControl });
    world.run(ms, () => flow.taken >= octets);
    this.ms = world.now;
    this.goodput = (flow.taken * 8) / 1000 / world.now;
    this.percent = (this.goodput / path.rate) * 100;
    this.resent = (flow.socket.info(world.now).totalRetrans / world.there.counters.arrived) * 100;
  }
}
