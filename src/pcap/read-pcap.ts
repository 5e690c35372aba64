/**
 * Reads the classic capture format, draft-ietf-opsawg-pcap §4 and §5, of either byte order, with
 * microseconds or nanoseconds. Never throws: packets up to the first octet that makes no sense come back.
 */
import type { CapturedInterface, CapturedPacket } from './read-pcapng.ts';

const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;
const FILE_HEADER = 24; // octets
const PACKET_HEADER = 16;

export interface PcapCapture {
  readonly packets: readonly CapturedPacket[];
  /** `undefined` when the whole file was understood; `truncated` is fine while it is written. */
  readonly error: 'not-pcap' | 'truncated' | undefined;
}

/** Does `bytes` begin as such a file does? */
export function looksLikePcap(bytes: Uint8Array): boolean {
  return byteOrder(viewOf(bytes)) !== undefined;
}

export function readPcap(bytes: Uint8Array): PcapCapture {
  const view = viewOf(bytes);
  const order = byteOrder(view);
  if (order === undefined) return { packets: [], error: 'not-pcap' };
  const { littleEndian, perMs } = order;
  const linkType = view.getUint32(20, littleEndian) & 0xffff;
  const from: CapturedInterface = { name: '', linkType, resolution: perMs, offset: 0 };
  const packets: CapturedPacket[] = [];
  let at = FILE_HEADER;
  while (at + PACKET_HEADER <= bytes.length) {
    const seconds = view.getUint32(at, littleEndian);
    const fraction = view.getUint32(at + 4, littleEndian);
    const start = at + PACKET_HEADER;
    const end = start + view.getUint32(at + 8, littleEndian);
    if (end > bytes.length) break;
    packets.push({
      timeMs: seconds * 1000 + fraction / perMs,
      bytes,
      start,
      end,
      length: view.getUint32(at + 12, littleEndian),
      from,
      direction: undefined,
      comment: undefined,
    });
    at = end;
  }
  return { packets, error: at === bytes.length ? undefined : 'truncated' };
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

function byteOrder(view: DataView): { littleEndian: boolean; perMs: number } | undefined {
  if (view.byteLength < FILE_HEADER) return undefined;
  for (const littleEndian of [true, false]) {
    const magic = view.getUint32(0, littleEndian);
    if (magic === MICROSECONDS) return { littleEndian, perMs: 1e3 };
    if (magic === NANOSECONDS) return { littleEndian, perMs: 1e6 };
  }
  return undefined;
}
