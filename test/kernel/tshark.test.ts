/** That tshark sees what is wrong, before it is asked about the kernel's captures. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
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

type Direction = 'in' | 'out';

/** The packets that tshark finds fault with, by their number from 1. */
function faults(packets: readonly (readonly [Direction, Uint8Array])[]): number[] {
  const path = join(directory, 'capture.pcapng');
  const capture = openPcapFile(path);
  for (const [direction, bytes] of packets) {
    capture.packet(0, bytes, 0, bytes.length, { direction });
  }
  capture.close();
  return malformedPackets(path).map((line) => Number.parseInt(line, 10));
}

test.skipIf(noTshark)('malformedPackets forgives the kernel 0xffff for 0, and nothing else', () => {
  const good = segmentWith(1);
  const bad = altered(good, checksumOf(good) ^ 1);
  const short = good.subarray(0, 30);
  const zero = segmentOfChecksumZero();
  const minusZero = altered(zero, 0xffff);
  const found = faults([
    ['in', good],
    ['out', good],
    ['in', zero],
    ['out', zero],
    ['in', bad], // 5
    ['out', bad], // 6
    ['in', short], // 7
    ['out', short], // 8
    ['in', minusZero],
    ['out', minusZero], // 10
  ]);
  expect(found).toEqual([5, 6, 7, 8, 10]);
});
