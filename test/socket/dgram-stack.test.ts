/** What estab/dgram does that a kernel's cannot: stacks that close, interfaces that go. */
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { pair } from '../../src/link/pair.ts';
import { dgramOn } from '../../src/socket/node/dgram.ts';
import { Stack } from '../../src/socket/stack.ts';

test('a stack that closes closes its sockets', async () => {
  const stack = new Stack();
  const socket = dgramOn(stack).createSocket('udp4');
  socket.bind(0);
  await once(socket, 'listening');
  const closed = once(socket, 'close');
  await stack.close();
  await closed;
  expect(() => socket.address()).toThrow('Not running');
  const late = dgramOn(stack).createSocket('udp4');
  late.bind(0);
  const [error] = await once(late, 'error');
  expect(error).toMatchObject({ code: 'ENETDOWN', syscall: 'bind' });
});

test('an interface that goes is an error of the sockets on it', async () => {
  const [link, other] = pair({});
  const stack = new Stack({ interfaces: [{ link, addresses: ['192.0.2.1/24'] }] });
  const socket = dgramOn(stack).createSocket('udp4');
  socket.bind(0, '192.0.2.1');
  await once(socket, 'listening');
  const failed = once(socket, 'error');
  await stack.removeInterface(stack.interfaces[1]!);
  const [error] = await failed;
  expect(error).toMatchObject({ code: 'ENETDOWN', syscall: 'recvmsg' });
  await stack.close();
  await other.close();
});

test('what nobody takes is dropped when the receive buffer is full', async () => {
  const stack = new Stack();
  const dgram = dgramOn(stack);
  const server = dgram.createSocket({ type: 'udp4', recvBufferSize: 5000 });
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  let heard = 0;
  server.on('message', () => heard++);
  const client = dgram.createSocket('udp4');
  const { port } = server.address();
  const sent = Array.from(
    { length: 50 },
    () =>
      new Promise<void>((resolve) => {
        client.send(Buffer.alloc(1000), port, '127.0.0.1', () => resolve());
      }),
  );
  await Promise.all(sent);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(heard).toBe(7); // of 1000 and 256 octets in 10,000
  await stack.close();
});

test('a listener that throws harms nobody else', async () => {
  const stack = new Stack();
  const server = dgramOn(stack).createSocket('udp4');
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  const thrown = new Promise<unknown>((resolve) => {
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => {
      for (const other of others) process.on('uncaughtException', other);
      resolve(error);
    });
  });
  const heard: string[] = [];
  server.on('message', (text) => {
    heard.push(text.toString());
    if (heard.length === 1) throw new Error('of a user');
  });
  server.send('1', server.address().port);
  server.send('2', server.address().port);
  expect(await thrown).toMatchObject({ message: 'of a user' });
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(heard).toEqual(['1', '2']);
  await stack.close();
});
