/** Options that would make a timer due at once for ever, or send nothing: refused when they are given. */
import { describe, expect, test } from 'vitest';
import type { TcpDefaults } from '../../src/tcp/options.ts';
import { TCP_DEFAULTS } from '../../src/tcp/profiles.ts';
import { checkRanges } from '../../src/tcp/option-ranges.ts';
import { Target, TARGET_PORT } from './target.ts';

const WRONG: readonly (readonly [keyof TcpDefaults, number])[] = [
  ['initialRto', 0],
  ['minRto', Number.NaN],
  ['maxRto', -1],
  ['minSendMss', 0],
  ['sendBuffer', 0],
  ['receiveBuffer', 0.5],
  ['delayedAck', 500],
  ['r1', -1],
  ['userTimeout', 0],
  ['synTimeout', Number.NaN],
  ['keepAliveIdle', 0],
  ['keepAliveInterval', 0],
  ['keepAliveProbes', 0],
  ['msl', -1],
  ['finWait2Timeout', -1],
  ['challengeAckLimit', 0.1],
  ['initialWindow', -1],
  ['quickAcks', -1],
  ['maxSeg', 0],
  ['receiveBufferMax', 2 ** 31],
  ['sendBufferMax', 0],
];

describe.each(WRONG)('%s of %d', (name, value) => {
  const tcp: Partial<TcpDefaults> = { [name]: value };
  const message = new RegExp(`^${name} is ${value}, it must be an? (integer|number) from `);

  test('is refused by a host, OPEN and listen()', () => {
    expect(() => new Target(4, { tcp })).toThrow(message);
    const { host, now, ends } = new Target(4);
    const remote = ends.source;
    expect(() => host.open(now, { remote, remotePort: 1, tcp })).toThrow(message);
    expect(() => host.openPassive(now, { localPort: TARGET_PORT, tcp })).toThrow(message);
    const onConnection = (): void => undefined;
    expect(() => host.listen(now, { port: TARGET_PORT, onConnection, tcp })).toThrow(message);
    expect(host.sockets()).toEqual([]);
  });
});

test('every number has a range, and its default lies in it', () => {
  const numbers = Object.entries(TCP_DEFAULTS).filter(([, value]) => typeof value === 'number');
  expect(numbers.map(([name]) => name).sort()).toEqual(WRONG.map(([name]) => name).sort());
  expect(() => checkRanges(TCP_DEFAULTS)).not.toThrow();
  expect(() => checkRanges({ userTimeout: Infinity, sendBuffer: Infinity })).not.toThrow();
});
