/** What keeps a process alive and what does not, in processes of their own. */
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fromSource, run } from '../../tools/docs-blocks.ts';

const directory = mkdtempSync(join(tmpdir(), 'estab-process-'));
afterAll(() => rmSync(directory, { recursive: true }));

async function output(name: string, code: string): Promise<string> {
  const script = join(directory, `${name}.mts`);
  writeFileSync(script, fromSource(code));
  const { status, output, errors } = await run(script);
  expect({ status, errors: errors.replaceAll(/^npm warn .*\n/gm, '') }).toEqual({
    status: 0,
    errors: '',
  });
  return output;
}

describe('a process', () => {
  test('ends when nothing is open, TIME-WAIT or not', { timeout: 60_000 }, async () => {
    const text = await output(
      'ends',
      `import { connect, listen, sockets } from 'estab';
      const listener = listen();
      const client = connect({ hostname: 'localhost', port: listener.port });
      const server = await listener.accept();
      await Promise.all([client.close(), server?.close()]);
      await listener.close();
      console.log(sockets().map(({ state }) => state).join());`,
    );
    expect(text).toMatch(/^TIME-WAIT/);
  });

  test('waits for a connection that is quiet, or retransmits', { timeout: 60_000 }, async () => {
    const text = await output(
      'waits',
      `import { connect, pair, Stack } from 'estab';
      const [link, other] = pair(); // nobody is there for a while
      const stack = new Stack({ interfaces: [{ link, addresses: ['10.0.0.1/24'] }] });
      const client = stack.connect('10.0.0.2:80', { tcp: { initialRto: 200 } });
      client.opened.then(() => {
        console.log('opened');
        return client.close();
      });
      const late = setTimeout(() => {
        const peer = new Stack({ interfaces: [{ link: other, addresses: ['10.0.0.2/24'] }] });
        const listener = peer.listen({ port: 80 });
        listener.accept().then(() => listener.close());
      }, 300);
      late.unref();`,
    );
    expect(text).toBe('opened\n');
  });

  test('waits for text that was written before close()', { timeout: 60_000 }, async () => {
    const text = await output(
      'writes',
      `import { connect, listen } from 'estab';
      const listener = listen();
      const client = connect({ hostname: 'localhost', port: listener.port });
      await client.opened;
      const writer = client.writable.getWriter();
      void writer.write(new Uint8Array(1_000_000));
      void client.close();
      const server = await listener.accept();
      void listener.close();
      let octets = 0;
      for await (const chunk of server!.readable) octets += chunk.length;
      console.log(octets);`,
    );
    expect(text).toBe('1000000\n');
  });
});
