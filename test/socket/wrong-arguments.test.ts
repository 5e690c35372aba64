/** What a program gets wrong first, and the sentence it is told. */
import { expect, test } from 'vitest';
import { Stack } from '../../src/socket/stack.ts';

/** Calls as JavaScript makes them. */
const untyped = (value: unknown): never => value as never;

test('a link that nobody awaited, and none at all', () => {
  const stack = (link: unknown) => () => new Stack({ interfaces: [{ link: untyped(link) }] });
  expect(stack(Promise.resolve())).toThrow('link is [object Promise]: await it');
  expect(stack(undefined)).toThrow('link is [object Undefined]: give a device');
  expect(stack({})).toThrow('link is [object Object]: give a device');
});

test('connect() and listen() without an object', async () => {
  await using stack = new Stack();
  expect(() => stack.connect(untyped(7))).toThrow('address is 7: give');
  expect(() => stack.connect(untyped(undefined))).toThrow('address is undefined: give');
  expect(() => stack.connect(untyped(null))).toThrow('address is null: give');
  expect(() => stack.listen(untyped(7))).toThrow('options are 7: give { port, hostname }');
});
