import { describe, expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { cidrArgument, hostArgument, kernelAddress } from '../../src/cli/arguments.ts';
import { Command } from 'commander';
import { addTcpSettings, tcpSettings } from '../../src/cli/net/tcp-settings.ts';
import type { TcpDefaults } from '../../src/tcp/options.ts';
import { parseCidr, printCidr, type Cidr } from '../../src/wire/address.ts';
import { estab, looksLikeCrash } from './estab.ts';

const VERBS = ['ladder', 'listen', 'connect', 'netem', 'demo'];

describe('the command line', () => {
  test('--help lists the verbs with an example of each; nothing at all does the same', async () => {
    const { status, stdout, stderr } = await estab(['--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const verb of VERBS) expect(stdout).toMatch(new RegExp(`^ {2}estab ${verb}`, 'm'));
    expect(await estab([])).toEqual({ status, stdout, stderr });
  });

  test.each(VERBS)('%s --help explains itself with examples and exit codes', async (verb) => {
    const { status, stdout, stderr } = await estab([verb, '--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`Usage: estab ${verb}`);
    expect(stdout).toMatch(/^Exit status: 0/m);
    expect(stdout).toMatch(/^Examples:\n {2}\S/m);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  test('--version is the version of the package', async () => {
    const manifest: { version: string } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(await estab(['--version'])).toEqual({
      status: 0,
      stdout: `estab ${manifest.version}\n`,
      stderr: '',
    });
  });

  test('an unknown verb and an unknown option name the nearest one', async () => {
    const verb = await estab(['lader']);
    expect(verb.status).toBe(2);
    expect(verb.stderr).toContain("unknown command 'lader'\n(Did you mean ladder?)");
    const option = await estab(['ladder', '--rerum']);
    expect(option.status).toBe(2);
    expect(option.stderr).toContain("unknown option '--rerum'\n(Did you mean --rerun?)");
  });

  test.each([
    [['listen', '70000'], /^estab listen: PORT is '70000': give a number from 1 to 65535\n$/],
    [['listen', '0'], /^estab listen: PORT is '0': /],
    [['listen', 'http'], /^estab listen: PORT is 'http': /],
    [['listen'], /missing required argument 'PORT'/],
    [['listen', '7', '--address', '10.9.0.2'], /: --address is '10\.9\.0\.2': .*10\.9\.0\.2\/24/],
    [
      ['listen', '7', '--address', '10.9.0.2/24', '--kernel-address', '10.8.0.1/24'],
      /10\.8\.0\.1\/24 is not in the prefix of --address 10\.9\.0\.2\/24/,
    ],
    [['listen', '7', '--tun', 'a/b'], /^estab listen: --tun is 'a\/b': give 1 to 15 ASCII/],
    [['listen', '7', '--tun', 'sixteen-letters0'], /--tun is 'sixteen-letters0': /],
    [['listen', '\u001B]0;x\u0007'], /PORT is '␛\]0;x␇': /],
    [['connect', 'localhost', '80'], /HOST is 'localhost': .*stack of its own/],
    [['connect', '127.0.0.1', '80'], /HOST is '127\.0\.0\.1': .*stack of its own/],
    [['connect', 'example.org', '80'], /HOST is 'example\.org': .*does not look names up/],
    [
      ['connect', '10.9.0.1', '80', '--timeout', 'soon'],
      /--timeout is 'soon': give a number of seconds/,
    ],
    [
      ['connect', '10.9.0.1', '80', '--profile', 'linx'],
      /^estab connect: --profile: unknown name 'linx'; did you mean linux\? Known: linux, freebsd, rfc\n$/,
    ],
    [
      ['listen', '80', '--congestion', 'bbrr'],
      /^estab listen: --congestion: unknown name 'bbrr'; did you mean bbr\? Known: cubic, reno, bbr\n$/,
    ],
    [
      ['listen', '80', '--tcp', 'delayedAk=0'],
      /^estab listen: --tcp: unknown setting 'delayedAk'; did you mean delayedAck\? Known: profile, /,
    ],
    [['listen', '80', '--tcp', 'sack'], /: --tcp is 'sack': give a setting and its value, such as/],
    [['listen', '80', '--tcp', 'sack=yes'], /: --tcp sack is 'yes': give true or false\n$/],
    [
      ['listen', '80', '--tcp', 'ecn=acurate'],
      /: --tcp ecn: unknown value 'acurate'; did you mean accurate\? Known: off, passive, /,
    ],
    [['listen', '80', '--tcp', 'msl=long'], /: --tcp msl is 'long': give a time, such as 20s, /],
    [['listen', '80', '--tcp', 'maxSeg=5s'], /: --tcp maxSeg is '5s': give a size in octets/],
    [['listen', '80', '--tcp', 'r1=3s'], /: --tcp r1 is '3s': give a number\n$/],
    [
      ['listen', '80', '--tcp', 'delayedAck=2s'],
      /: --tcp delayedAck=2s: delayedAck is 2000, it must be a number from 0 to 499\n$/,
    ],
    [
      ['listen', '80', '--fast-open', '--tcp', 'fastOpen=both'],
      /: --tcp fastOpen=both contradicts --fast-open: leave one out\n$/,
    ],
  ])('%j: says what is wrong with it', async (args, message) => {
    const { status, stdout, stderr } = await estab(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(looksLikeCrash(stderr)).toBe(false);
  });
});

describe('settings of TCP', () => {
  /** What the options come to, for the side of a client. */
  function settingsOf(...args: readonly string[]): Partial<TcpDefaults> {
    const verb = addTcpSettings(new Command(), '').exitOverride();
    verb.parse(args, { from: 'user' });
    return tcpSettings(verb.opts(), 'client');
  }

  test.each<[string, Partial<TcpDefaults>]>([
    ['', {}],
    [
      '--profile rfc --congestion bbr --fast-open',
      { profile: 'rfc', congestionControl: 'bbr', fastOpen: 'client' },
    ],
    ['--tcp sack=false --tcp frto=on', { sack: false, frto: true }],
    [
      '--tcp userTimeout=20s --tcp msl=250 --tcp keepAliveIdle=2h',
      { userTimeout: 20_000, msl: 250, keepAliveIdle: 7_200_000 },
    ],
    [
      '--tcp receiveBuffer=64k --tcp sendBuffer=2M --tcp maxSeg=500',
      { receiveBuffer: 65_536, sendBuffer: 2_097_152, maxSeg: 500 },
    ],
    [
      '--tcp userTimeout=infinite --tcp initialWindow=4',
      { userTimeout: Infinity, initialWindow: 4 },
    ],
    ['--tcp ecn=accurate --tcp ecn=off', { ecn: 'off' }],
    ['--profile rfc --tcp profile=rfc', { profile: 'rfc' }],
  ])('%s', (args, settings) => {
    expect(settingsOf(...args.split(' ').filter((word) => word !== ''))).toEqual(settings);
  });
});

describe('addresses', () => {
  const cidr = (text: string): Cidr => parseCidr(text)!;

  test.each([
    ['10.9.0.2/24', '10.9.0.1/24'],
    ['10.9.0.1/24', '10.9.0.2/24'],
    ['10.9.0.200/25', '10.9.0.129/25'],
    ['10.9.0.4/31', '10.9.0.5/31'],
    ['10.9.0.5/31', '10.9.0.4/31'],
    ['fd00:9::2/64', 'fd00:9::1/64'],
    ['fd00:9::1/64', 'fd00:9::2/64'],
    ['fd00:9::8/127', 'fd00:9::9/127'],
  ])('the kernel beside %s is %s', (ours, kernels) => {
    expect(printCidr(kernelAddress(cidr(ours), undefined))).toBe(kernels);
  });

  test('a prefix with room for one and an address that is taken are refused', () => {
    expect(() => kernelAddress(cidr('10.9.0.2/32'), undefined)).toThrow(/no room .*--no-configure/);
    expect(() => kernelAddress(cidr('fd00::2/128'), undefined)).toThrow(/no room/);
    expect(() => kernelAddress(cidr('10.9.0.2/24'), cidr('10.9.0.2/24'))).toThrow(
      /10\.9\.0\.2, that is estab's own/,
    );
  });

  test.each([
    ['10.9.0.0/24', /names the prefix itself/],
    ['10.9.0.255/24', /broadcast address/],
    ['0.0.0.0/0', /unspecified/],
    ['224.0.0.1/4', /multicast/],
    ['127.0.0.1/8', /loopback/],
    ['::1/128', /loopback/],
  ])('%s is no address of a host', (text, message) => {
    expect(() => cidrArgument('--address')(text)).toThrow(message);
  });

  test('a peer may be in brackets, but has no zone and is one host', () => {
    expect(hostArgument('[fd00:9::1]')).toEqual(hostArgument('fd00:9::1'));
    expect(() => hostArgument('fe80::1%eth0')).toThrow(/without a zone/);
    expect(() => hostArgument('10.9.0.1/24')).toThrow(/without a zone or prefix/);
    expect(() => hostArgument('224.0.0.1')).toThrow(/multicast/);
  });
});
