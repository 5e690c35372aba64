/**
 * What the system under test is set to: the profile, and what `sysctl` and `ip route` of a script changed since.
 * A name that is not in the table is not guessed at: it is a feature that is missing.
 */
import type { EcnMode, ProfileName, TcpDefaults } from '../../tcp/options.ts';
import { PROFILES } from '../../tcp/profiles.ts';
import type { Wishes } from './descriptors.ts';
import { Unsupported } from './scanner.ts';

export class Settings {
  readonly profile: ProfileName;
  /** Goes before the profile. */
  readonly tcp: Wishes = {};
  mtu: number; //                      octets, of the device
  /** Nothing leaves the host: `pfifo limit 0`. */
  dropsAll = false;
  /** net.ipv4.tcp_fastopen, its bits: clients, servers, without a cookie, listeners that did not ask. */
  fastOpen: number = 1;
  syncookies = true;
  notsentLowat: number = Infinity; //          octets
  readonly #values = new Map<string, string>(); // of every sysctl that was set
  readonly #before = new Map<string, string>(); // for sysctl_restore

  constructor(profile: ProfileName, mtu: number) {
    this.profile = profile;
    this.mtu = mtu;
  }

  /** Everything that is not as the profile has it. */
  get wishes(): Partial<TcpDefaults> {
    return { profile: this.profile, ...this.tcp };
  }

  /** As `sysctl -w name=value`; with slashes or dots. */
  sysctl(name: string, value: string, restorable: boolean): void {
    const bare = nameOf(name);
    const setting = SYSCTLS[bare];
    if (setting === undefined) throw new Unsupported(`sysctl ${bare}`);
    if (restorable && !this.#before.has(bare)) {
      const before = this.#values.get(bare) ?? DEFAULTS.get(bare);
      if (before !== undefined) this.#before.set(bare, before);
    }
    this.#values.set(bare, value);
    setting(this, value.trim().split(/\s+/).map(numberOf), value.trim());
  }

  /** What `set_sysctls.py` changed is as it was before. */
  restore(): void {
    for (const [name, value] of this.#before) this.sysctl(name, value, false);
    this.#before.clear();
  }

  /** `defaults.sh`: what a production host is set to, and what all scripts begin with. */
  defaults(): void {
    for (const [name, value] of DEFAULTS) this.sysctl(name, value, false);
  }
}

const numberOf = (text: string): number =>
  /^-?(?:0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : NaN;

/** `/proc/sys/net/ipv4/tcp_sack`, `net.ipv4.tcp_sack`, `net/ipv4/tcp_sack`: `tcp_sack`. */
function nameOf(name: string): string {
  const dotted = name.replace(/^\/proc\/sys\//, '').replaceAll('/', '.');
  return dotted.replace(/^net\.ipv[46]\./, '');
}

/** As the selftests of the kernel and Google's scripts have them. */
const DEFAULTS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    tcp_rmem: '4096 540000 15728640',
    tcp_wmem: '4096 262144 4194304',
    tcp_timestamps: '1',
    tcp_syn_retries: '5',
    tcp_synack_retries: '5',
    tcp_frto: '2',
    tcp_sack: '1',
    tcp_dsack: '1',
    tcp_fack: '0',
    tcp_reordering: '3',
    tcp_congestion_control: 'cubic',
    tcp_slow_start_after_idle: '0',
    tcp_early_retrans: '4',
    tcp_recovery: '1',
    tcp_tso_win_divisor: '3',
    tcp_ecn: '0',
    tcp_ecn_option: '2',
    tcp_pacing_ss_ratio: '200',
    tcp_pacing_ca_ratio: '120',
    tcp_notsent_lowat: '4294967295',
    tcp_fastopen: '0x70403',
    tcp_fastopen_key: 'a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4',
    tcp_syncookies: '1',
  }),
);

type Setting = (settings: Settings, values: readonly number[], text: string) => void;

/** Has no effect here, and need not have: it tunes what this stack does not do. */
const ignored: Setting = () => undefined;

const on = (values: readonly number[]): boolean => (values[0] ?? 0) > 0;

/** Times out after so many retransmissions of a SYN, the first after a second, each twice as long. */
const synTimeout = (retries: number): number => (2 ** (Math.min(retries, 12) + 1) - 1) * 1000;

const SYSCTLS: Readonly<Record<string, Setting>> = {
  tcp_rmem: ({ tcp }, [, middle = 0, most = 0]) => {
    tcp.receiveBuffer = middle;
    tcp.receiveBufferMax = Math.max(middle, most);
  },
  tcp_wmem: ({ tcp }, [, middle = 0, most = 0]) => {
    tcp.sendBuffer = middle;
    tcp.sendBufferMax = Math.max(middle, most);
  },
  tcp_timestamps: ({ tcp }, values) => {
    tcp.timestamps = on(values);
  },
  tcp_window_scaling: ({ tcp }, values) => {
    tcp.windowScaling = on(values);
  },
  tcp_sack: ({ tcp }, values) => {
    tcp.sack = on(values);
  },
  tcp_frto: ({ tcp }, values) => {
    tcp.frto = on(values);
  },
  tcp_congestion_control: ({ tcp }, _, name) => {
    if (name !== 'cubic' && name !== 'reno' && name !== 'bbr') {
      throw new Unsupported(`congestion control ${name}`);
    }
    tcp.congestionControl = name;
  },
  tcp_slow_start_after_idle: ({ tcp }, values) => {
    tcp.afterIdle = on(values) ? 'restart' : 'keep';
  },
  tcp_early_retrans: ({ tcp }, [value = 0]) => {
    tcp.tailLossProbe = value >= 3;
  },
  tcp_recovery: ({ tcp }, [value = 0]) => {
    tcp.recovery = (value & 1) === 1 ? 'rack' : 'sack';
  },
  tcp_ecn: ({ tcp }, [value = 0]) => {
    tcp.ecn = ECN[value] ?? 'off';
  },
  tcp_mtu_probing: ({ tcp }, [value = 0]) => {
    tcp.mtuProbing = value === 0 ? 'off' : value === 1 ? 'black-hole' : 'always';
  },
  tcp_syn_retries: ({ tcp }, [value = 0]) => {
    tcp.synTimeout = synTimeout(value);
  },
  tcp_notsent_lowat: (settings, [value = Infinity]) => {
    settings.notsentLowat = value >= 0xffff_ffff ? Infinity : value;
  },
  tcp_fastopen: (settings, [value = 0]) => {
    settings.fastOpen = value;
  },
  tcp_syncookies: (settings, values) => {
    settings.syncookies = on(values);
  },
  tcp_keepalive_time: ({ tcp }, [value = 0]) => {
    tcp.keepAliveIdle = value * 1000;
  },
  tcp_keepalive_intvl: ({ tcp }, [value = 0]) => {
    tcp.keepAliveInterval = value * 1000;
  },
  tcp_keepalive_probes: ({ tcp }, [value = 0]) => {
    tcp.keepAliveProbes = value;
  },
  tcp_fin_timeout: ({ tcp }, [value = 0]) => {
    tcp.finWait2Timeout = value * 1000;
  },
  tcp_limit_output_bytes: ignored,
  tcp_synack_retries: ignored,
  tcp_dsack: ignored,
  tcp_fack: ignored,
  tcp_reordering: ignored,
  tcp_tso_win_divisor: ignored, //   no super-segments are built
  tcp_min_tso_segs: ignored,
  tcp_ecn_option: ignored,
  tcp_ecn_fallback: ignored,
  tcp_pacing_ss_ratio: ignored,
  tcp_pacing_ca_ratio: ignored,
  tcp_fastopen_key: ignored, //      the host has one of its own
  tcp_invalid_ratelimit: ignored,
  tcp_no_metrics_save: ignored, //   none are saved
  tcp_autocorking: ignored,
  tcp_thin_linear_timeouts: ignored,
};

/** net.ipv4.tcp_ecn: 0 to 3, and the two that ask for less than they answer. */
const ECN: readonly EcnMode[] = ['off', 'classic', 'passive', 'accurate', 'classic', 'passive'];

/** The profile's own value, where a script wants to know. */
export const profileValue = <K extends keyof TcpDefaults>(
  settings: Settings,
  key: K,
): TcpDefaults[K] => settings.tcp[key] ?? PROFILES[settings.profile][key];
