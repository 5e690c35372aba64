/** Octets per idle connection end. A process of its own, with --expose-gc: `npm run bench` starts it. */
import { usedOctets } from './memory-used.ts';
import { TwoHosts } from './two-hosts.ts';

const CONNECTIONS = 10_000;

function openAll(world: TwoHosts, count: number): number {
  let established = 0;
  for (let i = 0; i < count; i++) {
    const socket = world.connect(1);
    socket.onSignal = (signal) => {
      if (signal === 'established') established++;
    };
    if (i % 64 === 63) world.run(() => false);
  }
  world.run(() => false);
  return established;
}

const warm = new TwoHosts(true);
warm.listen(1, () => undefined);
openAll(warm, 1000); // code and tables that are there once
const world = new TwoHosts(true);
world.listen(1, () => undefined);
openAll(world, 64); // slabs of the link, the ring of recent segments: there once
const before = usedOctets();
const established = openAll(world, CONNECTIONS);
if (established !== CONNECTIONS) throw new Error(`only ${established} were established`);
const perEnd = (usedOctets() - before) / (2 * CONNECTIONS);
console.log(JSON.stringify({ perEnd, listed: world.client.sockets().length }));
