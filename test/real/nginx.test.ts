/** nginx, and Node's HTTP clients on estab/net: five megabytes, keep-alive, TLS, and nginx as a client. */
import { describe, expect, test } from 'vitest';
import { playing } from './playing.ts';

const play = playing('test/real/nginx.script.ts', ['nginx', 'openssl']);

describe.skipIf(play.unavailable !== undefined)('nginx', () => {
  test.each(['node:http', 'node:http, IPv6', 'node:https', 'node:https, IPv6'])(
    '%s: 5 MB, and 2 MB through nginx to a server of ours, on one connection',
    async (scenario) => {
      const all = { short: 'short\n', body: true, post: true, again: true, connections: 1 };
      expect(await play.found(scenario)).toEqual(all);
    },
  );

  test('undici: requests in a pipeline', async () => {
    const short = ['short\n', 'short\n'];
    const all = { body: true, short, post: true, connections: 1 };
    expect(await play.found('undici Client')).toEqual(all);
  });

  test.each(['undici fetch', 'undici fetch, TLS, IPv6'])(
    '%s: four at once through an Agent',
    async (scenario) => {
      const answers = [true, true, true, true];
      const { connections, ...rest } = (await play.found(scenario)) as { connections: number };
      expect(rest).toEqual({ answers, status: 404 });
      expect(connections).toBeLessThanOrEqual(5);
    },
  );

  test('nginx keeps its connections to estab alive', async () => {
    const connections = await play.found('connections of nginx to estab');
    expect(connections).toBeGreaterThan(0);
    expect(connections).toBeLessThanOrEqual(2);
  });
});
