/** A peer that is told text and lies about having it: RFC 5681 §3, Savage et al. 1999 (S11, S14, S15). */
import { describe, expect, test } from 'vitest';
import { cwndOf as senderCwnd } from '../../src/tcp/sender.ts';
import { ACK, SYN, textLength } from '../../src/wire/segment.ts';
import { accepted, type Seen } from '../stack/two-hosts.ts';
import { ends, tcp } from './forge.ts';
import { PEER_ISS, PEER_PORT, reach, Target, TARGET_PORT, type Reached } from './target.ts';

const PLAIN = { tcp: { profile: 'rfc' } } as const; // sack-abuse.test.ts has the others
const MSS = 1460; // octets
const IW = 3 * MSS; // RFC 5681 §3.1

const cwndOf = ({ socket }: Reached): number => senderCwnd(socket.connection.tcb);

/** In ESTABLISHED, with text outstanding as far as cwnd allows. */
function sending(): Reached {
  const reached = reach('ESTABLISHED', 4, PLAIN);
  const { target, socket } = reached;
  socket.send(target.now, new Uint8Array(60_000));
  expect(target.flush().length).toBe(3);
  return reached;
}

describe('S14: acknowledgments that lie', () => {
  test('an optimistic ACK, of what was not sent yet, gains nothing', () => {
    const reached = sending();
    const { target, seq, ack } = reached;
    for (let i = 1; i < 1000; i++) target.gets({ seq, ack: ack + IW + i * 60, ctl: ACK });
    expect(cwndOf(reached)).toBe(IW);
    expect(reached.socket.connection.tcb.snd.una).toBe(ack);
  });

  test('1,460 ACKs for one segment gain no more than one', () => {
    const reached = sending();
    const { target, seq, ack } = reached;
    for (let i = 1; i <= MSS; i++) target.gets({ seq, ack: ack + i, ctl: ACK });
    expect(cwndOf(reached)).toBe(IW + MSS);
  });

  test('a thousand duplicate ACKs: cwnd stays below what is outstanding and three segments', () => {
    const reached = sending();
    const { target, socket, seq, ack } = reached;
    let sent = 0;
    for (let i = 0; i < 1000; i++) {
      sent += target.gets({ seq, ack, ctl: ACK }).length;
      const { snd } = socket.connection.tcb;
      const outstanding = Number(snd.nxt) - Number(snd.una);
      expect(cwndOf(reached)).toBeLessThanOrEqual(outstanding + 3 * MSS);
    }
    expect(sent * MSS).toBeLessThanOrEqual(65_535); // what the window allows, whatever cwnd says
  });

  test('duplicate ACKs with nothing outstanding are nothing', () => {
    const reached = reach('ESTABLISHED', 4, PLAIN);
    const { target, seq, ack } = reached;
    for (let i = 0; i < 1000; i++) expect(target.gets({ seq, ack, ctl: ACK })).toEqual([]);
    expect(cwndOf(reached)).toBe(IW);
  });
});

describe('S11: a peer that wants tiny segments (CVE-2019-11479)', () => {
  const segmentsFor = (mss: number | undefined): Seen[] => {
    const target = new Target(4);
    const socket = accepted(
      target.host.open(target.now, {
        remote: target.ends.source,
        remotePort: PEER_PORT,
        localPort: TARGET_PORT,
      }),
    );
    target.flush();
    const syn = { seq: PEER_ISS, ack: 101, ctl: SYN | ACK };
    target.gets(mss === undefined ? syn : { ...syn, mss });
    socket.send(target.now, new Uint8Array(10_000));
    const all: Seen[] = [];
    let got = 101;
    for (let sent = target.flush(); sent.length > 0;) {
      all.push(...sent);
      for (const { seg } of sent) got += textLength(seg);
      sent = target.arrives(tcp(target.ends, { seq: PEER_ISS + 1, ack: got, ctl: ACK }));
    }
    expect(got).toBe(10_101);
    return all;
  };

  test.each([
    [1, 48],
    [47, 48],
    [48, 48],
    [49, 49],
    [0, 536],
    [undefined, 536],
    [65_535, 1460],
  ])('an MSS option of %s makes segments of %i octets', (mss, length) => {
    const segments = segmentsFor(mss);
    expect(segments[0]!.text.length).toBe(length);
    expect(segments.length).toBe(Math.ceil(10_000 / length));
  });
});

describe('S15: a peer that does not read (CVE-2008-4609, RFC 6429)', () => {
  test('many held at a closed window: memory bounded, probes back off, ABORT ends them', () => {
    const connections = 200;
    const target = new Target(4, PLAIN);
    const sockets = Array.from({ length: connections }, (_, i) => {
      const socket = accepted(
        target.host.open(target.now, {
          remote: target.ends.source,
          remotePort: PEER_PORT + i,
          localPort: TARGET_PORT,
        }),
      );
      target.flush();
      const from = ends(4, PEER_PORT + i, TARGET_PORT);
      target.arrives(tcp(from, { seq: PEER_ISS, ack: 101, ctl: SYN | ACK, wnd: 0 }));
      socket.send(target.now, new Uint8Array(1000));
      return socket;
    });
    target.flush();
    let probes = 0;
    for (const until = target.now + 3_600_000; target.now < until;) {
      for (const { seg, text, bytes } of target.waits(500)) {
        if (text.length === 0) continue;
        probes++;
        expect(text.length).toBe(1);
        const from = ends(4, (bytes[22]! << 8) | bytes[23]!, TARGET_PORT); // whom it was sent to
        target.arrives(tcp(from, { seq: PEER_ISS + 1, ack: Number(seg.seq), ctl: ACK, wnd: 0 }));
      }
    }
    expect(probes).toBeLessThanOrEqual(connections * 70); // an hour, one a minute when backed off
    expect(probes).toBeGreaterThan(connections * 50);
    for (const socket of sockets) {
      expect(socket.state).toBe('ESTABLISHED');
      expect(socket.connection.tcb.sendBuffer.held).toBeLessThanOrEqual(4096);
      socket.abort(target.now);
    }
    target.flush();
    expect(target.host.sockets()).toEqual([]);
  });

  test('a window of a few octets is not filled with segments of a few octets (MUST-38)', () => {
    const { target, socket, seq, ack } = reach('ESTABLISHED', 4, PLAIN);
    socket.send(target.now, new Uint8Array(100_000));
    let sent = target.flush();
    let got = ack;
    let segments = 0;
    for (let i = 0; i < 200; i++) {
      for (const { seg, text } of sent) {
        if (Number(seg.seq) === got) got += text.length;
        if (text.length > 0) segments++;
      }
      sent = target.arrives(tcp(target.ends, { seq, ack: got, ctl: ACK, wnd: 1 + (i % 9) }));
      sent.push(...target.waits(100));
    }
    // 20 s, an RTO of 1 s: no more than one small one for each override timeout
    expect(segments).toBeLessThanOrEqual(3 + 20);
  });
});
