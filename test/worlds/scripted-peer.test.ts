/**
 * What random worlds have found, each as the shortest exchange that shows it: one host, and a peer
 * that the test plays.
 */
import { describe, expect, test } from 'vitest';
import { ACK, FIN, RST, SYN } from '../../src/wire/segment.ts';
import { toU32 } from '../../src/wire/seq.ts';
import { tcp } from '../security/forge.ts';
import { FAMILIES, PEER_ISS, printed, reach, type Reached } from '../security/target.ts';
import { icmp } from '../stack/datagram.ts';
import { signalsOf } from '../stack/two-hosts.ts';

test.each(FAMILIES)(
  'a retransmission that acknowledges something new brings its window along (IPv%i)',
  (family) => {
    // Its SEG.SEQ is before SND.WL1, but nobody acknowledged this much before: it is not old.
    const { target, socket, seq, ack } = reach('ESTABLISHED', family, { tcp: { profile: 'rfc' } });
    target.gets({ seq: seq + 100, ack, ctl: ACK, wnd: 2920, text: 100 }); // SND.WL1 = seq + 100
    socket.send(target.now, new Uint8Array(8000));
    expect(target.sends()).toEqual([
      `<SEQ=${ack}><ACK=${seq}><CTL=ACK><DATA=1460>`,
      `<SEQ=${ack + 1460}><ACK=${seq}><CTL=ACK><DATA=1460>`,
    ]);
    const answers = target.gets({ seq, ack: ack + 2920, ctl: ACK, wnd: 1460, text: 100 });
    expect(answers).toEqual([`<SEQ=${ack + 2920}><ACK=${seq + 200}><CTL=ACK><DATA=1460>`]);
  },
);

test('a keep-alive is due at a time, not after a difference that rounding keeps above zero', () => {
  // The clock passes 2^21 ms between the arrival and the deadline, so its last bit is lost.
  const { target, socket, seq, ack } = reach('ESTABLISHED', 4, { tcp: { keepAliveIdle: 30_000 } });
  target.now = 2_060_000;
  socket.keepAlive(target.now, true);
  target.flush();
  target.now = 2_067_152.3;
  target.gets({ seq, ack, ctl: ACK });
  expect(target.waits(30_000 - 1)).toEqual([]);
  expect(target.waits(2).map(printed)).toEqual([`<SEQ=${ack - 1}><ACK=${seq}><CTL=ACK>`]);
});

describe.each(FAMILIES)('while the octet of a window probe is outstanding (IPv%i)', (family) => {
  /** The peer's window is full and zero; one octet more is on its way into it. */
  const probing = (): Reached => {
    const reached = reach('ESTABLISHED', family, { tcp: { profile: 'rfc' } });
    const { target, socket, seq, ack } = reached;
    socket.send(target.now, new Uint8Array(2000));
    target.flush();
    target.gets({ seq, ack: ack + 1460, ctl: ACK, wnd: 0 });
    expect(target.waits(1100).map(printed)).toContain(
      `<SEQ=${ack + 1460}><ACK=${seq}><CTL=ACK><DATA=1>`,
    );
    return reached;
  };

  test('an acknowledgment is one that the peer takes: SEG.SEQ is not beyond its window', () => {
    const { target, seq, ack } = probing();
    const answers = [
      ...target.gets({ seq, ack: ack + 1460, ctl: ACK, wnd: 0, text: 1460 }),
      ...target.gets({ seq: seq + 1460, ack: ack + 1460, ctl: ACK, wnd: 0, text: 1460 }),
    ];
    expect(answers).toEqual([`<SEQ=${ack + 1460}><ACK=${seq + 2920}><CTL=ACK>`]);
  });

  test('ABORT is heard: the reset is at the RCV.NXT of the peer (RFC 5961 §3)', () => {
    const { target, socket, ack } = probing();
    socket.abort(target.now);
    expect(target.sends()).toEqual([`<SEQ=${ack + 1460}><CTL=RST>`]);
  });
});

describe('R2 and the closed window', () => {
  /** The peer answers every probe, and with `wnd`. */
  const answering = ({ target, seq }: Reached, ms: number, wnd = 0): void => {
    target.flush();
    for (const until = target.now + ms; target.now < until;) {
      const step = Math.min(until, target.host.nextTimeout()) - target.now;
      const probe = target.waits(step).find(({ text }) => text.length > 0);
      if (probe) target.gets({ seq, ack: toU32(probe.seg.seq), ctl: ACK, wnd });
    }
  };

  test('MUST-37: SEND between two probes does not start it', () => {
    const reached = reach('ESTABLISHED', 4, { tcp: { userTimeout: 10_000 } });
    const { target, socket, seq, ack } = reached;
    socket.send(target.now, new Uint8Array(1460));
    target.flush();
    target.gets({ seq, ack: ack + 1460, ctl: ACK, wnd: 0 });
    socket.send(target.now, new Uint8Array(10));
    answering(reached, 250_000);
    socket.send(target.now, new Uint8Array(10)); // the next probe is 50 s away
    answering(reached, 250_000);
    expect(socket.state).toBe('ESTABLISHED');
  });

  test('S15, S30: an orphan is not held for ever by a peer that answers probes', () => {
    const reached = reach('ESTABLISHED', 4);
    const { target, socket, seq, ack } = reached;
    socket.send(target.now, new Uint8Array(3000));
    target.flush();
    target.gets({ seq, ack: ack + 1460, ctl: ACK, wnd: 0 });
    answering(reached, 3_600_000);
    expect(socket.state).toBe('ESTABLISHED');
    expect(socket.release(target.now)).toBe('ok');
    answering(reached, 400_000);
    expect([socket.state, socket.ending]).toEqual(['CLOSED', 'timeout']);
    expect(target.host.sockets()).toEqual([]);
  });
});

describe('CLOSE in SYN-RECEIVED', () => {
  test('before the ACK of our SYN: that ACK opens the connection all the same', () => {
    const { target, socket, seq, ack } = reach('SYN-RECEIVED', 4, {
      tcp: { keepAlive: true, keepAliveIdle: 5000 },
    });
    const signals = signalsOf(socket);
    socket.close(target.now);
    expect(target.sends()).toEqual([`<SEQ=${ack}><ACK=${seq}><CTL=FIN,ACK>`]);
    target.gets({ seq, ack: ack + 1, ctl: ACK });
    expect([socket.state, ...signals]).toEqual(['FIN-WAIT-2', 'established', 'writable']);
    expect(target.waits(5000).map(printed)).toEqual([`<SEQ=${ack}><ACK=${seq}><CTL=ACK>`]);
  });

  test('MUST-11: behind text, then a reset: CLOSED, as CLOSE in LISTEN would', () => {
    const { target, socket, seq } = reach('SYN-RECEIVED', 4);
    const signals = signalsOf(socket);
    socket.send(target.now, new Uint8Array(5));
    expect([socket.close(target.now), socket.state]).toEqual(['ok', 'SYN-RECEIVED']);
    target.gets({ seq, ctl: RST });
    expect([socket.state, ...signals]).toEqual(['CLOSED', 'closed']);
    expect(target.host.sockets()).toEqual([]);
  });
});

test.each([
  ['text', 5, 0],
  ['a FIN', 0, FIN],
] as const)('a SYN with %s that comes twice is one SYN (§3.10.7.4: trimmed)', (_, text, fin) => {
  const { target, socket } = reach('LISTEN', 4);
  const syn = { seq: PEER_ISS, ctl: SYN | fin, text };
  expect(target.gets(syn)).toEqual([`<SEQ=100><ACK=${PEER_ISS + 1}><CTL=SYN,ACK>`]);
  expect(target.gets(syn)).toEqual([]);
  expect(socket.state).toBe('SYN-RECEIVED');
  target.gets({ seq: PEER_ISS + 1, ack: 101, ctl: ACK });
  expect(socket.state).toBe('ESTABLISHED');
});

test('text beyond a FIN is no text: its memory goes with the FIN', () => {
  const { target, socket, seq, ack } = reach('ESTABLISHED', 4);
  target.gets({ seq: seq + 10, ack, ctl: ACK, text: 100 });
  expect(socket.connection.tcb.receiveBuffer.held).toBeGreaterThan(0);
  target.gets({ seq, ack, ctl: FIN | ACK });
  expect(socket.state).toBe('CLOSE-WAIT');
  expect(socket.connection.tcb.receiveBuffer.held).toBe(0);
});

test('in TIME-WAIT, unread text goes when its user does', () => {
  const { target, socket, seq, ack } = reach('FIN-WAIT-2', 4);
  target.gets({ seq, ack, ctl: FIN | ACK, text: 100 });
  expect([socket.state, socket.unread]).toEqual(['TIME-WAIT', 100]);
  expect(socket.release(target.now)).toBe('ok');
  expect(target.sends()).toEqual([]);
  expect(socket.unread).toBe(0);
  expect(target.host.counters['time-wait-kept']).toBe(1);
});

test('a reset of LISTEN that no room is left for is not sent to whom comes next', () => {
  const { target, socket } = reach('LISTEN', 4);
  const { source: from, destination: to } = target.ends;
  const ping = icmp({ from, to, kind: 'echo-request', body: new Uint8Array(1) });
  for (let i = 0; i < 256; i++) target.takes(ping);
  target.takes(tcp(target.ends, { seq: PEER_ISS, ack: 777, ctl: ACK }));
  expect(target.flush().length).toBe(256);
  expect(target.host.counters['out-replies-full']).toBe(1);
  const synAck = `<SEQ=100><ACK=${PEER_ISS + 1}><CTL=SYN,ACK>`;
  expect(target.gets({ seq: PEER_ISS, ctl: SYN })).toEqual([synAck]);
  expect(socket.state).toBe('SYN-RECEIVED');
});
