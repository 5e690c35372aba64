/** IW: RFC 6928 §2, Linux's plainer form of it, and the older one of RFC 5681 §3.1. */
import type { ProfileName } from './options.ts';

const SEGMENT = 1460; // octets; RFC 6928 §2: min(10 * MSS, max(2 * MSS, 14600))

export interface InitialWindowOptions {
  /** Segments; RFC 6928 has 10, 0 stands for the formula of RFC 5681. */
  readonly initialWindow: number;
  readonly profile?: ProfileName;
}

/**
 * The initial window in octets. Linux sends as many segments whatever their size; the RFC and FreeBSD
 * not more than 14,600 octets of large ones.
 */
export function initialWindow(options: InitialWindowOptions, smss: number): number {
  const segments = options.initialWindow;
  if (segments === 0) return rfc5681(smss);
  if (options.profile === 'linux') return segments * smss;
  return Math.min(segments * smss, Math.max(2 * smss, segments * SEGMENT));
}

function rfc5681(smss: number): number {
  if (smss > 2190) return 2 * smss;
  if (smss > 1095) return 3 * smss;
  return 4 * smss;
}
