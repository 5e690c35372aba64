import { describe, expect, test } from 'vitest';
import { EVERYTHING, printControl, printPacket, printSegment } from '../../src/wire/print.ts';
import { ACK, CWR, ECE, FIN, PSH, RST, Segment, SYN, URG } from '../../src/wire/segment.ts';
import { seq } from '../../src/wire/seq.ts';
import { SAMPLES, synWithOptions, tcpDatagram, textSegment } from './samples.ts';

function segment(at: number, ack: number, ctl: number, length = 0): Segment {
  const seg = new Segment();
  seg.seq = seq(at);
  seg.ack = seq(ack);
  seg.ctl = ctl;
  seg.textEnd = length;
  return seg;
}

describe('printSegment', () => {
  test.each([
    ['Figure 6, line 2', segment(100, 0, SYN), '<SEQ=100><CTL=SYN>'],
    ['Figure 6, line 3', segment(300, 101, SYN | ACK), '<SEQ=300><ACK=101><CTL=SYN,ACK>'],
    ['Figure 6, line 5', segment(101, 301, ACK, 10), '<SEQ=101><ACK=301><CTL=ACK><DATA=10>'],
    ['Figure 8, line 5', segment(91, 0, RST), '<SEQ=91><CTL=RST>'],
    ['Figure 12, line 2', segment(100, 300, FIN | ACK), '<SEQ=100><ACK=300><CTL=FIN,ACK>'],
  ])('RFC 9293 %s', (_name, seg, line) => {
    expect(printSegment(seg)).toBe(line);
  });

  test.each([
    [RST | ACK, 'RST,ACK'],
    [PSH | ACK, 'PSH,ACK'],
    [FIN | PSH | ACK, 'FIN,PSH,ACK'],
    [URG | PSH | ACK, 'URG,PSH,ACK'],
    [SYN | ECE | CWR, 'SYN,ECE,CWR'],
    [0, 'none'],
    [0x1ff, 'SYN,FIN,RST,URG,PSH,ACK,ECE,CWR,AE'],
  ])('control bits %i are %s', (ctl, text) => {
    expect(printControl(ctl)).toBe(text);
  });

  test('sequence numbers print as the unsigned numbers of the wire', () => {
    expect(printSegment(segment(-1, 2 ** 31, ACK))).toBe(
      '<SEQ=4294967295><ACK=2147483648><CTL=ACK>',
    );
  });

  test('window, urgent pointer and options when asked for', () => {
    expect(printSegment(synWithOptions(), EVERYTHING)).toBe(
      '<SEQ=4294967280><CTL=SYN><WND=65535><MSS=1460><WS=7><SACKOK><TSVAL=2147483649><TSECR=0>',
    );
    const seg = segment(1, 2, ACK | URG);
    seg.up = 5;
    seg.sackCount = 2;
    seg.sack.set([100, 200, -2, 3]);
    expect(printSegment(seg, EVERYTHING)).toBe(
      '<SEQ=1><ACK=2><CTL=URG,ACK><WND=0><UP=5><SACK=100:200,4294967294:3>',
    );
    expect(printSegment(seg, { up: true })).toBe('<SEQ=1><ACK=2><CTL=URG,ACK><UP=5>');
  });

  test('a length from outside goes before what the segment says', () => {
    expect(printSegment(segment(1, 2, ACK, 9), { dataLength: 4 })).toMatch(/<DATA=4>$/);
    expect(printSegment(segment(1, 2, ACK, 9), { dataLength: 0 })).not.toMatch(/DATA/);
  });
});

describe('printPacket', () => {
  test('one line for each kind of datagram', () => {
    const lines = SAMPLES.map(({ bytes }) => printPacket(bytes, 0, bytes.length));
    expect(lines).toMatchInlineSnapshot(`
      [
        "192.0.2.1:43210 > 198.51.100.2:80 <SEQ=4294967280><CTL=SYN><WND=65535><MSS=1460><WS=7><SACKOK><TSVAL=2147483649><TSECR=0>",
        "192.0.2.1:43210 > 198.51.100.2:80 <SEQ=101><ACK=301><CTL=PSH,ACK><WND=512><TSVAL=7><TSECR=9><DATA=33>",
        "192.0.2.1:43210 > 198.51.100.2:80 UDP <DATA=33>",
        "192.0.2.1 > 198.51.100.2 ICMP echo-request id=258 seq=65534, 41 octets",
        "192.0.2.1 > 198.51.100.2 ICMP unreachable code=0 about 192.0.2.1:43210 > 198.51.100.2:80 <SEQ=4294967280>",
        "192.0.2.1 > 198.51.100.2 ICMP time-exceeded code=0 about 192.0.2.1:43210 > 198.51.100.2:80 <SEQ=4294967280>",
        "192.0.2.1 > 198.51.100.2 ICMP parameter-problem code=0 about 192.0.2.1:43210 > 198.51.100.2:80 <SEQ=4294967280>",
        "192.0.2.1 > 198.51.100.2 ICMP source-quench code=0 about 192.0.2.1:43210 > 198.51.100.2:80 <SEQ=4294967280>",
        "[2001:db8::feed:c000:201]:43210 > [2001:db8:1:2::c633:6402]:80 <SEQ=4294967280><CTL=SYN><WND=65535><MSS=1460><WS=7><SACKOK><TSVAL=2147483649><TSECR=0>",
        "[2001:db8::feed:c000:201]:43210 > [2001:db8:1:2::c633:6402]:80 <SEQ=101><ACK=301><CTL=PSH,ACK><WND=512><TSVAL=7><TSECR=9><DATA=33>",
        "[2001:db8::feed:c000:201]:43210 > [2001:db8:1:2::c633:6402]:80 UDP <DATA=33>",
        "2001:db8::feed:c000:201 > 2001:db8:1:2::c633:6402 ICMP echo-request id=258 seq=65534, 41 octets",
        "2001:db8::feed:c000:201 > 2001:db8:1:2::c633:6402 ICMP unreachable code=0 about [2001:db8::feed:c000:201]:43210 > [2001:db8:1:2::c633:6402]:80 <SEQ=4294967280>",
        "2001:db8::feed:c000:201 > 2001:db8:1:2::c633:6402 ICMP time-exceeded code=0 about [2001:db8::feed:c000:201]:43210 > [2001:db8:1:2::c633:6402]:80 <SEQ=4294967280>",
        "2001:db8::feed:c000:201 > 2001:db8:1:2::c633:6402 ICMP parameter-problem code=0 about [2001:db8::feed:c000:201]:43210 > [2001:db8:1:2::c633:6402]:80 <SEQ=4294967280>",
        "2001:db8::feed:c000:201 > 2001:db8:1:2::c633:6402 ICMP packet-too-big code=0 mtu=1280 about [2001:db8::feed:c000:201]:43210 > [2001:db8:1:2::c633:6402]:80 <SEQ=4294967280>",
      ]
    `);
  });

  test('says what is wrong', () => {
    const bytes = tcpDatagram(4, textSegment(), Uint8Array.of(1, 2));
    expect(printPacket(bytes, 0, 30)).toBe('ip-truncated (30 octets)');
    expect(printPacket(bytes, 5, 5)).toBe('ip-truncated (0 octets)');
    bytes[bytes.length - 1]! ^= 1;
    expect(printPacket(bytes, 0, bytes.length)).toMatch(/<DATA=2> tcp-checksum$/);
    bytes[0] = 0x54;
    expect(printPacket(bytes, 0, bytes.length)).toBe('ip-version (54 octets)');
  });
});
