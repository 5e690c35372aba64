/** node:dgram on the kernel's loopback and estab/dgram on ours: the same scenarios, the same logs. */
import nodeDgram from 'node:dgram';
import { describe, expect, test } from 'vitest';
import { dgramOn } from '../../src/socket/node/dgram.ts';
import { Stack } from '../../src/socket/stack.ts';
import { Log, SCENARIOS, type Module } from './dgram-scenarios.ts';

describe('as node:dgram does it', () => {
  test.each(Object.entries(SCENARIOS))('%s', async (_name, play) => {
    const theirs = new Log();
    await play(nodeDgram, theirs);
    const stack = new Stack();
    const ours = new Log();
    await play(dgramOn(stack) as unknown as Module, ours);
    await stack.close();
    expect(theirs.lines.length).toBeGreaterThan(0);
    expect(ours.lines).toEqual(theirs.lines);
  });
});
