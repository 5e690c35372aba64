import { expect, test } from 'vitest';
import { deliverAfter, LOSE } from '../../src/lab/network.ts';
import { renderMarkdown } from '../../src/lab/ladder/render-markdown.ts';
import { watch } from '../../src/lab/watch.ts';
import { World } from '../../src/lab/world.ts';
import { IpAddress, parseAddress } from '../../src/wire/address.ts';
import { seq } from '../../src/wire/seq.ts';

test('a watched world tells its own ladder, losses and delays included', () => {
  const world = new World(({ id }) => (id === 1 ? LOSE : deliverAfter(10)));
  const a = world.addHost('A', { addresses: ['192.0.2.1/24'], nextIss: () => seq(100) });
  const b = world.addHost('B', { addresses: ['192.0.2.2/24'], nextIss: () => seq(300) });
  const remote = parseAddress('192.0.2.2') ?? new IpAddress(4, 0, 0, 0, 0);
  const server = b.openPassive(world.now, { localPort: 80 });
  const client = a.open(world.now, { remote, remotePort: 80 });
  if ('error' in server || 'error' in client) throw new Error('refused');
  client.onSignal = (signal, now) => {
    if (signal === 'established') client.send(now, new Uint8Array(5));
  };
  const ladder = watch(world, { A: client, B: server });
  world.run();
  expect(ladder.text.split('\n').map((line) => line.trimEnd())).toEqual([
    '               TCP Peer A                                                   TCP Peer B',
    '',
    '  1.           SYN-SENT     --> <SEQ=100><CTL=SYN>                      X',
    '  2.  @1s      SYN-SENT     --> <SEQ=100><CTL=SYN>                      --> SYN-RECEIVED',
    '  3.  @1010ms  ESTABLISHED  <-- <SEQ=300><ACK=101><CTL=SYN,ACK>         <-- SYN-RECEIVED',
    '  4.  @1020ms  ESTABLISHED  --> <SEQ=101><ACK=301><CTL=PSH,ACK><DATA=5> --> ESTABLISHED',
    '  5.  @1030ms  ESTABLISHED  <-- <SEQ=301><ACK=106><CTL=ACK>             <-- ESTABLISHED',
    '',
  ]);
  expect(renderMarkdown(ladder.result)).toContain('| 2 | SYN-SENT |');
  expect(() => watch(world, { A: client })).toThrow('watch two sockets');
});
