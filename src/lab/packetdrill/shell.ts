/**
 * The commands in back-quotes. Nothing is executed: what they would do to a kernel is done to the settings.
 * A command that is not known here is a feature that is missing, and is named.
 */
import type { Command } from './ast.ts';
import { Unsupported } from './scanner.ts';
import type { Settings } from './settings.ts';

/** @throws Unsupported when it does what cannot be done here. */
export function runCommand(command: Command, settings: Settings): void {
  const joined = command.text.replaceAll(/\\\n/g, ' ');
  for (const line of joined.split('\n')) {
    for (const part of line.replace(/(^|\s)#.*$/, '').split(/&&|\|\||;/)) {
      runOne(wordsOf(part), settings, command);
    }
  }
}

/** Words as a shell has them, without redirections of the output. */
function wordsOf(text: string): string[] {
  const bare = text.replaceAll(/(?:\d?|&)>>?\s*(?:&\d|\S+)/g, ' ');
  return [...bare.matchAll(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g)].map(([word]) =>
    word.replaceAll(/["']/g, ''),
  );
}

function runOne(words: readonly string[], settings: Settings, command: Command): void {
  const [program = '', ...args] = words;
  if (program === '') return;
  if (args.includes('|')) throw missing(words, command);
  const name = program.split('/').at(-1) ?? program;
  if (name === 'defaults.sh') settings.defaults();
  else if (name.startsWith('sysctl_restore')) settings.restore();
  else if (name === 'set_sysctls.py') assignments(args, settings, true, command);
  else if (name === 'sysctl') assignments(args, settings, false, command);
  else if (name === 'tc') trafficControl(args, settings, words, command);
  else if (name === 'ip') ip(args, settings, words, command);
  else if (!HARMLESS.includes(name)) throw missing(words, command);
}

/** They say something, or set what this stack does not have. */
const HARMLESS = ['ethtool', 'nstat', 'true', 'echo', 'sleep', 'rm', 'touch'];

const missing = (words: readonly string[], { place }: Command): Unsupported =>
  new Unsupported(`the command \`${words.join(' ')}\``, place.line);

/** `name=value` each; options of sysctl are passed over. */
function assignments(
  args: readonly string[],
  settings: Settings,
  restorable: boolean,
  { place }: Command,
): void {
  for (const word of args) {
    if (word.startsWith('-')) continue;
    const at = word.indexOf('=');
    if (at < 0) throw new Unsupported(`the command \`sysctl ${word}\``, place.line);
    try {
      settings.sysctl(word.slice(0, at), word.slice(at + 1), restorable);
    } catch (error) {
      if (error instanceof Unsupported) throw new Unsupported(error.feature, place.line);
      throw error;
    }
  }
}

/** `tc qdisc add dev tun0 root pfifo limit 0`: nothing leaves. */
function trafficControl(
  args: readonly string[],
  settings: Settings,
  words: readonly string[],
  command: Command,
): void {
  if (args[0] !== 'qdisc') throw missing(words, command);
  if (args.includes('netem') || args.includes('tbf')) throw missing(words, command);
  const limit = args.indexOf('limit');
  settings.dropsAll = limit >= 0 && args[limit + 1] === '0';
  if (args.includes('fq')) settings.tcp.pacing = 'on';
}

/** `ip tcp_metrics flush`, `ip link set dev tun0 mtu N`, `ip route change … mtu lock N initcwnd N`. */
function ip(
  args: readonly string[],
  settings: Settings,
  words: readonly string[],
  command: Command,
): void {
  const [object, verb] = args.filter((word) => !word.startsWith('-'));
  const after = (name: string): number | undefined => {
    const at = args.indexOf(name);
    if (at < 0) return undefined;
    const value = args[at + 1] === 'lock' ? args[at + 2] : args[at + 1];
    return /^\d+$/.test(value ?? '') ? Number(value) : undefined;
  };
  const mtu = after('mtu');
  if (object === 'tcp_metrics') return;
  if (object === 'link' && verb === 'set' && mtu !== undefined) {
    settings.mtu = mtu;
    return;
  }
  if (object === 'route' && (verb === 'change' || verb === 'replace' || verb === 'add')) {
    const window = after('initcwnd');
    if (mtu !== undefined) settings.mtu = mtu;
    if (window !== undefined) settings.tcp.initialWindow = window;
    if (after('advmss') === undefined || mtu !== undefined) return;
  }
  throw missing(words, command);
}
