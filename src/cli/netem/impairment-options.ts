/** The options that say how bad a network is. */
import type { Command } from 'commander';

export function addImpairments(verb: Command): Command {
  return verb
    .option('--delay <TIME>', 'every packet takes so long')
    .option('--jitter <TIME>', 'and so much more or less')
    .option('--distribution <NAME>', 'of the jitter: uniform, normal, pareto or paretonormal')
    .option('--delay-correlation <SHARE>', 'so many are delayed as the packet before')
    .option('--in-order', 'jitter lets no packet overtake another')
    .option('--rate <RATE>', 'of a bottleneck in front of the delay')
    .option(
      '--queue <SIZE>',
      'packets, or octets with a unit, that may wait for it (default: 1000)',
    )
    .option('--codel [TIMES]', 'CoDel at the bottleneck; target and interval (default: 5ms,100ms)')
    .option('--ecn', 'mark ECN-capable packets where others are lost or dropped by CoDel')
    .option('--mark-above <N>', 'mark ECN-capable packets when so many wait for the bottleneck')
    .option('--loss <SHARE>', 'so many packets are lost, each by itself')
    .option('--loss-correlation <SHARE>', 'so many share the fate of the packet before')
    .option('--gemodel <P,R,..>', 'lost in bursts instead: P,R[,1-H[,1-K]] of Gilbert-Elliott')
    .option('--duplicate <SHARE>', 'so many arrive twice')
    .option('--corrupt <SHARE>', 'one bit of so many is turned over')
    .option('--reorder <SHARE>', 'so many do not wait for the delay, and overtake')
    .option('--gap <N>', 'only every N-th packet may');
}
