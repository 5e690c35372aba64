/** What the entries for browsers pull in when they are built: nothing of Node's. */
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builtPackage } from './chromium.ts';

let dist: string;
beforeAll(async () => {
  dist = await builtPackage();
}, 60_000);
afterAll(() => rmSync(dist, { recursive: true }));

/** All modules that `entry` reaches, by path, and what is no path: packages and Node's own. */
function reach(entry: string): { files: Set<string>; bare: Set<string> } {
  const files = new Set<string>();
  const bare = new Set<string>();
  const queue = [join(dist, 'exports', entry)];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (files.has(path)) continue;
    files.add(path);
    for (const { fileName } of ts.preProcessFile(readFileSync(path, 'utf8')).importedFiles) {
      if (fileName.startsWith('.')) queue.push(join(dirname(path), fileName));
      else bare.add(fileName);
    }
  }
  return { files, bare };
}

/** Names that only Node has, used without looking first. */
const NODE_NAMES = /\b(?:process\.|Buffer\.|require\(|__dirname|__filename|createRequire)/;

describe('built for browsers', () => {
  test.for(['index', 'wire', 'tcp', 'stack', 'link', 'link-web', 'lab', 'pcap'])(
    '%s reaches no module of Node and no package',
    (entry) => {
      const { files, bare } = reach(`${entry}.js`);
      expect([...bare]).toEqual([]);
      const nodes = [...files].filter((path) => NODE_NAMES.test(readFileSync(path, 'utf8')));
      expect(nodes.map((path) => relative(dist, path))).toEqual([]);
    },
  );

  test('the entries for Node do, so this would be seen', () => {
    expect([...reach('link-node.js').bare]).toContain('node:fs');
  });

  test('all that a segment runs through is one module', () => {
    const { files } = reach('index.js');
    const core = [...files].filter((path) =>
      readFileSync(path, 'utf8').includes('//#region src/tcp/'),
    );
    expect(core.map((path) => relative(dist, path))).toEqual(['core.js']);
  });
});
