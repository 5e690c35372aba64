/** A rule in the core's words, `§3.10.7.4 second: ...`, as the reason and the section of a difference. */

export interface Explanation {
  readonly because: string | undefined;
  readonly section: string | undefined;
}

export function explained(rule: string): Explanation {
  const colon = rule.indexOf(': ');
  if (colon < 0) return { because: rule === '' ? undefined : rule, section: undefined };
  const source = rule.slice(0, colon);
  return {
    because: rule.slice(colon + 2),
    section: source.startsWith('§') ? `RFC 9293 ${source}` : source,
  };
}
