import { describe, expect, test } from 'vitest';
import type { PacketEvent } from '../../src/stack/packet-event.ts';
import { TRANSITIONS, type State } from '../../src/tcp/state.ts';
import { complaint, ladderNamed, NAMES, play, variantsOf } from './all-ladders.ts';

const titleOf = (name: string): string => {
  const { requirements } = ladderNamed(name);
  return [name, ...requirements].join(' ');
};

describe('every ladder runs as written: plain, over IPv6, across the wrap, without fast path', () => {
  test.each(NAMES.map((name) => [titleOf(name), name] as const))('%s', (_, name) => {
    const ladder = ladderNamed(name);
    for (const variant of variantsOf(ladder)) {
      expect(complaint(play(ladder, variant)), variant.variant ?? 'plain').toBe('');
    }
  });
});

describe('what a ladder says of itself', () => {
  test('a title of its own', () => {
    const titles = NAMES.map((name) => ladderNamed(name).title);
    expect(titles.filter((title, i) => title === '' || titles.indexOf(title) !== i)).toEqual([]);
  });

  test('where to read about it, and what to look for', () => {
    const silent = NAMES.filter((name) => {
      const { cite, notes } = ladderNamed(name);
      return cite === undefined || notes.length === 0;
    });
    expect(silent).toEqual([]);
  });

  test('a name that begins with the label it shows, in ladders/requirements', () => {
    const others = NAMES.filter((name) => name.startsWith('requirements/')).filter((name) => {
      const label = /^requirements\/([a-z]+)-([0-9]+)-/.exec(name);
      const shown = `${label?.[1]?.toUpperCase()}-${Number(label?.[2])}`;
      return !ladderNamed(name).requirements.includes(shown);
    });
    expect(others).toEqual([]);
  });
});

test('together they take every arrow of RFC 9293 Figure 5', () => {
  const taken = new Set<string>();
  const transition = (_now: number, _socket: unknown, from: State, to: State): void => {
    taken.add(`${from} to ${to}`);
  };
  // Before and after a segment: FIN-WAIT-1 to TIME-WAIT (note 2) goes by FIN-WAIT-2, as §3.10.7.4
  // has it in the fifth check.
  const packet = ({ before, after }: PacketEvent): void => {
    if (before !== undefined && after !== undefined) taken.add(`${before} to ${after}`);
  };
  for (const name of NAMES) {
    const ladder = ladderNamed(name);
    play(ladder, { family: ladder.family === 6 ? 6 : 4, observe: () => ({ packet, transition }) });
  }
  const arrows = Object.entries(TRANSITIONS).flatMap(([from, all]) =>
    all.map(({ to, figure5 }) => ({ arrow: `${from} to ${to}`, figure5 })),
  );
  const drawn = arrows.filter(({ figure5 }) => figure5).map(({ arrow }) => arrow);
  expect(drawn.filter((arrow) => !taken.has(arrow))).toEqual([]);
});
