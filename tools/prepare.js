/**
 * Builds dist/ when npm installs or packs. `npx estab` in the checkout runs this, too, the first time:
 * it needs no second build, and one that fails would leave npx with half an entry in its cache.
 */
import { execSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const forNpx = process.env.npm_command === 'exec';
if (!forNpx || !existsSync('dist/cli/main.js')) execSync('npm run build', { stdio: 'inherit' });
