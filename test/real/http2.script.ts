/** HTTP/2, each end once on estab and once on the kernel: what http2.test.ts plays. */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import http2 from 'node:http2';
import { join } from 'node:path';
import tls from 'node:tls';
import net, { useStack } from '../../src/exports/net.ts';
import { selfSigned, SERVER_NAME } from './certificate.ts';
import { home, KERNELS, OURS } from './home.ts';
import { digest, MEGABYTE, read, sample } from './octets.ts';
import { plays } from './plays.ts';
import { run, scratch, serve, untilListens } from './programs.ts';

const BODY = sample(MEGABYTE + 17);
const [CLEAR, SECURE] = [8080, 8443];

useStack(await home());
const directory = scratch();
const { keyFile, certFile, key, cert } = selfSigned(directory);

// nghttpd on the kernel
writeFileSync(join(directory, 'body'), BODY);
const htdocs = ['--htdocs', directory];
serve('nghttpd', [...htdocs, '-a', KERNELS[4], '--no-tls', String(CLEAR)]);
serve('nghttpd', [...htdocs, '-a', KERNELS[6], String(SECURE), keyFile, certFile]);
await untilListens(CLEAR, KERNELS[4]);
await untilListens(SECURE, KERNELS[6]);

// node:http2 on estab
function answer(asked: http2.Http2ServerRequest, response: http2.Http2ServerResponse): void {
  if (asked.method === 'GET') response.end(BODY);
  else void read(asked).then((body) => response.end(digest(body)));
}
const web = http2.createServer(answer);
const secureWeb = http2.createSecureServer({ key, cert }, answer);
net.createServer((socket) => web.emit('connection', socket)).listen(CLEAR);
net.createServer((socket) => secureWeb.emit('connection', socket)).listen(SECURE);

/** Four bodies at once in one session, and a page that is not there. */
async function askNghttpd(session: http2.ClientHttp2Session): Promise<unknown> {
  const bodies = await Promise.all(
    Array.from({ length: 4 }, () => read(session.request({ ':path': '/body' }))),
  );
  const missing = session.request({ ':path': '/nothing' }).resume();
  const [headers] = await once(missing, 'response');
  const ping = await new Promise((resolve) => {
    session.ping((error) => resolve(error === null ? 'answered' : error));
  });
  await new Promise<void>((resolve) => session.close(resolve));
  const same = bodies.map((body) => digest(body) === digest(BODY));
  return { same, status: headers[':status'], ping };
}

/** What nghttp says of 4 requests in one connection: the status and the size of each. */
async function nghttp(url: string): Promise<unknown> {
  const { stdout } = await run('nghttp', ['--no-verify-peer', '-ans', '-m', '4', url]);
  const rows = stdout.matchAll(/^ *\d+ +\S+ +\S+ +\S+ +(\d+) +(\S+) \//gm);
  return [...rows].map(([, status, size]) => `${status} ${size}`);
}

const CURL = ['-sS', '-g', '--noproxy', '*', '--cacert', certFile, '-w', ' %{http_version}'];

/** What curl has got for nothing, and for the body. */
async function curl(...args: readonly string[]): Promise<unknown> {
  const get = await run('curl', [...CURL, '-o', join(directory, 'got'), ...args]);
  const post = await run('curl', [...CURL, '--data-binary', `@${directory}/body`, ...args]);
  return {
    get: get.stdout + get.stderr,
    body: digest(readFileSync(join(directory, 'got'))) === digest(BODY),
    post: (post.stdout + post.stderr).replace(digest(BODY), 'all of it'),
  };
}

await plays({
  'node:http2 to nghttpd': () =>
    askNghttpd(
      http2.connect(`http://${KERNELS[4]}`, {
        createConnection: () => net.connect(CLEAR, KERNELS[4]),
      }),
    ),
  'node:http2 to nghttpd, TLS, IPv6': () =>
    askNghttpd(
      http2.connect(`https://${SERVER_NAME}`, {
        createConnection: () =>
          tls.connect({
            socket: net.connect(SECURE, KERNELS[6]),
            ca: cert,
            servername: SERVER_NAME,
            ALPNProtocols: ['h2'],
          }),
      }),
    ),
  'nghttp to node:http2': () => nghttp(`http://${OURS[4]}:${CLEAR}/`),
  'nghttp to node:http2, TLS, IPv6': () => nghttp(`https://[${OURS[6]}]:${SECURE}/`),
  'curl to node:http2': () => curl('--http2-prior-knowledge', `http://[${OURS[6]}]:${CLEAR}/`),
  'curl to node:http2, TLS': () => {
    const where = `${SERVER_NAME}:${SECURE}`;
    return curl('--http2', '--resolve', `${where}:${OURS[4]}`, `https://${where}/`);
  },
});
