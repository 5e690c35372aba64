/**
 * S31: what a sequence number says is true for 2^31 octets. Whatever remembers one for longer must
 * move it along (RFC 9293 §3.4).
 */
import { describe, expect, test } from 'vitest';
import { NewReno } from '../../src/tcp/recovery/new-reno.ts';
import { ackOf, reno } from '../tcp/samples.ts';
import { URG } from '../../src/wire/segment.ts';
import { add, seq } from '../../src/wire/seq.ts';
import { TwoHosts } from '../stack/two-hosts.ts';

const MTU = 65_535;

describe('S31: after 2^31 octets', () => {
  test('text is not urgent that was not, and what is urgent is (MUST-32, MUST-33)', () => {
    const net = new TwoHosts({
      mtu: MTU,
      checksumOffload: true,
      a: { tcp: { noDelay: true } },
      b: { tcp: { delayedAck: 0 } },
    });
    const { client, server } = net.connect(80);
    const into = new Uint8Array(MTU);
    const chunk = new Uint8Array(60_000);
    let urgent = 0;
    server.onSignal = (signal, now) => {
      if (signal === 'urgent') urgent++;
      if (signal === 'readable') server.receive(now, into);
    };
    client.send(net.now, chunk, 0, 10, { urgent: true });
    net.run(100);
    expect(urgent).toBe(1);
    for (let octets = 0; octets < 2 ** 31 + 2 ** 20; octets += chunk.length) {
      expect(client.send(net.now, chunk)).toBe(chunk.length);
      net.settle();
    }
    expect(server.status()).toMatchObject({ urgent: 0, unread: 0 });

    net.run(1000);
    client.send(net.now, chunk, 0, 10);
    net.flush();
    const [seen] = net.take(net.b);
    expect(seen?.text.length).toBe(10);
    expect((seen?.seg.ctl ?? 0) & URG).toBe(0);

    net.run(5000);
    expect(urgent).toBe(1);
    client.send(net.now, chunk, 0, 10, { urgent: true });
    net.run(100);
    expect(urgent).toBe(2);
  });

  test.each([0, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1])(
    'three duplicates retransmit without a loss before (ISS %i)',
    (iss) => {
      const sender = { congestion: reno(1000), cwndWhy: '' };
      const recovery = new NewReno();
      recovery.begin(seq(iss));
      let una = add(seq(iss), 1);
      for (let step = 0; step < 12; step++) {
        una = add(una, 2 ** 29);
        expect(recovery.newAck(ackOf(1000, una, add(una, 4000)), 1000, sender)).toBe('none');
      }
      const steps = [1, 2, 3].map(() =>
        recovery.duplicateAck(una, add(una, 4000), 1000, sender, 0),
      );
      expect(steps).toEqual(['none', 'none', 'retransmit']);
    },
  );
});
