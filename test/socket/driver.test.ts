import { describe, expect, test } from 'vitest';
import type { Link } from '../../src/link/link.ts';
import { pair } from '../../src/link/pair.ts';
import { Driver, type Drivable } from '../../src/socket/driver.ts';
import { PlatformLoop } from '../../src/socket/event-loop.ts';

const loop = new PlatformLoop();

/** Writes down what the driver does, and does what the test says. */
class Recorder implements Drivable {
  readonly log: string[] = [];
  readonly driver: Driver = new Driver(this, loop);
  deadline = Infinity;
  onPacket: (octet: number) => void = () => undefined;
  onTimeout: () => void = () => undefined;
  onFlush: () => void = () => undefined;
  #last = 0;

  attach(link: Link & Parameters<Driver['attach']>[0], name = 'packet'): void {
    this.driver.attach(link, (_bytes, view, start) => {
      this.#note(this.driver.now, name);
      this.onPacket(view.getUint8(start));
    });
  }

  timeout(now: number): void {
    expect(now).toBeGreaterThanOrEqual(this.deadline);
    this.deadline = Infinity;
    this.#note(now, 'timeout');
    this.onTimeout();
  }

  nextTimeout(): number {
    return this.deadline;
  }

  flush(now: number): void {
    this.#note(now, 'flush');
    this.onFlush();
  }

  #note(now: number, what: string): void {
    expect(now).toBeGreaterThanOrEqual(this.#last);
    this.#last = now;
    this.log.push(what);
  }
}

function send(link: Link, octet: number): void {
  const at = link.claim(1);
  link.bytes[at] = octet;
  link.transmit(at, at + 1);
}

/** Resolves when `recorder` sees packet `octet`. */
const packet = (recorder: Recorder, octet: number): Promise<void> =>
  new Promise((resolve) => {
    recorder.onPacket = (seen) => {
      if (seen === octet) resolve();
    };
  });

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('driver', () => {
  test('takes a batch in before it sends anything (MUST-58, MUST-59), and then the rest', async () => {
    const [a, b] = pair();
    const host = new Recorder();
    for (let i = 0; i < 100; i += 1) send(a, i);
    const last = packet(host, 99);
    host.attach(b);
    await last;
    host.driver.stop();
    const packets = (count: number): string[] => new Array<string>(count).fill('packet');
    expect(host.log).toEqual([...packets(64), 'flush', ...packets(36), 'flush']);
  });

  test('a host that has more to do at once goes on in the next turn, after others', async () => {
    const host = new Recorder();
    let left = 3;
    host.onFlush = () => {
      left -= 1;
      host.deadline = left > 0 ? host.driver.now : Infinity;
    };
    host.driver.kick();
    await Promise.resolve();
    for (let i = 0; left > 0 && i < 100; i++) {
      await turn();
      host.log.push('others');
    }
    host.driver.stop();
    const [first, ...rest] = host.log.filter((what) => what !== 'timeout');
    expect(first).toBe('flush');
    expect(rest.slice(0, 4)).toEqual(['others', 'flush', 'others', 'flush']);
  });

  test('a busy link does not keep another one waiting', async () => {
    const [a, b] = pair();
    const [c, d] = pair();
    const host = new Recorder();
    for (let i = 0; i < 200; i += 1) send(a, i);
    send(c, 250);
    const seen = packet(host, 250);
    host.attach(b, 'busy');
    host.attach(d, 'other');
    await seen;
    host.driver.stop();
    expect(host.log.indexOf('other')).toBe(64);
  });

  test('is woken by the link, answers, and wakes the other side', async () => {
    const [a, b] = pair();
    const left = new Recorder();
    const right = new Recorder();
    left.attach(a);
    right.attach(b);
    let due = [1];
    left.onFlush = () => due.splice(0).forEach((octet) => send(a, octet));
    right.onPacket = (octet) => {
      right.onFlush = () => {
        send(b, octet + 1);
        right.onFlush = () => undefined;
      };
    };
    const answer = packet(left, 2);
    left.driver.kick();
    await answer;
    due = [3];
    const another = packet(left, 4);
    left.driver.kick();
    await another;
    for (const { driver } of [left, right]) driver.stop();
    expect(right.log.filter((what) => what === 'packet')).toHaveLength(2);
  });

  test('timeout is called at nextTimeout, not before, and followed by a flush', async () => {
    const host = new Recorder();
    host.deadline = loop.now() + 7.5;
    const fired = new Promise<void>((resolve) => {
      host.onTimeout = resolve;
    });
    host.driver.kick();
    await fired;
    host.driver.stop();
    expect(host.log.slice(-2)).toEqual(['timeout', 'flush']);
    expect(host.log.filter((what) => what === 'timeout')).toHaveLength(1);
  });

  test('hears of an earlier deadline and of a later one', async () => {
    const host = new Recorder();
    const fired = new Promise<void>((resolve) => {
      host.onTimeout = resolve;
    });
    for (const wait of [1e12, 60_000, 3, 9]) {
      host.deadline = loop.now() + wait;
      host.driver.flush();
    }
    await fired;
    host.driver.stop();
    expect(host.log.filter((what) => what === 'timeout')).toHaveLength(1);
  });

  test('many calls of one turn, also of its microtasks, are one flush', async () => {
    const host = new Recorder();
    host.driver.kick();
    host.driver.kick();
    for (let i = 0; i < 5; i++) {
      await Promise.resolve();
      host.driver.kick();
    }
    expect(host.log).toEqual([]);
    await turn();
    host.driver.stop();
    expect(host.log).toEqual(['flush']);
  });

  test('a turn that never ends is flushed all the same', async () => {
    const host = new Recorder();
    for (let i = 0; i < 100; i++) {
      host.driver.kick();
      await Promise.resolve();
    }
    expect(host.log.length).toBeGreaterThan(2);
    host.driver.stop();
  });

  test('kick from inside the host waits for the end of the turn, and time stands still', async () => {
    const [a, b] = pair();
    const host = new Recorder();
    const times: number[] = [];
    const done = new Promise<void>((resolve) => {
      host.onPacket = () => {
        host.driver.kick();
        times.push(host.driver.now);
        host.log.push('kicked');
      };
      host.onFlush = () => {
        if (host.log.includes('kicked')) resolve();
      };
    });
    send(a, 1);
    send(a, 2);
    host.attach(b);
    await done;
    host.driver.stop();
    expect(host.log).toEqual(['packet', 'kicked', 'packet', 'kicked', 'flush']);
    expect(times[0]).toBe(times[1]);
  });

  test('after stop nothing is called any more', async () => {
    const [a, b] = pair();
    const host = new Recorder();
    host.attach(b);
    host.deadline = 0;
    host.driver.kick();
    host.driver.stop();
    send(a, 1);
    host.driver.kick();
    host.driver.flush();
    host.driver.stop();
    await turn();
    expect(host.log).toEqual([]);
  });

  test('a detached link is heard no more, and stays open', async () => {
    const [a, b] = pair();
    const host = new Recorder();
    host.attach(b);
    host.driver.detach(b);
    host.driver.detach(b);
    send(a, 1);
    await turn();
    await turn();
    host.driver.stop();
    expect(host.log.filter((what) => what === 'packet')).toEqual([]);
    expect(b.waiting).toBe(1);
  });

  test('what a function of the user throws stops nothing', async () => {
    const errors: unknown[] = [];
    const [a, b] = pair();
    const host = new Recorder();
    const last = packet(host, 3);
    host.onFlush = () => {
      host.onFlush = () => undefined;
      throw new Error('of the user');
    };
    const failing = {
      now: () => loop.now(),
      soon: (call: () => void) => loop.soon(() => guarded(call)),
      afterThis: (call: () => void) => loop.afterThis(() => guarded(call)),
      later: (call: () => void, ms: number) => loop.later(call, ms),
      cancel: () => undefined,
      hold: () => undefined,
      release: () => undefined,
    };
    const guarded = (call: () => void): void => {
      try {
        call();
      } catch (error) {
        errors.push(error);
      }
    };
    const driver = new Driver(host, failing);
    driver.attach(b, (_bytes, view, start) => host.onPacket(view.getUint8(start)));
    driver.kick();
    await turn();
    send(a, 3);
    await last;
    driver.stop();
    expect(errors.map(String)).toEqual(['Error: of the user']);
  });
});
