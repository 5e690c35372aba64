import { describe, expect, test } from 'vitest';
import { countIn, queueIn, rateIn, shareIn, timeIn } from '../../src/cli/netem/units.ts';
import { LiveLine, summary } from '../../src/cli/netem/report.ts';
import { settingsFrom } from '../../src/cli/netem/settings.ts';
import { NetemCounters } from '../../src/link/netem/counters.ts';
import { estab } from './estab.ts';

describe('units of estab netem', () => {
  test('are those of tc', () => {
    const times = ['20ms', '1.5s', '500us', '0ms', '2sec', '7msec'];
    expect(times.slice(0, 4).map((text) => timeIn('--delay', text))).toEqual([20, 1500, 0.5, 0]);
    expect(times.slice(4).map((text) => timeIn('--delay', text))).toEqual([2000, 7]);
    const rates = ['10mbit', '512kbit', '1gbit', '1.5Mbit', '1kibit', '100kbps', '9600'];
    expect(rates.map((text) => rateIn('--rate', text))).toEqual([
      10e6, 512e3, 1e9, 1.5e6, 1024, 800e3, 9600,
    ]);
    expect(['1%', '0.1%', '100%', '5'].map((text) => shareIn('--loss', text))).toEqual([
      0.01, 0.001, 1, 0.05,
    ]);
    expect(['100', '64kb', '1mb', '1500b'].map((text) => queueIn('--queue', text))).toEqual([
      { packets: 100 },
      { octets: 65_536 },
      { octets: 1_048_576 },
      { octets: 1500 },
    ]);
    expect(countIn('--gap', '5')).toBe(5);
  });

  test('both directions, or one and the other', () => {
    const { toRight, toLeft } = settingsFrom({
      delay: '10ms',
      rate: '10mbit/1mbit',
      queue: '64kb/50',
      codel: '1ms,20ms/5ms,100ms',
      gemodel: '1%,20%',
      ecn: true,
    });
    expect(toRight).toMatchObject({ delay: 10, rate: 10e6, queueOctets: 65_536, ecn: true });
    expect(toRight.codel).toEqual({ target: 1, interval: 20 });
    expect(toLeft).toMatchObject({ delay: 10, rate: 1e6, queue: 50 });
    expect(toLeft.codel).toEqual({ target: 5, interval: 100 });
    expect(toLeft.loss).toEqual({ goodToBad: 0.01, badToGood: 0.2 });
    expect(settingsFrom({ rate: '1mbit', codel: true }).toLeft.codel).toEqual({
      target: 5,
      interval: 100,
    });
  });
});

const BOTH = ['netem', '--left', 'tun:A', '--right', 'tun:B'];

describe('estab netem, misused', () => {
  test.each([
    [['netem'], /required option '--left <DEVICE>' not specified/],
    [
      ['netem', '--left', 'eth0', '--right', 'tun:B'],
      /--left is 'eth0': give a device such as tun:left/,
    ],
    [['netem', '--left', 'tun:', '--right', 'tun:B'], /--left is 'tun:': /],
    [['netem', '--left', 'tun:a/b', '--right', 'tun:B'], /--left is 'tun:a\/b': /],
    [
      ['netem', '--left', 'tun:A', '--right', 'tap:B'],
      /tun:A and tap:B do not fit: .*take tap: with qemu:/,
    ],
    [['netem', '--left', 'tun:A', '--right', 'tun:A'], /--left and --right are both tun:A/],
    [
      [...BOTH, '--delay', '20'],
      /^estab netem: --delay is '20': give a time with its unit, such as 20ms/,
    ],
    [[...BOTH, '--delay', '-5ms'], /--delay is '-5ms': /],
    [[...BOTH, '--delay', '1ms/2ms/3ms'], /--delay is .*: give one value, or two/],
    [[...BOTH, '--loss', '101%'], /--loss is '101%': give a share from 0% to 100%/],
    [[...BOTH, '--loss', '1%', '--gemodel', '1%,2%'], /--loss and --gemodel contradict/],
    [[...BOTH, '--gemodel', '1%'], /--gemodel is '1%': give P,R/],
    [[...BOTH, '--rate', '0mbit'], /--rate is '0mbit': give a rate such as 10mbit/],
    [[...BOTH, '--rate', '1furlong'], /--rate is '1furlong': /],
    [[...BOTH, '--queue', '10'], /--queue is '10': it needs a --rate/],
    [[...BOTH, '--rate', '1mbit', '--queue', '0'], /--queue is '0': give a number of packets/],
    [[...BOTH, '--codel'], /--codel needs a rate/],
    [[...BOTH, '--rate', '1mbit', '--codel', '5ms'], /--codel is '5ms': give target and interval/],
    [[...BOTH, '--jitter', '5ms'], /--jitter needs a delay/],
    [[...BOTH, '--reorder', '5%'], /--reorder needs a delay/],
    [
      [...BOTH, '--delay', '1ms', '--distribution', 'gauss'],
      /--distribution is 'gauss': take one of uniform/,
    ],
    [[...BOTH, '--seed', 'x'], /--seed is 'x': give a whole number/],
    [[...BOTH, '--left-address', '10.0.0.1'], /--left-address is '10\.0\.0\.1': /],
    [
      ['netem', '--left', 'qemu:/tmp/x', '--right', 'tap:B', '--left-address', '10.0.0.1/24'],
      /qemu:\/tmp\/x has no address here/,
    ],
    [[...BOTH, '--pcap', '/nowhere/x.pcapng'], /cannot write the capture '\/nowhere\/x\.pcapng'/],
  ])('%j', async (args, message) => {
    const { status, stdout, stderr } = await estab(args);
    expect(stderr).toMatch(message);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });
});

describe('what estab netem reports', () => {
  const direction = (
    more: Partial<NetemCounters>,
  ): { counters: NetemCounters; underWay: number } => ({
    counters: Object.assign(new NetemCounters(), more),
    underWay: 3,
  });

  test('a table of what happened, without what did not', () => {
    const right = direction({ arrived: 12_345, delivered: 12_000, octets: 1e6, lost: 345 });
    const left = direction({ arrived: 5, delivered: 4, octets: 400, marked: 1 });
    expect(summary(10.04, right, left)).toBe(
      [
        '10.0 s                   left to right   right to left',
        'packets                         12,345               5',
        'delivered                       12,000               4',
        'octets delivered             1,000,000             400',
        'lost                               345               0',
        'ECN-marked                           0               1',
        '',
      ].join('\n'),
    );
  });

  test('a line about what is happening', () => {
    const right = direction({ arrived: 1000, lost: 7, queueFull: 3 });
    const left = direction({});
    const line = new LiveLine(0, right, left);
    right.counters.octets = 1_250_000;
    expect(line.text(1000)).toBe(
      '→ 1,000 packets, 10 dropped, 3 under way, 10.0 Mbit/s   ← 0 packets, 0 dropped, 3 under way, 0.0 kbit/s',
    );
    expect(line.text(2000)).toContain('under way, 0.0 kbit/s   ←');
  });
});
