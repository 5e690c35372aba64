/** UDP and DNS of estab with the Linux kernel and its programs: nc, traceroute, ping, dnsmasq. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { canUseTun, runInNamespace, script } from './namespace.ts';

const noTun = canUseTun();
if (noTun !== undefined) console.log(`udp.test.ts: skipped, ${noTun}`);

function without(...programs: readonly string[]): boolean {
  if (noTun !== undefined) return true;
  const absent = programs.filter(
    (program) => spawnSync('which', [program], { stdio: 'ignore' }).status !== 0,
  );
  if (absent.length > 0) console.log(`udp.test.ts: tests skipped, no ${absent.join(', ')}`);
  return absent.length > 0;
}

/** What a scenario of udp.script.ts found; it must have ended well. */
function findings(scenario: string): unknown {
  const command = script('test/kernel/udp.script.ts', scenario);
  const { status, signal, stdout, stderr } = runInNamespace(command, { timeout: 50_000 });
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  return JSON.parse(stdout);
}

const LIMIT = { timeout: 60_000 }; // ms

describe.skipIf(without('nc'))('nc -u', () => {
  test('as a client of ours, over IPv4 and IPv6', LIMIT, () => {
    expect(findings('nc as a client')).toEqual(['you said good day\n', 'you said good day\n']);
  });

  test('as a server that we talk to', LIMIT, () => {
    const family = { 4: 'IPv4', 6: 'IPv6' };
    expect(findings('nc as a server')).toEqual([
      {
        nc: 'hello nc',
        us: 'nc here\n',
        from: { address: '10.9.0.1', family: family[4], port: 5005, size: 8 },
      },
      {
        nc: 'hello nc',
        us: 'nc here\n',
        from: { address: 'fd00:9::1', family: family[6], port: 5005, size: 8 },
      },
    ]);
  });
});

describe.skipIf(without())('the kernel', () => {
  test('echoes messages of up to 65,507 octets, in fragments both ways', LIMIT, () => {
    expect(findings('large messages')).toEqual(Array.from({ length: 8 }, () => true));
  });

  test('port unreachable: both send it, both hear it (RFC 1122 §4.1.3.1)', LIMIT, () => {
    const message = 'recvmsg ECONNREFUSED';
    expect(findings('unreachable')).toEqual([message, message, message, message]);
  });

  test('multicast both ways', LIMIT, () => {
    expect(findings('multicast')).toEqual(['from the kernel', 'from estab']);
  });
});

describe.skipIf(without('traceroute', 'ping'))('who looks for us', () => {
  test('traceroute with UDP ends at our port unreachable', LIMIT, () => {
    expect(findings('traceroute')).toEqual([
      { status: 0, hops: [['1', '10.9.0.2']] },
      { status: 0, hops: [['1', 'fd00:9::2']] },
    ]);
  });

  test('ping', LIMIT, () => {
    expect(findings('ping')).toEqual([
      [0, '2'],
      [0, '2'],
    ]);
  });
});

describe.skipIf(without('dnsmasq'))('dnsmasq', () => {
  test('tells names over UDP, and long lists over TCP', LIMIT, () => {
    const expected: Record<string, unknown> = {};
    for (const server of ['10.9.0.1', '[fd00:9::1]:53']) {
      expected[`one.test ${server}`] = ['10.7.1.1', 'fd00:7::1']; // RFC 6724: fc00::/7 last
      expected[`four.test ${server}`] = ['10.7.1.2'];
      expected[`alias.test ${server}`] = ['10.7.1.1', 'fd00:7::1'];
      expected[`nosuch.test ${server}`] = 'getaddrinfo ENOTFOUND nosuch.test';
      expected[`many.test ${server}`] = [120, 'over TCP'];
    }
    expect(findings('dnsmasq')).toEqual(expected);
  });
});
