/**
 * Questions and answers of DNS: RFC 1035, RFC 2308. An answer is anybody's octets: it must repeat our
 * question letter by letter, say a bounded number of things, and be readable (compression loops and
 * names without end are dns-packet's to refuse: NAME:WRECK, CVE-2020-27009 and others).
 */
import { decode, encode, RECURSION_DESIRED, type Answer } from 'dns-packet';
import { parseAddress, type IpAddress } from '../../wire/address.ts';

export type RecordType = 'A' | 'AAAA';

/** What a server says of a name. */
export type Reply =
  | { readonly kind: 'addresses'; readonly addresses: readonly IpAddress[]; readonly ttl: number }
  /** There is no such name, or no such address; `ttl` undefined: not to be remembered. */
  | { readonly kind: 'none'; readonly ttl: number | undefined }
  /** Another name has to be asked for. */
  | { readonly kind: 'alias'; readonly name: string }
  /** More than fits: to be asked for over TCP. */
  | { readonly kind: 'truncated' }
  /** The server cannot or will not say. */
  | { readonly kind: 'failed'; readonly code: number };

const HEADER = 12; // octets, RFC 1035 §4.1.1
const MOST_RECORDS = 512; // in all sections together; a name with more addresses is asked in vain
const MOST_ALIASES = 16; // in one answer
const MAX_TTL = 86_400; // s: a day, RFC 8767 §4 names a week as the most
const MAX_NEGATIVE_TTL = 300; // s: RFC 2308 §5 allows three hours

const Flag = { RESPONSE: 0x8000, OPCODE: 0x7800, TRUNCATED: 0x0200 } as const;
const Code = { NO_ERROR: 0, NAME_ERROR: 3 } as const;

/** A question for the addresses of `name`; its first two octets are the id. */
export function question(id: number, name: string, type: RecordType): Buffer {
  const questions = [{ type, class: 'IN' as const, name }];
  return encode({ type: 'query', id, flags: RECURSION_DESIRED, questions });
}

/** Can it be asked for: labels of 1 to 63 octets, 253 in all (RFC 1035 §2.3.4)? */
export function isName(name: string): boolean {
  const labels = name.replace(/\.$/, '').split('.');
  return name.length <= 253 && labels.every((label) => /^[\x21-\x7e]{1,63}$/.test(label));
}

/** What `octets` answer to `asked`; undefined: they are no answer to it, whatever they are. */
export function replyTo(
  asked: Buffer,
  name: string,
  type: RecordType,
  octets: Buffer,
): Reply | undefined {
  if (!repeats(asked, octets)) return undefined;
  const flags = octets.readUInt16BE(2);
  const code = flags & 0xf;
  if ((flags & Flag.TRUNCATED) !== 0) return { kind: 'truncated' };
  if (code !== Code.NO_ERROR && code !== Code.NAME_ERROR) return { kind: 'failed', code };
  if (recordsOf(octets) > MOST_RECORDS) return undefined;
  try {
    const { answers = [], authorities = [] } = decode(octets);
    if (decode.bytes > octets.length) return undefined; // cut short
    return follow(answers, authorities, name, type, code === Code.NAME_ERROR);
  } catch {
    return undefined; // not to be read
  }
}

/** The same id and the very same question, in a response with nothing else asked. */
function repeats(asked: Buffer, octets: Buffer): boolean {
  if (octets.length < asked.length) return false;
  const flags = octets.readUInt16BE(2);
  if ((flags & Flag.RESPONSE) === 0 || (flags & Flag.OPCODE) !== 0) return false;
  if (octets.readUInt16BE(0) !== asked.readUInt16BE(0) || octets.readUInt16BE(4) !== 1)
    return false;
  for (let i = HEADER; i < asked.length; i++) {
    if (lower(octets[i]) !== lower(asked[i])) return false;
  }
  return true;
}

/** Lengths of labels are below 64 and no letters. */
function lower(octet = 0): number {
  return octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet;
}

function recordsOf(octets: Buffer): number {
  return octets.readUInt16BE(6) + octets.readUInt16BE(8) + octets.readUInt16BE(10);
}

/** From alias to alias to the addresses: RFC 1034 §3.6.2. */
function follow(
  answers: readonly Answer[],
  authorities: readonly Answer[],
  name: string,
  type: RecordType,
  denied: boolean,
): Reply {
  let at = plain(name);
  let ttl = MAX_TTL;
  for (let i = 0; i < MOST_ALIASES; i++) {
    const own = answers.filter((record) => plain(record.name) === at);
    const found = addressesOf(own, type);
    if (found.addresses.length > 0) {
      return { kind: 'addresses', addresses: found.addresses, ttl: Math.min(ttl, found.ttl) };
    }
    const alias = own.find((record) => record.type === 'CNAME');
    if (alias?.type !== 'CNAME') break;
    ttl = Math.min(ttl, ttlOf(alias.ttl));
    at = plain(alias.data);
  }
  const authority = authorities.find((record) => record.type === 'SOA');
  if (authority?.type === 'SOA') {
    const negative = Math.min(ttlOf(authority.ttl), ttlOf(authority.data.minimum));
    return { kind: 'none', ttl: Math.min(negative, MAX_NEGATIVE_TTL) };
  }
  return denied || at === plain(name)
    ? { kind: 'none', ttl: undefined }
    : { kind: 'alias', name: at };
}

/** @throws RangeError when one is none. */
function addressesOf(
  records: readonly Answer[],
  type: RecordType,
): { addresses: IpAddress[]; ttl: number } {
  const addresses: IpAddress[] = [];
  let ttl = MAX_TTL;
  for (const record of records) {
    if (record.type !== type || (record.class !== undefined && record.class !== 'IN')) continue;
    const address = parseAddress(record.data);
    if (address === undefined) throw new RangeError('no address');
    addresses.push(address);
    ttl = Math.min(ttl, ttlOf(record.ttl));
  }
  return { addresses, ttl };
}

/** RFC 2181 §8: one with the highest bit set is zero. */
function ttlOf(ttl = 0): number {
  return ttl > 0x7fffffff || ttl < 0 ? 0 : Math.min(ttl, MAX_TTL);
}

function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
