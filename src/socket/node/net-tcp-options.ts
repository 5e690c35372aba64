/** What `estab/net` takes beside what `node:net` does: `tcp` and `fastOpen` of connect() and listen(). */
import { checkRanges } from '../../tcp/option-ranges.ts';
import type { TcpDefaults } from '../../tcp/options.ts';
import { isRecord, type Options } from './net-arguments.ts';
import { invalidArgType } from './net-errors.ts';

/**
 * The wishes of one connection, or of a listener's: those of Node go before `tcp`, as the more exact
 * ones. @throws TypeError or RangeError when they are none.
 */
export function tcpWishes(
  options: Options,
  nodes: Partial<TcpDefaults> | undefined,
  side: 'client' | 'server',
): Partial<TcpDefaults> | undefined {
  const { tcp, fastOpen } = options;
  if (tcp === undefined && fastOpen === undefined) return nodes;
  if (tcp !== undefined && !isRecord(tcp))
    throw invalidArgType('options.tcp', 'of type object', tcp);
  const number = side === 'server' && typeof fastOpen === 'number';
  if (fastOpen !== undefined && typeof fastOpen !== 'boolean' && !number) {
    const kind = side === 'server' ? 'one of type boolean or number' : 'of type boolean';
    throw invalidArgType('options.fastOpen', kind, fastOpen);
  }
  const wishes: Partial<TcpDefaults> = {
    ...tcp,
    ...nodes,
    ...(fastOpen !== undefined && { fastOpen: fastOpen === false ? 'off' : side }),
  };
  checkRanges(wishes);
  return wishes;
}
