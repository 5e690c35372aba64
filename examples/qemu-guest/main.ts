/**
 * A QEMU guest whose only network is estab: no TAP, no bridge, no root. It boots from Debian's kernel,
 * asks its one neighbour for a page, and the web server that answers is `node:http` on estab/net.
 *
 *     tools/guest-kernel.sh && npx tsx examples/qemu-guest/main.ts
 */
import { createServer } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stack } from 'estab';
import { listenQemu } from 'estab/link/node';
import { netOn } from 'estab/net';
import { guestMissing, startGuest } from './guest.ts';

const missing = guestMissing();
if (missing !== undefined) {
  console.error(`qemu-guest: ${missing}`);
  process.exit(2);
}

const directory = mkdtempSync(join(tmpdir(), 'estab-qemu-'));
const path = join(directory, 'network');
const stack = new Stack();

// The guest's Ethernet is a stream of frames on a unix socket.
const network = await listenQemu(
  { path },
  {
    onGuest: (link) => {
      stack.addInterface({ link, addresses: ['10.0.2.1/24', 'fd02::1/64'], slaac: false });
    },
  },
);

// An ordinary web server of Node's; estab's sockets are handed to it.
const web = createServer((request, response) => {
  response.end(`hello, ${request.socket.remoteAddress}: you asked for ${request.url}\n`);
});
netOn(stack)
  .createServer((socket) => web.emit('connection', socket))
  .listen(80);

const guest = startGuest({
  netdev: `stream,server=off,addr.type=unix,addr.path=${path}`,
  script: `
ip link set lo up
ip link set eth0 up
ip address add 10.0.2.2/24 dev eth0
echo "guest: $(ping -c 1 -w 5 10.0.2.1 | grep 'packets received')"
echo "guest: $(wget -q -O - http://10.0.2.1/from-a-guest)"
`,
});
guest.stdout?.setEncoding('latin1').on('data', (text: string) => process.stdout.write(text));
guest.once('close', (status) => {
  void network
    .close()
    .then(() => stack.close())
    .then(() => rmSync(directory, { recursive: true }))
    .then(() => process.exit(status ?? 1));
});
