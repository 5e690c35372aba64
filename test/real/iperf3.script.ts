/** iperf3 on the kernel, estab as its server, both ways: what iperf3.test.ts plays. */
import { home, OURS } from './home.ts';
import { serveIperf3 } from './iperf3-server.ts';
import { plays } from './plays.ts';
import { run } from './programs.ts';

const stack = await home();
const listener = stack.listen({ port: 5201 });

/** What iperf3 says of one run, and what came through here. */
async function iperf3(...args: string[]): Promise<unknown> {
  const served = serveIperf3(listener);
  const { status, stdout, stderr } = await run('iperf3', ['--json', ...args]);
  if (status !== 0) throw new Error(`iperf3 says ${status}: ${stdout}${stderr}`);
  const { sum_sent: sent, sum_received: received } = JSON.parse(stdout).end;
  const here = await served;
  return { sent: sent.bytes, received: received.bytes, here };
}

await plays({
  'to estab': () => iperf3('-c', OURS[4], '-n', '24M'),
  'to estab, IPv6, three at once': () => iperf3('-c', OURS[6], '-n', '24M', '-P', '3'),
  'from estab': () => iperf3('-c', OURS[4], '-n', '24M', '-R'),
  'from estab, IPv6': () => iperf3('-c', OURS[6], '-n', '24M', '-R'),
});
