/** A packet under way, and who keeps it: a link has memory of its own, a world its flights. */

export class Parcel {
  bytes: Uint8Array;
  view: DataView;
  start: number;
  end: number;
  enqueuedAt = 0; //  ms, when it came to the bottleneck
  travelTime = 0; //  ms, from the end of the bottleneck to the end of the way
  dueAt = 0; //       ms, when it arrives
  order = 0; //       of those that are due at the same time

  constructor(bytes: Uint8Array, view: DataView, start: number, end: number) {
    this.bytes = bytes;
    this.view = view;
    this.start = start;
    this.end = end;
  }
}

export interface Carrier<P extends Parcel> {
  /** A second one with the same content; undefined when there is no room for it. */
  copy(parcel: P): P | undefined;
  /** It has arrived, at the time it was due. */
  deliver(parcel: P): void;
  /** It does not arrive. */
  discard(parcel: P): void;
}
