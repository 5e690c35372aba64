import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { parseTrace } from '../../src/lab/trace/parse.ts';
import { TraceLog } from '../../src/lab/trace/log.ts';
import { Transfer, type TransferOptions } from '../../src/lab/transfer.ts';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import type { TraceEvent } from '../../src/tcp/trace.ts';

const PATH = { delay: 20, rate: 10_000_000, queue: 20, loss: 0.03 } as const;

function lossy(more: Partial<TransferOptions> = {}): Transfer {
  const toA = { delay: 20, loss: 0.01 };
  return new Transfer({ octets: 300_000, toB: PATH, toA, seed: 7, ...more });
}

function traced(more: Partial<TransferOptions> = {}): { transfer: Transfer; log: TraceLog } {
  const log = new TraceLog('a lossy path');
  const transfer = lossy({ observe: (host) => log.observer(host), ...more });
  transfer.run();
  return { transfer, log };
}

const eventsOf = (log: TraceLog, socket: TcpSocket): TraceEvent[] =>
  log.events.filter((one) => one.socket === socket).map(({ event }) => event);

const lastOf = (events: readonly TraceEvent[], name: TraceEvent['event']): unknown => {
  const last = events.findLast(({ event }) => event === name);
  return last !== undefined && 'value' in last ? last.value : undefined;
};

describe('a trace of a lossy world', () => {
  test('has every change of every variable, each going on from the one before', () => {
    const { transfer, log } = traced();
    expect(transfer.flows[0]).toMatchObject({ received: 300_000, intact: true });
    for (const socket of new Set(log.events.map((one) => one.socket))) {
      const last = new Map<string, unknown>();
      for (const event of eventsOf(log, socket)) {
        if (!('previous' in event)) continue;
        expect(event.previous).toBe(last.get(event.event) ?? null);
        expect(event.value).not.toBe(event.previous);
        last.set(event.event, event.value);
      }
    }
  });

  test('reconstructs what the connection has in the end', () => {
    const { transfer, log } = traced();
    const { client } = transfer.flows[0]!;
    const events = eventsOf(log, client);
    const info = client.info(transfer.world.now);
    expect(lastOf(events, 'cwnd')).toBe(info.sndCwnd);
    expect(lastOf(events, 'ssthresh')).toBe(info.sndSsthresh);
    expect(lastOf(events, 'rto')).toBe(info.rto);
    expect(lastOf(events, 'srtt')).toBe(info.rtt);
    expect(lastOf(events, 'rttvar')).toBe(info.rttvar);
    expect(lastOf(events, 'wnd')).toBe(info.sndWnd);
    expect(lastOf(events, 'state')).toBe(info.state);
    const sent = events.filter((event) => event.event === 'sent');
    expect(sent).toHaveLength(info.segsOut);
    expect(events.filter((event) => event.event === 'received')).toHaveLength(info.segsIn);
    expect(sent.filter((event) => event.retransmission)).toHaveLength(info.totalRetrans);
    expect(info.totalRetrans).toBeGreaterThan(0);
  });

  test('tells what was given up for lost before it was sent again', () => {
    const { transfer, log } = traced();
    const lost = new Set<number>();
    const { client } = transfer.flows[0]!;
    let again = 0;
    for (const event of eventsOf(log, client)) {
      if (event.event === 'lost') lost.add(event.seq);
      if (event.event !== 'sent' || !event.retransmission || event.ctl.includes('SYN')) continue;
      again++;
      expect(lost).toContain(event.seq);
    }
    expect(again).toBeGreaterThan(3);
  });

  test('measures round trips of the path and no shorter ones', () => {
    const { transfer, log } = traced();
    const samples = eventsOf(log, transfer.flows[0]!.client).flatMap((event) =>
      event.event === 'rtt' ? [event.value] : [],
    );
    expect(samples.length).toBeGreaterThan(10);
    expect(Math.min(...samples)).toBeGreaterThanOrEqual(40);
  });

  test.each(['new-reno', 'sack', 'rack'] as const)(
    'has a reason for each change, %s',
    (recovery) => {
      const tcp = { profile: 'linux', recovery, sack: recovery !== 'new-reno' } as const;
      const { transfer, log } = traced({ tcp, octets: 1_000_000 });
      const seen = new Map<string, string[]>();
      for (const event of eventsOf(log, transfer.flows[0]!.client)) {
        if (!('because' in event) || ('previous' in event && event.previous === null)) continue;
        expect(event.because).toMatch(/RFC \d+|^§|no gap/);
        seen.set(event.event, [...(seen.get(event.event) ?? []), event.because]);
      }
      const reasons = (name: string): string => [...new Set(seen.get(name))].sort().join('; ');
      expect(reasons('srtt')).toMatch(/^RFC 7323 Appendix G[^;]*$/);
      expect(reasons('rto')).toContain('RFC 6298 §2.2');
      expect(reasons('pipe')).toContain('RFC 6675 §4: sent');
      expect(reasons('pipe')).toContain('RFC 6675 §4: acknowledged');
      expect(reasons('ssthresh')).toContain('RFC 9438 §4.6');
      expect(reasons('cwnd')).toContain('slow start');
      expect(reasons('cwnd')).toContain('RFC 9438 §4.');
      const [lost, cwnd] = {
        'new-reno': ['RFC 6582 §3.2 step 2', 'RFC 6582 §3.2 step 3'],
        sack: ['RFC 6675 §5 step 4', 'RFC 9937 §6'],
        rack: ['RFC 8985 §6.2 step 5', 'RFC 9937 §6'],
      }[recovery] as [string, string];
      expect(reasons('lost')).toContain(lost);
      expect(reasons('cwnd')).toContain(cwnd);
      expect(reasons('recovery')).toContain(lost);
      expect(reasons('recovery')).toContain('RFC 6675 §5: all up to the recovery point');
    },
  );

  test('tells of a timeout: RFC 6298 §5.5, §5.7', () => {
    const { transfer, log } = traced({ toB: { delay: 20, loss: 0.4 }, octets: 50_000, seed: 3 });
    const events = eventsOf(log, transfer.flows[0]!.client);
    const because = events.flatMap((event) =>
      'previous' in event && event.previous !== null ? [`${event.event}: ${event.because}`] : [],
    );
    expect(because.some((why) => why.startsWith('rto: RFC 6298 §5.5'))).toBe(true);
    expect(because.some((why) => /^cwnd: RFC (5681 §3.1: the loss|9438 §4.8)/.test(why))).toBe(
      true,
    );
    expect(because.some((why) => why.startsWith('recovery: RFC'))).toBe(true);
    expect(events).toContainEqual({ event: 'timer', timer: 'retransmit' });
  });

  test('changes no octet on the wire', () => {
    const wire = (more: Partial<TransferOptions>): string[] => {
      const transfer = lossy(more);
      const seen: string[] = [];
      transfer.world.onFlight = (flight, what) => {
        const hex = Buffer.from(flight.bytes).toString('hex');
        seen.push(`${transfer.world.now} ${what} ${hex} ${flight.fate}`);
      };
      transfer.run();
      return seen;
    };
    const log = new TraceLog();
    const with_ = wire({ observe: (host) => log.observer(host) });
    expect(with_.length).toBeGreaterThan(200);
    expect(with_).toEqual(wire({}));
    expect(log.events.length).toBeGreaterThan(1000);
  });
});

describe('lines of JSON', () => {
  test('come back as they were told', () => {
    const { log } = traced();
    const parsed = parseTrace(log.toJsonLines());
    expect(parsed).toMatchObject({ readable: true, title: 'a lossy path', truncated: false });
    expect(parsed.errors).toEqual([]);
    const told = log.events.map(({ now, event }) => ({
      time: Math.round(now * 1e6) / 1e6,
      ...event,
    }));
    const connection: unknown = expect.any(Number);
    expect(parsed.events).toEqual(told.map((event) => ({ ...event, connection })));
    expect(parsed.connections.map(({ host }) => host)).toContain('A');
    expect(parsed.connections.find(({ host }) => host === 'A')?.remote).toBe('192.0.2.2:80');
  });

  test('cut off anywhere, they are read up to there without a complaint', () => {
    const { log } = traced({ octets: 20_000 });
    const text = log.toJsonLines();
    const all = parseTrace(text).events.length;
    const header = text.indexOf('\n') + 1;
    for (let at = header; at < text.length; at += 97) {
      const { readable, errors, events } = parseTrace(text.slice(0, at));
      expect({ readable, errors }).toEqual({ readable: true, errors: [] });
      expect(events.length).toBeLessThanOrEqual(all);
    }
  });

  const HEADER = '{"estab-trace":1,"units":{},"title":""}\n';
  const A = '{"connection":1,"host":"A","local":null,"remote":null}\n';
  test.each([
    ['', 1, 'not a trace'],
    ['<svg/>', 1, 'not a trace'],
    ['{"estab-trace":9}', 1, 'a trace of version 9, this reads version 1'],
    [`${HEADER}${A}nonsense\n${A}`, 3, 'not JSON'],
    [`${HEADER}[1]\n${A}`, 2, 'not JSON'],
    [`${HEADER}{"time":1}\n`, 2, "neither an 'event' nor"],
    [`${HEADER}${A}{"time":1,"connection":2,"event":"rtt","value":3}\n`, 3, 'connection 2 was not'],
    [
      `${HEADER}${A}{"time":1,"connection":1,"event":"rtt"}\n`,
      3,
      "'value' of the event 'rtt' is missing",
    ],
    [
      `${HEADER}${A}{"time":"x","connection":1,"event":"rtt","value":3}\n`,
      3,
      `'time' of the event 'rtt' is "x"`,
    ],
    [`${HEADER}${' '.repeat(70_000)}\n`, 2, 'longer than 65536 characters'],
  ])('%# what is wrong is named with its line', (text, line, message) => {
    const { errors } = parseTrace(text);
    expect(errors[0]?.line).toBe(line);
    expect(errors[0]?.message).toContain(message);
  });

  test('of events that are not known yet are passed over', () => {
    const later = '{"time":1,"connection":1,"event":"weather","value":"fine"}\n';
    expect(parseTrace(`${HEADER}${A}${later}`)).toMatchObject({ errors: [], events: [] });
  });

  test('more than the limits allow end the reading', () => {
    const event = '{"time":1,"connection":1,"event":"rtt","value":3}\n';
    const parsed = parseTrace(`${HEADER}${A}${event.repeat(5)}`, { events: 3 });
    expect(parsed.events).toHaveLength(3);
    expect(parsed.errors).toEqual([
      { line: 6, message: 'more than 3 events, the rest is skipped' },
    ]);
  });

  test('never throw, whatever they are', () => {
    const line = fc.oneof(fc.json(), fc.string(), fc.constantFrom(A, HEADER, '{"event":"sent"}'));
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const { errors } = parseTrace(`${HEADER}${lines.join('\n')}`);
        expect(errors.length).toBeLessThanOrEqual(20);
      }),
    );
  });
});
