import { describe, expect, test } from 'vitest';
import type { Link } from '../../src/link/link.ts';
import { monotonicMs } from '../../src/link/node/clock.ts';
import { Driver, type Drivable } from '../../src/link/node/driver.ts';
import { pair } from '../../src/link/pair.ts';
import { Host } from '../../src/stack/host.ts';
import { parseAddress, parseCidr } from '../../src/wire/address.ts';

/** Writes down what the driver does, and does what the test says. */
class Recorder implements Drivable {
  readonly log: string[] = [];
  deadline = Infinity;
  onPacket: (octet: number) => void = () => undefined;
  onTimeout: () => void = () => undefined;
  onFlush: (link: Link) => void = () => undefined;
  #last = 0;

  packetArrives(now: number, _bytes: Uint8Array, view: DataView, start: number): void {
    this.#note(now, 'packet');
    this.onPacket(view.getUint8(start));
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

  flush(now: number, link: Link): void {
    this.#note(now, 'flush');
    this.onFlush(link);
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

describe('driver', () => {
  test('takes a batch in before it sends anything (MUST-58, MUST-59), and then the rest', async () => {
    const [a, b] = pair();
    const host = new Recorder();
    const driver = new Driver(host, b);
    for (let i = 0; i < 100; i += 1) send(a, i);
    const last = packet(host, 99);
    driver.start();
    await last;
    await driver.close();
    const packets = (count: number): string[] => new Array<string>(count).fill('packet');
    expect(host.log).toEqual([...packets(64), 'flush', ...packets(36), 'flush']);
  });

  test('is woken by the link, answers, and wakes the other side', async () => {
    const [a, b] = pair();
    const left = new Recorder();
    const right = new Recorder();
    const drivers = [new Driver(left, a), new Driver(right, b)];
    for (const driver of drivers) driver.start();
    let due = [1];
    left.onFlush = (link) => due.splice(0).forEach((octet) => send(link, octet));
    right.onPacket = (octet) => {
      right.onFlush = (link) => {
        send(link, octet + 1);
        right.onFlush = () => undefined;
      };
    };
    const answer = packet(left, 2);
    drivers[0]?.kick();
    await answer;
    due = [3];
    const another = packet(left, 4);
    drivers[0]?.kick();
    await another;
    await Promise.all(drivers.map((driver) => driver.close()));
    expect(right.log.filter((what) => what === 'packet')).toHaveLength(2);
  });

  test('timeout is called at nextTimeout, not before, and followed by a flush', async () => {
    const [, b] = pair();
    const host = new Recorder();
    const driver = new Driver(host, b);
    host.deadline = monotonicMs() + 7.5;
    const fired = new Promise<void>((resolve) => {
      host.onTimeout = resolve;
    });
    driver.start();
    await fired;
    await driver.close();
    expect(host.log.slice(-2)).toEqual(['timeout', 'flush']);
    expect(host.log.filter((what) => what === 'timeout')).toHaveLength(1);
  });

  test('kick hears of an earlier deadline and of a later one', async () => {
    const [, b] = pair();
    const host = new Recorder();
    const driver = new Driver(host, b);
    driver.start();
    const fired = new Promise<void>((resolve) => {
      host.onTimeout = resolve;
    });
    for (const wait of [1e12, 60_000, 3, 9]) {
      host.deadline = monotonicMs() + wait;
      driver.kick();
    }
    await fired;
    await driver.close();
    expect(host.log.filter((what) => what === 'timeout')).toHaveLength(1);
  });

  test('kick from inside the host waits for the end of the turn', async () => {
    const [a, b] = pair();
    const host = new Recorder();
    const driver = new Driver(host, b);
    const done = new Promise<void>((resolve) => {
      host.onPacket = () => {
        driver.kick();
        host.log.push('kicked');
      };
      host.onFlush = () => {
        if (host.log.includes('kicked')) resolve();
      };
    });
    send(a, 1);
    send(a, 2);
    driver.start();
    await done;
    await driver.close();
    expect(host.log).toEqual(['packet', 'kicked', 'packet', 'kicked', 'flush']);
  });

  test('after close nothing is called any more', async () => {
    const [a, b] = pair();
    const host = new Recorder();
    const driver = new Driver(host, b);
    driver.start();
    host.deadline = 0;
    const closed = driver.close();
    send(a, 1);
    driver.kick();
    await closed;
    await driver.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(host.log).toEqual([]);
  });
});

test('two hosts talk through drivers over a link that leaves checksums out', async () => {
  const [near, far] = pair();
  expect(near.checksumOffload).toBe(true);
  const host = (name: string, address: string): Host => {
    const cidr = parseCidr(address);
    if (cidr === undefined) throw new Error(address);
    return new Host({ name, addresses: [cidr], secret: new Uint8Array(16).fill(9) });
  };
  const client = host('client', '10.0.0.1/24');
  const server = host('server', '10.0.0.2/24');
  const devices = [near, far].map((link) =>
    Object.assign(link, { close: () => Promise.resolve() }),
  );
  const drivers = [new Driver(client, devices[0]!), new Driver(server, devices[1]!)];
  const received = new Promise<number>((resolve) => {
    server.listen(monotonicMs(), {
      port: 80,
      onConnection: (socket) => {
        socket.onSignal = (signal, now) => {
          if (signal === 'readable') resolve(Number(socket.receive(now, new Uint8Array(10))));
        };
      },
    });
  });
  for (const driver of drivers) driver.start();
  const remote = parseAddress('10.0.0.2');
  if (remote === undefined) throw new Error('no address');
  const socket = client.open(monotonicMs(), { remote, remotePort: 80 });
  if ('error' in socket) throw new Error(socket.message);
  socket.send(monotonicMs(), new Uint8Array(5));
  drivers[0]?.kick();
  expect(await received).toBe(5);
  expect([client.counters['tcp-checksum'], server.counters['tcp-checksum']]).toEqual([0, 0]);
  await Promise.all(drivers.map((driver) => driver.close()));
});
