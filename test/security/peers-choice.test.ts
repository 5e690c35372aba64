/**
 * S27: what a peer may decide about where our segments begin and end (NAT slipstreaming), and about text
 * that comes before a connection is there. Middleboxes that read our text are a browser's and a NAT's
 * matter; here it is bounded what a peer can make them see.
 */
import { describe, expect, test } from 'vitest';
import { accepted } from '../stack/two-hosts.ts';
import { ACK, SYN } from '../../src/wire/segment.ts';
import { tcp } from './forge.ts';
import { FAMILIES, PEER_ISS, PEER_PORT, reach, Target, TARGET_ISS, TARGET_PORT } from './target.ts';

const FLOOR = 48; // octets, the smallest segment a peer can wish for
const TEXT = 1000; // octets

describe.each(FAMILIES)('S27 over IPv%i: a peer that cuts our text', (family) => {
  test.each([1, 2, 7, 47])('an MSS of %i: segments begin at multiples of 48 only', (mss) => {
    const target = new Target(family);
    const socket = accepted(
      target.host.open(target.now, {
        remote: target.ends.source,
        remotePort: PEER_PORT,
        localPort: TARGET_PORT,
      }),
    );
    target.flush();
    target.gets({ seq: PEER_ISS, ack: TARGET_ISS + 1, ctl: SYN | ACK, mss });
    socket.send(target.now, new Uint8Array(TEXT));
    const starts: number[] = [];
    let acked = TARGET_ISS + 1;
    for (let sent = target.flush(); sent.length > 0;) {
      for (const { seg, text } of sent) {
        starts.push((Number(seg.seq) >>> 0) - TARGET_ISS - 1);
        acked += text.length;
      }
      const ack = { seq: PEER_ISS + 1, ack: acked, ctl: ACK };
      sent = target.arrives(tcp(target.ends, ack));
    }
    expect(starts).toEqual(Array.from({ length: Math.ceil(TEXT / FLOOR) }, (_, i) => i * FLOOR));
  });

  test.each([1, 5, 47])('a window of %i: no segment but a probe begins inside of one', (wnd) => {
    const { target, socket, seq, ack } = reach('ESTABLISHED', family);
    target.gets({ seq, ack, ctl: ACK, wnd });
    socket.send(target.now, new Uint8Array(TEXT));
    const lengths = target.waits(60_000).map(({ text }) => text.length);
    // Silly windows are not filled (MUST-38): what leaves is what the override timeout or a probe allows
    expect(lengths.filter((length) => length > wnd)).toEqual([]);
    expect(lengths.length).toBeLessThan(20);
  });

  test('text with a SYN is not delivered, and is not acknowledged', () => {
    const { target, socket } = reach('LISTEN', family);
    const answer = `<SEQ=${TARGET_ISS}><ACK=${PEER_ISS + 1}><CTL=SYN,ACK>`;
    expect(target.gets({ seq: PEER_ISS, ctl: SYN, text: 100 })).toEqual([answer]);
    target.gets({ seq: PEER_ISS + 1, ack: TARGET_ISS + 1, ctl: ACK });
    expect([socket.state, socket.unread]).toEqual(['ESTABLISHED', 0]);
  });
});
