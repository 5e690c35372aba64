/** A script from its text to its outcome. */
import { datagramOf } from './datagram.ts';
import { familyOf, mtuOf } from './options.ts';
import { parseScript, type Definitions } from './parse.ts';
import type { Carrier, ScriptOutcome } from './result.ts';
import { runScript, type RunOptions } from './run.ts';
import { Settings } from './settings.ts';
import { SERVICE_PORT, Stage } from './stage.ts';
import { SYN } from '../../wire/segment.ts';
import { formatErrors } from '../ladder/source.ts';

export interface PlayOptions extends RunOptions {
  /** As `packetdrill -D NAME=VALUE`. */
  readonly definitions?: Definitions;
}

export function playScript(text: string, file: string, options: PlayOptions): ScriptOutcome {
  const definitions = { ...definitionsFor(options.carrier), ...options.definitions };
  const parsed = parseScript(text, file, definitions);
  if (parsed.ok) return runScript(parsed.script, options);
  const read = 'errors' in parsed;
  return {
    file,
    carrier: options.carrier,
    status: read ? 'unreadable' : 'unsupported',
    line: read ? (parsed.errors[0]?.line ?? 0) : parsed.line,
    message: read ? formatErrors(parsed.errors) : parsed.unsupported,
    source: '',
    expected: undefined,
    actual: undefined,
    pushes: [],
    printed: [],
    ladder: undefined,
  };
}

/** What the scripts of Google and of the kernel expect to be defined. */
function definitionsFor(carrier: Carrier): Definitions {
  const six = familyOf(carrier) === 6;
  return {
    TFO_COOKIE: fastOpenCookie(carrier),
    CMSG_LEVEL_IP: six ? 'SOL_IPV6' : 'SOL_IP',
    CMSG_TYPE_RECVERR: six ? 'IPV6_RECVERR' : 'IP_RECVERR',
    CODE: six ? 'address_unreachable' : 'host_unreachable',
  };
}

/** The cookie that our host gives the peer of every script: it is asked for one (RFC 7413 §4.1.1). */
function fastOpenCookie(carrier: Carrier): string {
  const family = familyOf(carrier);
  const settings = new Settings('linux', mtuOf(family));
  const clocks = { tick: 0, ecrScaled: false };
  const [local, remote, issAt] = [undefined, undefined, undefined];
  const stage = new Stage({ family, settings, clocks, local, remote, issAt });
  stage.host.listen(0, { port: SERVICE_PORT, tcp: { fastOpen: 'server' } });
  const it = stage.begin(false, SERVICE_PORT, undefined);
  const syn = { flags: SYN, seq: 0, length: 0, ack: undefined, win: 1000, urg: undefined } as const;
  const nothing = { ecn: undefined, tos: undefined, ttl: undefined, flowLabel: undefined };
  const options = [{ kind: 'FO', cookie: '' }] as const;
  stage.arrives(datagramOf({ kind: 'tcp', ...syn, options }, nothing, stage.endsOf(it)));
  const answer = stage.take();
  const option = answer?.packet.options?.find(({ kind }) => kind === 'FO');
  return option?.kind === 'FO' ? option.cookie : '';
}
