/** `estab/link/node`: the machine's own devices, on Node. TUN wants the optional peer `koffi`. */
export { monotonicMs } from '../link/node/clock.ts';
export { configureTun, type TunConfiguration } from '../link/node/configure-tun.ts';
export { DeviceError } from '../link/node/libc.ts';
export { openPcapFile, type PcapFile } from '../link/node/pcap-file.ts';
export { openQemuDgram, type QemuDgramOptions } from '../link/node/qemu-dgram.ts';
export {
  connectQemu,
  listenQemu,
  type QemuLink,
  type QemuPlace,
  type QemuServer,
  type QemuServerOptions,
} from '../link/node/qemu.ts';
export type { QemuOptions } from '../link/node/qemu-stream.ts';
export { openTap, type TapLink, type TapOptions } from '../link/node/tap.ts';
export { openTun, type TunLink, type TunOptions } from '../link/node/tun.ts';
