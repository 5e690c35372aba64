/**
 * What random worlds have found, each as the shortest exchange that shows it: one host, and a peer
 * that the test plays.
 */
import { describe, expect, test } from 'vitest';
import { ACK } from '../../src/wire/segment.ts';
import { FAMILIES, printed, reach, type Reached } from '../security/target.ts';

test.each(FAMILIES)(
  'a retransmission that acknowledges something new brings its window along (IPv%i)',
  (family) => {
    // Its SEG.SEQ is before SND.WL1, but nobody acknowledged this much before: it is not old.
    const { target, socket, seq, ack } = reach('ESTABLISHED', family);
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
    const reached = reach('ESTABLISHED', family);
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
