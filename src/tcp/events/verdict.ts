/** What a check of RFC 9293 §3.10.7.4 says: go on, or "drop the segment and return". */
export type Verdict = boolean;
export const NEXT: Verdict = true;
export const STOP: Verdict = false;
