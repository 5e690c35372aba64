/** IW: RFC 5681 §3.1 and RFC 6928 §2. */

const SEGMENT = 1460; // octets; RFC 6928 §2 counts ten of these, 14,600

/** The initial window in octets; `segments` 0: by the formula of RFC 5681. */
export function initialWindow(options: { initialWindow: number }, smss: number): number {
  const segments = options.initialWindow;
  if (segments > 0) return Math.min(segments * smss, Math.max(2 * smss, segments * SEGMENT));
  if (smss > 2190) return 2 * smss;
  if (smss > 1095) return 3 * smss;
  return 4 * smss;
}
