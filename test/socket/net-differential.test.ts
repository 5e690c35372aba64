/** Each scenario on Node's `net` and the kernel, and on estab's: both must tell the same. */
import nodeNet from 'node:net';
import { describe, expect, test } from 'vitest';
import { netOn, Stack, type Net } from '../../src/exports/net.ts';
import { Harness, type Log, type Scenario } from './net-harness.ts';
import { DIFFERENCES } from './net-differences.ts';
import { connecting } from './net-scenarios-connect.ts';
import { exchanging } from './net-scenarios-data.ts';
import { misusing, serving } from './net-scenarios-server.ts';

const nodes = nodeNet as unknown as Net; // its types leave Stream out
const PATIENCE = 8000; // ms

async function play(net: Net, scenario: Scenario): Promise<Log> {
  const harness = new Harness(net);
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      harness.note('scenario', 'never ends');
      resolve();
    }, PATIENCE);
  });
  await Promise.race([scenario.play(harness), patience]);
  clearTimeout(timer);
  await harness.cleanUp();
  return harness.log;
}

async function onEstab(scenario: Scenario): Promise<Log> {
  const stack = new Stack();
  try {
    return await play(netOn(stack), scenario);
  } finally {
    await stack.close();
  }
}

const all = { connecting, exchanging, serving, misusing };

describe.each(Object.entries(all))('net, %s', (_, scenarios) => {
  test.each(scenarios)('$name', async (scenario) => {
    const logs = await Promise.all([play(nodes, scenario), onEstab(scenario)]);
    const [node, estab] = logs.map((log) => withoutChance(scenario.name, log));
    if (node === undefined || estab === undefined) throw new Error('two logs');
    const known = DIFFERENCES[scenario.name];
    if (known === undefined) expect(estab).toEqual(node);
    else expect(differing(node, estab).sort()).toEqual([...known.lines].sort());
  });
});

test('the list of differences names scenarios that are there', () => {
  const names = Object.values(all).flatMap((list) => list.map(({ name }) => name));
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThan(60);
  for (const name of Object.keys(DIFFERENCES)) expect(names).toContain(name);
});

/** Whether an echo ever finds the send buffer full is a matter of who is faster, in Node as well. */
function withoutChance(scenario: string, log: Log): Log {
  if (scenario !== 'a few MiB there and back') return log;
  return { ...log, peer: log['peer']?.filter((line) => line !== 'drain') ?? [] };
}

/** What one of them has and the other has not, line by line. */
function differing(node: Log, estab: Log): string[] {
  const lines: string[] = [];
  for (const who of new Set([...Object.keys(node), ...Object.keys(estab)])) {
    const ours = estab[who] ?? [];
    const theirs = node[who] ?? [];
    for (const line of theirs) if (!ours.includes(line)) lines.push(`node ${who}: ${line}`);
    for (const line of ours) if (!theirs.includes(line)) lines.push(`estab ${who}: ${line}`);
  }
  return lines;
}
