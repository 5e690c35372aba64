/**
 * A virtual machine small enough to boot in seconds without hardware support: Debian's kernel, its
 * virtio drivers and busybox, with a script of ours as the first process.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What tools/guest-kernel.sh unpacks. */
const KERNEL = '.cache/guest-kernel';

/** In the order in which they need each other. */
const DRIVERS = [
  'drivers/virtio/virtio_ring',
  'drivers/virtio/virtio',
  'drivers/virtio/virtio_pci_legacy_dev',
  'drivers/virtio/virtio_pci_modern_dev',
  'drivers/virtio/virtio_pci',
  'net/core/failover',
  'drivers/net/net_failover',
  'drivers/net/virtio_net',
];

const COMMAND_LINE = 'console=ttyS0 quiet panic=-1 tsc=reliable';

/** What is missing on this machine for a guest, in words that say what to do; undefined: nothing. */
export function guestMissing(): string | undefined {
  for (const command of ['qemu-system-x86_64', 'busybox', 'cpio', 'gzip']) {
    if (!inPath(command)) return `${command} is not installed`;
  }
  if (kernelVersion() === undefined) return 'there is no kernel: run tools/guest-kernel.sh';
  return undefined;
}

export interface GuestOptions {
  /** QEMU's own words for the network device of the guest, `-netdev` without its `id`. */
  readonly netdev: string;
  /** Shell commands of busybox, run when the drivers are loaded; the guest's device is eth0. */
  readonly script: string;
  readonly mac?: string;
}

/** Boots a guest; its console is the child's standard output. The guest is off when the child ends. */
export function startGuest({
  netdev,
  script,
  mac = '52:54:00:12:34:56',
}: GuestOptions): ChildProcess {
  const version = kernelVersion();
  if (version === undefined) throw new Error('there is no kernel: run tools/guest-kernel.sh');
  const directory = mkdtempSync(join(tmpdir(), 'estab-guest-'));
  const image = initramfs(directory, version, script);
  const child = spawn(
    'qemu-system-x86_64',
    [
      ...[
        '-machine',
        'pc',
        '-accel',
        'tcg',
        '-cpu',
        'max',
        '-m',
        '128',
        '-nographic',
        '-no-reboot',
      ],
      ...['-kernel', `${KERNEL}/boot/vmlinuz-${version}`, '-initrd', image],
      ...['-append', COMMAND_LINE],
      ...['-netdev', netdev.replace(/^[^,]+/, '$&,id=net0')],
      ...['-device', `virtio-net-pci,netdev=net0,mac=${mac},romfile=`], // no boot from the network
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  child.once('close', () => rmSync(directory, { recursive: true, force: true }));
  return child;
}

/** A file system in memory: busybox, the drivers, and /init that loads them and runs `script`. */
function initramfs(directory: string, version: string, script: string): string {
  const root = join(directory, 'root');
  for (const name of ['bin', 'lib', 'proc', 'sys', 'dev', 'tmp'])
    mkdirSync(join(root, name), { recursive: true });
  cpSync(commandPath('busybox'), join(root, 'bin/busybox'), { dereference: true });
  const names = DRIVERS.map((driver) => driver.slice(driver.lastIndexOf('/') + 1));
  DRIVERS.forEach((driver, i) => {
    cpSync(
      `${KERNEL}/lib/modules/${version}/kernel/${driver}.ko`,
      join(root, `lib/${names[i]}.ko`),
    );
  });
  const init = `#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
for driver in ${names.join(' ')}; do insmod /lib/$driver.ko; done
${script}
poweroff -f
`;
  writeFileSync(join(root, 'init'), init, { mode: 0o755 });
  const image = join(directory, 'initramfs.gz');
  execFileSync('sh', ['-c', `find . | cpio -o -H newc --quiet | gzip -1 > '${image}'`], {
    cwd: root,
  });
  return image;
}

function kernelVersion(): string | undefined {
  if (!existsSync(`${KERNEL}/boot`)) return undefined;
  const name = readdirSync(`${KERNEL}/boot`).find((file) => file.startsWith('vmlinuz-'));
  return name?.slice('vmlinuz-'.length);
}

function inPath(command: string): boolean {
  try {
    commandPath(command);
    return true;
  } catch {
    return false;
  }
}

function commandPath(command: string): string {
  return execFileSync('sh', ['-c', `command -v ${command}`], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}
