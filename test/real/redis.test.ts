/** ioredis, through a connector that opens estab sockets, and the Redis server. */
import { describe, expect, test } from 'vitest';
import { playing } from './playing.ts';

const play = playing('test/real/redis.script.ts', ['redis-server']);

describe.skipIf(play.unavailable !== undefined)('Redis', () => {
  test.each(['values', 'values, IPv6'])('%s: 1 MB there and back, and an error', async (name) => {
    const wrong = expect.stringContaining('WRONGTYPE');
    const all = { set: 'OK', same: true, missing: null, wrong, quit: 'OK' };
    expect(await play.found(name)).toEqual(all);
  });

  test('a pipeline of 1000 commands, and a transaction', async () => {
    expect(await play.found('pipeline')).toEqual({
      answers: 1000,
      last: [null, 500_500],
      transaction: [
        [null, '500500'],
        [null, 1],
      ],
    });
  });

  test('publish and subscribe: 1000 messages in their order', async () => {
    expect(await play.found('subscription')).toEqual({ inOrder: true, listeners: true });
  });

  test('a connection that the server closes is replaced, the command repeated', async () => {
    expect(await play.found('reconnection')).toEqual({ popped: ['list', 'late'], another: true });
  });
});
