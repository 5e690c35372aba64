/**
 * `option: A mss=1000 noDelay=true`: which settings a side of a ladder may have, and what they mean
 * to a host. The names are those of TcpOptions (docs/ladders.md lists them).
 */
import { MAX_MTU, MIN_MTU } from '../../link/link.ts';
import { outOfRange } from '../../tcp/option-ranges.ts';
import type { TcpDefaults } from '../../tcp/options.ts';
import { RFC } from '../../tcp/profiles.ts';
import type { Ladder, Setting, Side } from './ast.ts';
import type { LadderError } from './source.ts';

/** Octets of IP and TCP header without options: an MTU less the MSS (RFC 9293 §3.7.1, MUST-67). */
const HEADERS = { 4: 40, 6: 60 } as const;

const DEFAULT_MTU = 1500; // octets
const BESIDE_TCP = ['mss', 'mtu'];
const NETWORK = ['delay'];
const TCP_KEYS = Object.keys(RFC);

/** What is wrong with the settings of a ladder. */
export function checkSettings(ladder: Ladder): LadderError[] {
  const wrong: LadderError[] = [];
  for (const setting of ladder.options) {
    const message = complaintAbout(setting);
    if (message !== undefined) wrong.push(errorAt(ladder, setting, message));
  }
  for (const setting of ladder.network) {
    if (NETWORK.includes(setting.key) && typeof setting.value === 'number') continue;
    const message = `expected delay=TIME, found ${setting.key}=${setting.text}`;
    wrong.push(errorAt(ladder, setting, message));
  }
  return wrong;
}

function complaintAbout({ key, value, text }: Setting): string | undefined {
  if (BESIDE_TCP.includes(key)) {
    const headers = key === 'mss' ? HEADERS[4] : 0;
    const [least, most] = [MIN_MTU - headers, MAX_MTU - HEADERS[6]];
    const fits = typeof value === 'number' && Number.isInteger(value);
    if (fits && value >= least && value <= most) return undefined;
    return `${key} is '${text}', it must be an integer from ${least} to ${most}`;
  }
  if (!TCP_KEYS.includes(key)) {
    return `no option '${key}'; known: ${[...BESIDE_TCP, ...TCP_KEYS].join(', ')}`;
  }
  const kind = typeof Object.entries(RFC).find(([name]) => name === key)?.[1];
  return typeof value === kind
    ? outOfRange({ [key]: value })
    : `${key} is a ${kind}, not '${text}'`;
}

function errorAt(ladder: Ladder, { place, key, text }: Setting, message: string): LadderError {
  const width = key.length + 1 + text.length;
  const { line, column } = place;
  return { file: ladder.file, line, column, width, message, source: `${key}=${text}` };
}

/** The options of one side as a host takes them. */
export function tcpOf(ladder: Ladder, side: Side): Partial<TcpDefaults> {
  const mine = ladder.options.filter((o) => o.side === side && !BESIDE_TCP.includes(o.key));
  return { profile: 'rfc', ...Object.fromEntries(mine.map(({ key, value }) => [key, value])) };
}

export function mtuOf(ladder: Ladder, side: Side, family: 4 | 6): number {
  const last = (key: string): number | undefined => {
    const found = ladder.options.filter((o) => o.side === side && o.key === key).at(-1)?.value;
    return typeof found === 'number' ? found : undefined;
  };
  const mss = last('mss');
  return last('mtu') ?? (mss === undefined ? DEFAULT_MTU : mss + HEADERS[family]);
}

/** How long a segment travels, ms. */
export function delayOf(ladder: Ladder): number {
  const delay = ladder.network.find(({ key }) => key === 'delay')?.value;
  return typeof delay === 'number' ? delay : 0;
}
