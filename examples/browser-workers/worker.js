/** One host: a stack on the port that the page sends. `/estab/` is the package's `dist/`. */
import { Stack } from '/estab/exports/index.js';
import { messagePortLink } from '/estab/exports/link-web.js';

const SIZE = 10 * 1024 * 1024;
const ADDRESSES = { client: '10.0.0.1', server: '10.0.0.2' };

addEventListener('message', ({ data: { role, port } }) => void host(role, port), { once: true });

async function host(role, port) {
  const stack = new Stack({
    name: role,
    interfaces: [{ link: messagePortLink(port), addresses: [`${ADDRESSES[role]}/24`] }],
  });
  const socket = role === 'client' ? await connected(stack) : await accepted(stack);
  const { remoteAddress } = await socket.opened;
  postMessage({ line: `${socket.state} with ${remoteAddress}` });
  const [sent, received] = await Promise.all([send(socket), receive(socket)]);
  await socket.closed; // both directions are done, and all is acknowledged
  postMessage({ line: `${socket.state}: sent and received ${SIZE} octets` });
  postMessage({ sent, received });
}

const accepted = (stack) => stack.listen({ port: 7, allowHalfOpen: true }).accept();

/** The other host may not be up yet: its SYN is answered when it is. */
async function connected(stack) {
  for (;;) {
    const socket = stack.connect(`${ADDRESSES.server}:7`, { allowHalfOpen: true });
    const refused = await socket.opened.then(
      () => false,
      (error) => error.code === 'ECONNREFUSED',
    );
    if (!refused) return socket;
  }
}

async function send(socket) {
  const octets = new Uint8Array(SIZE);
  for (let at = 0; at < SIZE; at += 65_536) {
    crypto.getRandomValues(octets.subarray(at, at + 65_536));
  }
  const writer = socket.writable.getWriter();
  for (let at = 0; at < SIZE; at += 65_536) await writer.write(octets.subarray(at, at + 65_536));
  await writer.close();
  return digest(octets);
}

/** Straight into memory of ours: a BYOB reader. */
async function receive(socket) {
  const reader = socket.readable.getReader({ mode: 'byob' });
  let buffer = new ArrayBuffer(SIZE + 1); // one more, to see the end
  for (let at = 0; ;) {
    const { done, value } = await reader.read(new Uint8Array(buffer, at));
    if (done) return digest(new Uint8Array(value.buffer, 0, at));
    buffer = value.buffer;
    at += value.length;
  }
}

async function digest(octets) {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', octets));
  return [...hash].map((octet) => octet.toString(16).padStart(2, '0')).join('');
}
