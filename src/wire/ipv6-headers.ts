/** The extension headers of IPv6 that are read here: RFC 8200 §4, by their Next Header values. */
export const NextHeader = {
  HOP_BY_HOP: 0,
  ROUTING: 43,
  FRAGMENT: 44,
  DESTINATION_OPTIONS: 60,
} as const;
