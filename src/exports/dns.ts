/** `estab/dns`: names, over our own UDP: a resolver for a stack, and the shape of `dns.lookup`. */
import { lookupOn, type Lookup } from '../socket/node/dns-lookup.ts';
import { defaultStack } from '../socket/stack.ts';

export { dnsResolver, type DnsOptions } from '../socket/node/dns-client.ts';
export {
  lookupOn,
  type Lookup,
  type LookupAddress,
  type LookupCallback,
  type LookupOptions,
} from '../socket/node/dns-lookup.ts';
export { NameError, type Hosts, type ResolveOptions, type Resolver } from '../socket/resolver.ts';

/** On the default stack. */
export const lookup: Lookup = lookupOn(defaultStack);
