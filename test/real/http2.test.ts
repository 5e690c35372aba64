/** HTTP/2 over estab/net: node:http2 as a client of nghttpd, and as a server of nghttp and curl. */
import { describe, expect, test } from 'vitest';
import { playing } from './playing.ts';

const play = playing('test/real/http2.script.ts', ['nghttpd', 'nghttp', 'curl', 'openssl']);

describe.skipIf(play.unavailable !== undefined)('HTTP/2', () => {
  test.each(['node:http2 to nghttpd', 'node:http2 to nghttpd, TLS, IPv6'])(
    '%s: four streams of 1 MB at once',
    async (scenario) => {
      const same = [true, true, true, true];
      expect(await play.found(scenario)).toEqual({ same, status: 404, ping: 'answered' });
    },
  );

  test.each(['nghttp to node:http2', 'nghttp to node:http2, TLS, IPv6'])(
    '%s: four streams of 1 MB at once',
    async (scenario) => {
      expect(await play.found(scenario)).toEqual(['200 1M', '200 1M', '200 1M', '200 1M']);
    },
  );

  test.each(['curl to node:http2', 'curl to node:http2, TLS'])('%s: GET and POST', async (name) => {
    const all = { get: ' 2', body: true, post: 'all of it 2' };
    expect(await play.found(name)).toEqual(all);
  });
});
