/** Flows out of the events of a trace: one for each connection that sent text. */
import type { ParsedTrace, TimedEvent } from '../../lab/trace/parse.ts';
import { Flow, Unwrapped, type Phase } from './flow.ts';

export function flowsOfTrace({ connections, events }: ParsedTrace): Flow[] {
  const builders = new Map<number, Builder>();
  for (const { connection, host, local, remote } of connections) {
    const pair = `${local ?? 'somewhere'} to ${remote ?? 'anywhere'}`;
    builders.set(connection, new Builder(`${host}, ${pair}`));
  }
  for (const event of events) builders.get(event.connection)?.take(event);
  return [...builders.values()]
    .map((builder) => builder.finish())
    .filter(({ octets }) => octets > 0);
}

class Builder {
  readonly #flow: Flow;
  readonly #sequence: Unwrapped = new Unwrapped();
  #began = false; // our first sequence number is known
  #recovery = 'open';
  #recoverySince = 0;

  constructor(title: string) {
    this.#flow = new Flow(title);
  }

  take(event: TimedEvent): void {
    const flow = this.#flow;
    const { time: t } = event;
    flow.saw(t);
    switch (event.event) {
      case 'sent':
        this.#sent(event);
        break;
      case 'received':
        this.#received(event);
        break;
      case 'lost': {
        const start = this.#sequence.at(event.seq);
        flow.lost.push({ t, start, end: start + event.length });
        break;
      }
      case 'cwnd':
      case 'ssthresh':
      case 'pipe':
      case 'srtt':
      case 'rto':
        flow[event.event].push({ t, value: event.value ?? NaN });
        break;
      case 'rtt':
        flow.samples.push({ t, value: event.value });
        break;
      case 'recovery':
        this.#recovers(t, event.value);
        break;
      case 'timer':
        if (event.timer === 'retransmit') flow.timeouts.push(t);
        break;
      default:
        break;
    }
  }

  finish(): Flow {
    this.#recovers(this.#flow.to, 'open');
    return this.#flow;
  }

  #sent({ time: t, seq, length, ctl, retransmission }: TimedEvent & { event: 'sent' }): void {
    if (length === 0) return;
    this.#began = true;
    const start = this.#sequence.at(seq);
    const marks = ctl.split(',').filter((bit) => bit === 'SYN' || bit === 'FIN').length;
    this.#flow.octets += length - marks;
    this.#flow[retransmission ? 'again' : 'sent'].push({ t, start, end: start + length });
  }

  #received({ time: t, ack, window, sack, dsack, ctl }: TimedEvent & { event: 'received' }): void {
    const flow = this.#flow;
    if (ack === null || !this.#began || ctl.includes('RST')) return;
    const value = this.#sequence.at(ack);
    flow.acks.push({ t, value });
    flow.windows.push({ t, value: value + window });
    sack.forEach(([left, right], i) => {
      const range = { t, start: this.#sequence.at(left), end: this.#sequence.at(right) };
      flow[dsack && i === 0 ? 'dsacked' : 'sacked'].push(range);
    });
  }

  #recovers(t: number, state: string): void {
    const to = state === 'disorder' ? 'open' : state; // nothing is lost yet
    if (to === this.#recovery) return;
    const phase: Phase = { from: this.#recoverySince, to: t };
    if (this.#recovery === 'loss') this.#flow.loss.push(phase);
    else if (this.#recovery !== 'open') this.#flow.recovery.push(phase);
    this.#recovery = to;
    this.#recoverySince = t;
  }
}
