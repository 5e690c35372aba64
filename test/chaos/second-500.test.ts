/** Half of the thousand seeds of chaos; the other half is another file, for another core. */
import { expect, test } from 'vitest';
import { runTool } from './run-tool.ts';

const MINUTES = 10;

test(
  '10 MiB at 30 % loss with corruption, duplication and reordering, octets equal, seeds 500 to 999',
  async () => {
    const args = ['--seeds', '500', '--from', '500', '--workers', '1'];
    const { status, output } = await runTool('chaos.ts', ...args);
    expect(output).toContain('500 of 500 seeds, 0 failed');
    expect(status).toBe(0);
  },
  MINUTES * 60_000,
);
