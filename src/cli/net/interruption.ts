/** What ends a verb from outside: Ctrl-C, SIGTERM, a device that vanishes. */
import { constants } from 'node:os';
import type { Station } from './station.ts';

/** Watches from its making until forget(). */
export class Interruption {
  /** Resolves with the exit code that a shell would report; rejects when the device is gone. */
  readonly happened: Promise<number>;
  #resolve: (exitCode: number) => void = () => undefined;
  readonly #interrupt = (): void => this.#resolve(128 + constants.signals.SIGINT);
  readonly #terminate = (): void => this.#resolve(128 + constants.signals.SIGTERM);

  constructor(station: Station) {
    this.happened = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      station.onLost = reject;
    });
    this.happened.catch(() => undefined); // whoever still waits for it hears of it
    process.on('SIGINT', this.#interrupt);
    process.on('SIGTERM', this.#terminate);
  }

  forget(): void {
    process.off('SIGINT', this.#interrupt);
    process.off('SIGTERM', this.#terminate);
  }
}
