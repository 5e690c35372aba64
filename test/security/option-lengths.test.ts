/** S18, S19: options and headers whose lengths lie. The cost is counted in octets looked at. */
import { describe, expect, test } from 'vitest';
import { Segment, SYN } from '../../src/wire/segment.ts';
import { readTcp } from '../../src/wire/tcp.ts';
import { PEER_ISS, reach, TARGET_ISS } from './target.ts';
import { tcp } from './forge.ts';

const HEADER = 20; // octets
const OPTIONS = 40; // octets at most
const IPV4 = 20; // octets

/** Counts how often it is asked. */
class CountingView extends DataView<ArrayBuffer> {
  looks = 0;

  override getUint8(at: number): number {
    this.looks++;
    return super.getUint8(at);
  }

  override getUint16(at: number): number {
    this.looks++;
    return super.getUint16(at);
  }

  override getInt32(at: number): number {
    this.looks++;
    return super.getInt32(at);
  }
}

/** A SYN with these options; how often the reader looked at it, and what it said. */
function read(options: Uint8Array): { looks: number; drop: string | undefined } {
  const bytes = new Uint8Array(HEADER + options.length);
  bytes.set(options, HEADER);
  bytes[12] = ((HEADER + options.length) / 4) << 4;
  bytes[13] = SYN;
  const view = new CountingView(bytes.buffer);
  const drop = readTcp(new Segment(), bytes, view, 0, bytes.length);
  return { looks: view.looks, drop };
}

const header = read(new Uint8Array(0)).looks;

describe('S18: option lengths that lie (MUST-7)', () => {
  test('all 65,536 beginnings: three looks at an octet at most, then an end or a named drop', () => {
    let most = 0;
    const drops = new Set<string | undefined>();
    for (let prefix = 0; prefix < 65_536; prefix++) {
      // Behind it the same again: the length that costs most is found whatever it is
      const options = new Uint8Array(OPTIONS);
      for (let at = 0; at < OPTIONS; at += 2) options.set([prefix >> 8, prefix & 0xff], at);
      const { looks, drop } = read(options);
      most = Math.max(most, looks - header);
      drops.add(drop);
    }
    expect(most).toBeLessThanOrEqual(3 * OPTIONS);
    expect(drops).toEqual(new Set([undefined, 'tcp-option-length']));
  });

  test.each([0, 1, 4, 15])('a Data Offset of %i words: dropped, and nothing changes', (words) => {
    const { target, socket, seq, ack } = reach('ESTABLISHED', 4);
    const before = target.snapshot(socket);
    const datagram = tcp(target.ends, { seq, ack, ctl: 0x10 });
    datagram[IPV4 + 12] = words << 4;
    expect(target.arrives(datagram)).toEqual([]);
    expect(target.snapshot(socket)).toBe(before);
    expect(target.host.counters['tcp-data-offset']).toBe(1);
  });

  test('a SYN with an option of length 0 opens nothing and is not answered', () => {
    const { target, socket } = reach('LISTEN', 4);
    const datagram = tcp(target.ends, { seq: PEER_ISS, ctl: SYN, mss: TARGET_ISS });
    datagram[IPV4 + HEADER + 1] = 0;
    expect(target.arrives(datagram)).toEqual([]);
    expect(socket.state).toBe('LISTEN');
  });
});
