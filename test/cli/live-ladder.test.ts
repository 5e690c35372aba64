import { expect, test } from 'vitest';
import { LiveLadder } from '../../src/cli/net/live-ladder.ts';
import { pair } from '../../src/link/pair.ts';
import { Host, type HostObserver } from '../../src/stack/host.ts';
import { parseAddress, parseCidr } from '../../src/wire/address.ts';
import { seq } from '../../src/wire/seq.ts';

const hostAt = (address: string, iss: number, observer?: HostObserver): Host =>
  new Host({
    tcp: { profile: 'rfc' },
    name: address,
    addresses: [parseCidr(`${address}/24`)!],
    secret: new Uint8Array(16),
    nextIss: () => seq(iss),
    nextPort: () => 1001,
    ...(observer === undefined ? {} : { observer }),
  });

test('a line for each segment; retransmissions, drops and resets say what they are', () => {
  const lines: string[] = [];
  const ladder = new LiveLadder((line) => lines.push(line), { us: 'A', peer: 'B' });
  const [near, far] = pair();
  const a = hostAt('192.0.2.1', 100, ladder);
  const b = hostAt('192.0.2.2', 300);
  const arrive = (at: number): void => {
    far.drain(9, (bytes, view, start, end) => b.packetArrives(at, bytes, view, start, end, true));
    b.flush(at, far);
    near.drain(9, (bytes, view, start, end) => a.packetArrives(at, bytes, view, start, end, true));
    a.flush(at, near);
  };
  a.open(10, { remote: parseAddress('192.0.2.2')!, remotePort: 80 });
  a.flush(10, near);
  far.drain(1, () => undefined); // lost
  a.timeout(1010);
  a.flush(1010, near);
  arrive(1012); // nobody listens there
  a.packetArrives(1020, Uint8Array.of(0x70), new DataView(new ArrayBuffer(1)), 0, 1);
  b.open(1030, { remote: parseAddress('192.0.2.1')!, remotePort: 81 });
  b.flush(1030, far);
  near.drain(9, (bytes, view, start, end) => {
    a.packetArrives(1030, bytes, view, start, end, true);
  });
  a.flush(1030, near);

  expect(
    lines.filter((line) => /^\d/.test(line)).map((line) => line.replaceAll(/ +/g, ' ')),
  ).toEqual([
    '1. @0.000s SYN-SENT --> <SEQ=100><CTL=SYN><WND=65535><MSS=1460>',
    '2. @1.000s SYN-SENT --> <SEQ=100><CTL=SYN><WND=65535><MSS=1460> # retransmission',
    '3. @1.002s CLOSED <-- <SEQ=0><ACK=101><CTL=RST,ACK><WND=0> # §3.10.7.3 second: an acceptable reset, connection reset',
    '4. @1.020s CLOSED <-- <SEQ=300><CTL=SYN><WND=65535><MSS=1460> # dropped: tcp-no-connection; §3.10.7.1: no such connection',
    '5. @1.020s CLOSED --> <SEQ=0><ACK=301><CTL=RST,ACK><WND=0>',
  ]);
  expect(lines.filter((line) => line.startsWith('#'))).toEqual([
    '# TCP Peer A is A, 192.0.2.1 port 1001; TCP Peer B is B, 192.0.2.2 port 80',
    expect.stringMatching(/^# @1\.010s received ip-version .*dropped: ip-version$/),
    '# TCP Peer A is A, 192.0.2.1 port 81; TCP Peer B is B, 192.0.2.2 port 1001',
  ]);
});
