/** `estab/link/node`: the machine's own devices, on Node. TUN wants the optional peer `koffi`. */
export { monotonicMs } from '../link/node/clock.ts';
export { configureTun, type TunConfiguration } from '../link/node/configure-tun.ts';
export { DeviceError } from '../link/node/libc.ts';
export { openPcapFile, type PcapFile } from '../link/node/pcap-file.ts';
export { openTap, type TapLink, type TapOptions } from '../link/node/tap.ts';
export { openTun, type TunLink, type TunOptions } from '../link/node/tun.ts';
