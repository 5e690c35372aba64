/** The `--name=value` lines of a script, and what a run may say besides. */
import { unknown } from '../ladder/spelling.ts';
import type { ScriptOption } from './ast.ts';
import type { Carrier } from './result.ts';
import { Unsupported } from './scanner.ts';

export interface ScriptOptions {
  tolerance: number; //               ms by which an event may be early or late
  tick: number; //                    microseconds of a timestamp; 0: not compared
  ecrScaled: boolean;
  strictSegments: boolean;
  mtu: number | undefined; //         octets
  local: string | undefined; //       addresses
  remote: string | undefined;
  /** The one it is for; undefined: any. */
  family: 4 | 6 | undefined;
}

/** What has no meaning here, and does no harm. */
const IGNORED = [
  'netmask_ip',
  'gateway_ip',
  'live_gateway_ip',
  'live_local_ip',
  'live_remote_ip',
  'speed',
  'mss', //                          whether arrivals may be larger than the device's MTU: they may
  'non_fatal',
  'persistent_tun_dev',
  'init_scripts',
  'bind_port',
  'connect_port',
  'wire_client',
  'verbose',
  'v',
  'send_omit_free',
  'define',
];

const KNOWN = [
  ...['tolerance_usecs', 'tcp_ts_tick_usecs', 'tcp_ts_ecr_scaled', 'strict_segments', 'mtu'],
  ...['local_ip', 'remote_ip', 'ip_version', ...IGNORED],
];

/** Google's scripts for one version of IP say so in their names. */
const NAMED = /(?:[-_]|ip)(v4|v6)(?:[-_][^/]*)?\.pkt$/;

export function readOptions(options: readonly ScriptOption[], file: string): ScriptOptions {
  const out: ScriptOptions = {
    tolerance: TOLERANCE,
    tick: 0,
    ecrScaled: false,
    strictSegments: false,
    mtu: undefined,
    local: undefined,
    remote: undefined,
    family: familyIn(file),
  };
  for (const { name, value, place } of options) {
    switch (name) {
      case 'tolerance_usecs':
        out.tolerance = Number(value) / 1000;
        break;
      case 'tcp_ts_tick_usecs':
        out.tick = Number(value);
        break;
      case 'tcp_ts_ecr_scaled':
        out.ecrScaled = true;
        break;
      case 'strict_segments':
        out.strictSegments = true;
        break;
      case 'mtu':
        out.mtu = Number(value);
        break;
      case 'local_ip':
        Object.assign(out, addressed(out, 'local', value));
        break;
      case 'remote_ip':
        Object.assign(out, addressed(out, 'remote', value));
        break;
      case 'ip_version':
        out.family = value === 'ipv6' ? 6 : 4;
        break;
      default:
        if (!IGNORED.includes(name)) {
          throw new Unsupported(
            unknown(
              'option',
              `--${name}`,
              KNOWN.map((one) => `--${one}`),
            ),
            place.line,
          );
        }
    }
  }
  return out;
}

const TOLERANCE = 4; // ms, as packetdrill has it

function familyIn(file: string): 4 | 6 | undefined {
  const found = NAMED.exec(file)?.[1];
  return found === undefined ? undefined : found === 'v6' ? 6 : 4;
}

/** An address also says which family the script is for. */
function addressed(
  out: ScriptOptions,
  end: 'local' | 'remote',
  value: string,
): Partial<ScriptOptions> {
  const family = value.includes(':') ? 6 : 4;
  return { [end]: value, family: out.family ?? family };
}

export const familyOf = (carrier: Carrier): 4 | 6 => (carrier === '6' ? 6 : 4);

/** Octets of the device: so that the MSS is 1460 over both versions. */
export const mtuOf = (family: 4 | 6): number => (family === 6 ? 1520 : 1500);
