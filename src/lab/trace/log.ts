/** Keeps what the hosts of a world tell: `world.addHost('A', { observer: log.observer('A'), … })`. */
import type { HostObserver } from '../../stack/host.ts';
import type { TcpSocket } from '../../stack/tcp-socket.ts';
import type { TraceEvent } from '../../tcp/trace.ts';
import { TraceLines } from './lines.ts';

/** One event, where and when it happened. */
export interface LoggedEvent {
  readonly now: number; // ms
  readonly host: string;
  readonly socket: TcpSocket;
  readonly event: TraceEvent;
}

export class TraceLog {
  /** In the order in which they happened. */
  readonly events: LoggedEvent[] = [];
  readonly #title: string;

  /** `title` says what is traced. */
  constructor(title = '') {
    this.#title = title;
  }

  /** Goes into the options of the host called `host`. */
  observer(host: string): Required<Pick<HostObserver, 'trace'>> {
    return {
      trace: (now, socket, event) => {
        this.events.push({ now, host, socket, event });
      },
    };
  }

  /** As docs/tracing.md describes them. */
  toJsonLines(): string {
    const lines: string[] = [];
    const trace = new TraceLines((line) => lines.push(line), this.#title);
    for (const { now, host, socket, event } of this.events) {
      trace.observer(host).trace(now, socket, event);
    }
    return lines.join('');
  }
}
