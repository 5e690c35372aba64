/** `estab/pcap`: captures in and out. */
export { PcapngWriter, type CaptureHeader, type PacketNote } from '../pcap/pcapng.ts';
export {
  readPcapng,
  type Capture,
  type CapturedInterface,
  type CapturedPacket,
  type PcapngError,
} from '../pcap/read-pcapng.ts';
