/** Delivery rate samples, for controllers that want them. */

/** How fast text arrived over one round trip. */
export interface RateSample {
  /** Octets per ms; 0: unknown. */
  readonly deliveryRate: number;
}
