/** The package unbundled in headless Chromium, and examples/browser-workers. */
import { rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serve } from '../../examples/browser-workers/serve.ts';
import { builtPackage, launch, listening, noBrowser } from './chromium.ts';

if (noBrowser !== undefined) console.log(`workers.test.ts: ${noBrowser}, skipped`);

describe.skipIf(noBrowser !== undefined)('in a browser', { timeout: 120_000 }, () => {
  let dist: string;
  let server: Server;
  let url: string;
  let browser: Browser;

  beforeAll(async () => {
    dist = await builtPackage();
    server = serve(dist);
    url = await listening(server);
    browser = await launch();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    server?.close();
    if (dist !== undefined) rmSync(dist, { recursive: true });
  });

  test('two stacks in two workers exchange 10 MiB over a MessagePort', async () => {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    await page.goto(url);
    await page.waitForFunction('document.title === "done" || document.title === "failed"');
    const log = (await page.textContent('#log')) ?? '';
    expect(log).toContain('Both digests agree: 10 MiB each way');
    expect(log).toMatch(/^client ESTABLISHED with 10\.0\.0\.2:7$/m);
    expect(log).toMatch(/^server (CLOSED|TIME-WAIT): sent and received 10485760 octets$/m);
    expect(errors.filter((text) => !text.includes('404'))).toEqual([]);
    console.log(log.trim().split('\n').at(-1));
    await page.close();
  });

  test('a page talks to itself over loopback, with timers and without setImmediate', async () => {
    const page = await browser.newPage();
    await page.goto(`${url}/index.html`);
    const answer = await page.evaluate(`(async () => {
      const { connect, listen, sockets, defaultStack } = await import('/estab/exports/index.js');
      const listener = listen({ hostname: '127.0.0.1' });
      const client = connect('127.0.0.1:' + listener.port);
      const server = await listener.accept();
      const echo = server.readable.pipeTo(server.writable);
      const writer = client.writable.getWriter();
      await writer.write('hello');
      await writer.close();
      let text = '';
      const decoder = new TextDecoder();
      const reader = client.readable.getReader();
      for (let r = await reader.read(); !r.done; r = await reader.read()) text += decoder.decode(r.value);
      await Promise.all([echo, client.closed, server.closed]);
      const unanswered = connect('127.0.0.1:1', { tcp: { initialRto: 1000 } });
      const code = await unanswered.opened.catch((error) => error.code);
      const states = sockets().map(({ state }) => state).sort();
      await defaultStack().close();
      return { text, code, states, immediate: 'setImmediate' in globalThis };
    })()`);
    expect(answer).toEqual({
      text: 'hello',
      code: 'ECONNREFUSED',
      states: ['LISTEN', 'TIME-WAIT'],
      immediate: false,
    });
    await page.close();
  });
});
