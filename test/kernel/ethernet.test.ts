/** A host of its own on an Ethernet, with the kernel as the other station: TAP in a namespace. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { canUseTun, runInNamespace, script } from './namespace.ts';

const noTun = canUseTun();
if (noTun !== undefined) console.log(`ethernet.test.ts: skipped, ${noTun}`);

const missing = (...programs: readonly string[]): boolean =>
  programs.some((program) => spawnSync('which', [program], { stdio: 'ignore' }).status !== 0);

function without(...programs: readonly string[]): boolean {
  if (noTun !== undefined) return true;
  const absent = programs.filter((program) => missing(program));
  if (absent.length > 0) console.log(`ethernet.test.ts: a test skipped, no ${absent.join(', ')}`);
  return absent.length > 0;
}

/** What a scenario of ethernet.script.ts found; it must have ended well. */
function findings(scenario: string): unknown {
  const command = script('test/kernel/ethernet.script.ts', scenario);
  const { status, signal, stdout, stderr } = runInNamespace(command, { timeout: 60_000 });
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  return JSON.parse(stdout);
}

const LIMIT = { timeout: 70_000 }; // ms

describe.skipIf(without('ping'))('the kernel and estab on an Ethernet', () => {
  test(
    'know each other: `ip neigh` and `ip -6 neigh` say REACHABLE, ping and TCP go',
    LIMIT,
    () => {
      expect(findings('neighbours')).toEqual({
        pings: ['3', '3'],
        kernel: [
          '10.9.0.2 lladdr 02:00:00:00:00:0a REACHABLE',
          'fd00:9::2 lladdr 02:00:00:00:00:0a REACHABLE',
        ],
        tcp: [true],
        ours: {
          '10.9.0.1': expect.stringMatching(/REACHABLE|DELAY|PROBE/),
          'fd00:9::1': expect.stringMatching(/REACHABLE|DELAY|PROBE/),
        },
      });
    },
  );

  test("answer each other's unicast probes: STALE becomes REACHABLE again", LIMIT, () => {
    expect(findings('probes')).toEqual({ stale: [true, true], asked: [true, true] });
  });

  test(
    'open connections: to the kernel, and to nobody (EHOSTUNREACH in three seconds)',
    LIMIT,
    () => {
      expect(findings('opens')).toEqual({
        results: ['reset', 'reset', 'host-unreachable', 'host-unreachable'],
        quick: true,
        ours: { '10.9.0.1': 'REACHABLE', 'fd00:9::1': 'REACHABLE' },
      });
    },
  );

  test('do not share an address: who comes second has none (RFC 4862 §5.4)', LIMIT, () => {
    expect(findings('duplicate')).toEqual({ state: 'duplicate', conflicts: 1 });
  });
});

describe.skipIf(without('arping', 'ndisc6'))('tools', () => {
  test('arping -D sees that our address is taken, ndisc6 finds who has it', LIMIT, () => {
    expect(findings('tools')).toEqual({ duplicates: true, who: true });
  });
});

describe.skipIf(without('radvd'))('radvd', () => {
  test('gives an address, a route, an MTU and a name server; we are reached there', LIMIT, () => {
    expect(findings('radvd')).toEqual({
      prefix: true,
      pings: '3',
      tcp: true,
      kernel: '* lladdr 02:00:00:00:00:0a REACHABLE',
      mtu: 1400,
      routes: ['2001:db8:5::/64', '::/0'],
      nameservers: ['2001:db8:5::35'],
      router: true,
    });
  });
});

describe.skipIf(without('dnsmasq'))('dnsmasq', () => {
  test('leases an address, we are reached there, and it gets it back', LIMIT, () => {
    expect(findings('dnsmasq')).toEqual({
      inRange: true,
      length: true,
      seconds: 120,
      nameservers: ['10.9.0.53'],
      domain: 'example.net',
      gateway: true,
      pings: '3',
      tcp: true,
      known: true,
      released: true,
      addresses: 0,
    });
  });
});
