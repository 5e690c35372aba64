/**
 * Serves this folder, and the built package as `/estab/`: nothing is bundled.
 *
 *     npm run build && npx tsx examples/browser-workers/serve.ts
 */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { dirname, extname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

/** `dist`: the folder of the built package. */
export function serve(dist: string): Server {
  return createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const [root, path] = pathname.startsWith('/estab/')
      ? [dist, pathname.slice('/estab'.length)]
      : [HERE, pathname === '/' ? '/index.html' : pathname];
    const file = resolve(join(root, decodeURIComponent(path)));
    const type = TYPES[extname(file)];
    const inside = file.startsWith(resolve(root) + sep);
    if (!inside || type === undefined || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': type });
    createReadStream(file).pipe(response);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const port = Number(process.argv[2] ?? 8000);
  serve(join(HERE, '../../dist')).listen(port, '127.0.0.1', () => {
    console.log(`http://127.0.0.1:${port}/`);
  });
}
