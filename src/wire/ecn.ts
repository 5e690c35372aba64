/** The ECN field of the IP header: RFC 3168 §5, Figure 1. */
export const NOT_ECT = 0;
export const ECT1 = 1;
export const ECT0 = 2;
export const CE = 3; // congestion experienced

/** The two bits of Type of Service and Traffic Class that are the ECN field. */
export const ECN_MASK = 3;
