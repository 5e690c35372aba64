/** `--profile`, `--congestion`, `--tcp KEY=VALUE` and `--fast-open`: how the TCP of listen and connect is set. */
import type { Command } from 'commander';
import { unknown } from '../../lab/ladder/spelling.ts';
import { visible } from '../../lab/ladder/visible.ts';
import { outOfRange, rangeOf, wordsOf } from '../../tcp/option-ranges.ts';
import { CONTROLLERS, PROFILE_NAMES, type TcpDefaults } from '../../tcp/options.ts';
import { RFC } from '../../tcp/profiles.ts';
import { EXIT, Failure } from '../failure.ts';
import { misuse } from '../netem/units.ts';

export interface TcpSettingOptions {
  readonly profile?: Partial<TcpDefaults>;
  readonly congestion?: Partial<TcpDefaults>;
  readonly tcp?: Partial<TcpDefaults>;
  readonly fastOpen?: boolean;
}

export function addTcpSettings(verb: Command, fastOpen: string): Command {
  return verb
    .option(
      '--profile <NAME>',
      `how TCP is set: ${PROFILE_NAMES.join(', ')} (default: linux)`,
      (text) => word('--profile', 'profile', text, PROFILE_NAMES),
    )
    .option(
      '--congestion <NAME>',
      `who decides how much is in flight: ${CONTROLLERS.join(', ')}`,
      (text) => word('--congestion', 'congestionControl', text, CONTROLLERS),
    )
    .option(
      '--tcp <KEY=VALUE>',
      'one setting of TCP, such as delayedAck=0 or userTimeout=20s; may be given several times, ' +
        'docs/sockets.md lists them',
      (text: string, before: Partial<TcpDefaults> = {}) => ({ ...before, ...setting(text) }),
    )
    .option('--fast-open', fastOpen);
}

/** Of what was given, for one side. @throws Failure when two of them contradict each other. */
export function tcpSettings(
  { profile, congestion, tcp = {}, fastOpen }: TcpSettingOptions,
  side: 'client' | 'server',
): Partial<TcpDefaults> {
  const fast: Partial<TcpDefaults> = fastOpen === true ? { fastOpen: side } : {};
  const flags = { ...profile, ...congestion, ...fast };
  for (const [name, value] of Object.entries(flags)) {
    const other = Object.entries(tcp).find(([key]) => key === name);
    if (other === undefined || other[1] === value) continue;
    const message = `--tcp ${name}=${String(other[1])} contradicts ${FLAGS[name] ?? name}: leave one out`;
    throw new Failure(message, EXIT.misused);
  }
  return { ...tcp, ...flags };
}

const FLAGS: Readonly<Record<string, string>> = {
  profile: '--profile',
  congestionControl: '--congestion',
  fastOpen: '--fast-open',
};

function word(
  option: string,
  key: keyof TcpDefaults,
  text: string,
  names: readonly string[],
): Partial<TcpDefaults> {
  if (names.includes(text)) return { [key]: text };
  throw new Failure(`${option}: ${unknown('name', visible(text), names)}`, EXIT.misused);
}

function setting(text: string): Partial<TcpDefaults> {
  const [, key = '', value = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  if (key === '' || value === '') {
    throw misuse('--tcp', text, 'give a setting and its value, such as delayedAck=0');
  }
  const known = Object.entries(RFC).find(([name]) => name === key);
  if (known === undefined) {
    const message = unknown('setting', visible(key), Object.keys(RFC));
    throw new Failure(`--tcp: ${message}`, EXIT.misused);
  }
  const made = { [key]: valueOf(key, value, known[1]) };
  const wrong = outOfRange(made);
  if (wrong !== undefined) throw new Failure(`--tcp ${visible(text)}: ${wrong}`, EXIT.misused);
  return made;
}

/** Of the kind that the setting has. */
function valueOf(key: string, text: string, like: unknown): unknown {
  const option = `--tcp ${key}`;
  if (typeof like === 'boolean') {
    const value = YES_OR_NO.get(text);
    if (value !== undefined) return value;
    throw misuse(option, text, 'give true or false');
  }
  if (typeof like === 'string') {
    const words = wordsOf(key) ?? [];
    if (words.includes(text)) return text;
    throw new Failure(`${option}: ${unknown('value', visible(text), words)}`, EXIT.misused);
  }
  const unit = rangeOf(key)?.unit ?? '';
  const value = numberIn(text, UNITS[unit]);
  if (value !== undefined) return value;
  throw misuse(option, text, ADVICE[unit]);
}

const YES_OR_NO: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['on', true],
  ['false', false],
  ['off', false],
]);

const UNITS = {
  ms: { '': 1, ms: 1, s: 1000, min: 60_000, h: 3_600_000 },
  octets: { '': 1, k: 2 ** 10, kb: 2 ** 10, m: 2 ** 20, mb: 2 ** 20, g: 2 ** 30, gb: 2 ** 30 },
  '': { '': 1 },
} as const;

const ADVICE = {
  ms: 'give a time, such as 20s, 200ms or 5min, or infinite; without a unit it is milliseconds',
  octets: 'give a size in octets, such as 1000, 64k or 2M, or infinite',
  '': 'give a number',
} as const;

function numberIn(text: string, units: Readonly<Record<string, number>>): number | undefined {
  if (/^infini(?:te|ty)$/i.test(text)) return Infinity;
  const [, digits = '', unit = ''] = /^([0-9]+(?:\.[0-9]+)?)([a-z]*)$/i.exec(text) ?? [];
  const factor = units[unit.toLowerCase()];
  return digits === '' || factor === undefined ? undefined : Number(digits) * factor;
}
