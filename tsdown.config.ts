import { existsSync } from 'node:fs';
import { defineConfig, type UserConfig } from 'tsdown';

/** The subpath exports of package.json, each an explicit list in src/exports/. */
const entries = ['index', 'wire', 'tcp', 'stack', 'link', 'link-node', 'lab', 'pcap'];

const config: UserConfig = defineConfig({
  entry: [...entries.map((name) => `src/exports/${name}.ts`), 'src/cli/main.ts'].filter((file) =>
    existsSync(file),
  ),
  root: 'src',
  format: 'esm',
  platform: 'node',
  target: 'es2022',
  unbundle: true, // dist reads like src, and a stack trace names the file
  dts: true,
  fixedExtension: false,
  clean: true,
});

export default config;
