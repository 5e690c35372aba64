import { expect, test } from 'vitest';
import { pair } from '../../src/link/pair.ts';
import { pcapTap } from '../../src/link/pcap-tap.ts';
import { PcapngWriter } from '../../src/pcap/pcapng.ts';
import { readPcapng } from '../../src/pcap/read-pcapng.ts';
import { Host } from '../../src/stack/host.ts';
import { parseAddress, parseCidr } from '../../src/wire/address.ts';

test('a capture tells what became of each packet, when and through which interface', () => {
  const chunks: Uint8Array[] = [];
  const writer = new PcapngWriter((chunk) => chunks.push(chunk));
  writer.header({ interfaces: ['other', 'ours'] });
  const [link, far] = pair();
  const host = new Host({
    name: 'A',
    addresses: [parseCidr('192.0.2.1/24')!],
    secret: new Uint8Array(16),
    observer: pcapTap(writer, { epoch: 1_000_000, interface: 1 }),
  });
  host.open(5, { remote: parseAddress('192.0.2.2')!, remotePort: 80 });
  host.flush(5, link);
  far.drain(1, (bytes, _view, start, end) => {
    const wrong = bytes.slice(start, end);
    wrong[0] = 0x70; // neither 4 nor 6
    host.packetArrives(7.5, wrong, new DataView(wrong.buffer), 0, wrong.length);
  });
  host.timeout(1005);
  host.flush(1005, link);

  const octets = Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
  const { packets, error } = readPcapng(octets);
  expect(error).toBeUndefined();
  expect(
    packets.map(({ timeMs, direction, comment, from }) => [timeMs, direction, comment, from.name]),
  ).toEqual([
    [1_000_005, 'out', 'SYN-SENT; §3.10.1: active OPEN', 'ours'],
    [1_000_007.5, 'in', 'dropped: ip-version', 'ours'],
    [1_001_005, 'out', 'SYN-SENT; §3.10.8: retransmission timeout', 'ours'],
  ]);
});
