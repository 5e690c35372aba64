/** WebSockets between estab and the kernel, with ws on both: texts, 1 MB, a thousand in order. */
import { describe, expect, test } from 'vitest';
import { playing } from './playing.ts';

const play = playing('test/real/websocket.script.ts');

describe.skipIf(play.unavailable !== undefined)('WebSocket', () => {
  test.each(['client', 'client, IPv6'])('a %s on estab', async (scenario) => {
    const all = { same: true, code: 4000, reason: 'enough' };
    expect(await play.found(scenario)).toEqual(all);
  });

  test.each(['server, IPv6', 'server'])('a %s on estab', async (scenario) => {
    const heard = expect.arrayContaining(['a text', 'pong are you there', true]);
    expect(await play.found(scenario)).toEqual({ heard, code: 4000, reason: 'enough' });
  });
});
