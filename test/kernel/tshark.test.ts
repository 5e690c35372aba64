/** That tshark sees what is wrong, before it is asked about the kernel's captures. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openPcapFile } from '../../src/link/node/pcap-file.ts';
import { IpHeader, Protocol, pseudoSum, writeIp } from '../../src/wire/ip.ts';
import { ACK, Segment } from '../../src/wire/segment.ts';
import { seq } from '../../src/wire/seq.ts';
import { sealTcp, writeTcp } from '../../src/wire/tcp.ts';
import { hasTshark, malformedPackets } from './tshark.ts';

const noTshark = !hasTshark();
if (noTshark) console.log('tshark.test.ts: skipped, there is no tshark');

const CHECKSUM = 36; // offset in a datagram with plain headers
const directory = mkdtempSync(join(tmpdir(), 'estab-'));
afterAll(() => rmSync(directory, { recursive: true }));

function segmentWith(number: number): Uint8Array {
  const segment = new Segment();
  segment.seq = seq(number);
  segment.ctl = ACK;
  const ip = new IpHeader();
  ip.version = 4;
  ip.protocol = Protocol.TCP;
  ip.ttl = 64;
  ip.src3 = 0x0a000001;
  ip.dst3 = 0x0a000002;
  const bytes = new Uint8Array(40);
  const view = new DataView(bytes.buffer);
  const at = writeTcp(view, bytes.length, segment, 1000, 2000);
  sealTcp(view, at, bytes.length, pseudoSum(ip, Protocol.TCP, bytes.length - at));
  writeIp(view, at, ip, bytes.length - at);
  return bytes;
}

const checksumOf = (bytes: Uint8Array): number => new DataView(bytes.buffer).getUint16(CHECKSUM);

/** With another checksum in its place. */
function altered(bytes: Uint8Array, checksum: number): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint16(CHECKSUM, checksum);
  return copy;
}

/** One segment in 65536: its checksum is 0. */
function segmentOfChecksumZero(): Uint8Array {
  for (let number = 0; ; number += 1) {
    const bytes = segmentWith(number);
    if (checksumOf(bytes) === 0) return bytes;
  }
}

/** How many of one packet each way tshark finds fault with: from the kernel, from estab. */
function faults(bytes: Uint8Array): [number, number] {
  const counts = (['in', 'out'] as const).map((direction) => {
    const path = join(directory, `${direction}.pcapng`);
    const capture = openPcapFile(path);
    capture.packet(0, bytes, 0, bytes.length, { direction });
    capture.close();
    return malformedPackets(path).length;
  });
  return [counts[0] ?? 0, counts[1] ?? 0];
}

describe.skipIf(noTshark)('malformedPackets', () => {
  test('leaves good checksums alone, zero among them', () => {
    expect(faults(segmentWith(1))).toEqual([0, 0]);
    expect(faults(segmentOfChecksumZero())).toEqual([0, 0]);
  });

  test('finds a wrong checksum and a header cut short, whoever sent it', () => {
    const good = segmentWith(1);
    expect(faults(altered(good, checksumOf(good) ^ 1))).toEqual([1, 1]);
    expect(faults(good.subarray(0, 30))).toEqual([1, 1]);
  });

  test('forgives the kernel its 0xffff for 0, and nobody else', () => {
    expect(faults(altered(segmentOfChecksumZero(), 0xffff))).toEqual([0, 1]);
  });
});
