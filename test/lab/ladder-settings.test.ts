import { expect, test } from 'vitest';
import { parseLadder } from '../../src/lab/ladder/parse.ts';
import { checkSettings } from '../../src/lab/ladder/settings.ts';

const complaints = (setting: string): string[] => {
  const read = parseLadder(`${setting}\n1. CLOSED      LISTEN\n`, 'x.ladder');
  if (!read.ok) throw new Error(setting);
  return checkSettings(read.ladder).map(
    ({ line, column, message }) => `${line}:${column} ${message}`,
  );
};

test.each([
  ['option: A mss=1000 noDelay=true', []],
  ['option: A msl=1s', []],
  ['option: A delayedAck=900', ['1:11 delayedAck is 900, it must be a number from 0 to 499']],
  ['option: B mss=7', ["1:11 mss is '7', it must be an integer from 28 to 65475"]],
  ['option: B mtu=infinite', ["1:11 mtu is 'infinite', it must be an integer from 68 to 65475"]],
  ['option: A noDelay=3', ["1:11 noDelay is a boolean, not '3'"]],
  ['network: delay=10ms', []],
  ['network: loss=3', ['1:10 expected delay=TIME, found loss=3']],
])('%s', (setting, expected) => {
  expect(complaints(setting)).toEqual(expected);
});
