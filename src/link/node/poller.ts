/**
 * Wakes links when the kernel has something for them. One epoll for the whole process, waited for
 * by one call on libuv's thread pool, so that any number of devices takes one of its four threads.
 * Each arm() is good for one wake-up.
 */
import { DeviceError, type Libc } from './libc.ts';

const EPOLLIN = 0x001;
const EPOLLONESHOT = 1 << 30;
const EPOLL_CLOEXEC = 0x80000; // EFD_CLOEXEC has the same value
const EFD_NONBLOCK = 0x800;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CTL_MOD = 3;

/** struct epoll_event has 12 octets on x86-64, where it is packed, and 16 elsewhere. */
const EVENT_SIZE = process.arch === 'x64' ? 12 : 16;
const EVENT_DATA = EVENT_SIZE - 8; // offset of the data
const MAX_EVENTS = 16;

/**
 * A terminated worker cannot run its exit handler, and Node waits for the thread: this is how long
 * at most. In the idle case it costs one wake-up a second.
 */
const LONGEST_WAIT = 1000; // ms

export class Poller {
  readonly #libc: Libc;
  readonly #epoll: number;
  readonly #wake: number; // eventfd that ends a wait
  readonly #readable = new Map<number, () => void>(); // by descriptor
  readonly #event = new Uint8Array(EVENT_SIZE);
  readonly #eventView = new DataView(this.#event.buffer);
  readonly #events = new Uint8Array(EVENT_SIZE * MAX_EVENTS);
  readonly #eventsView = new DataView(this.#events.buffer);
  readonly #interrupt = (): void => {
    this.#libc.write(this.#wake, ONE, ONE.length);
  };
  #waiting = false;
  #left: (() => void)[] = []; // whom to tell that no wait is under way any more

  /** @throws DeviceError when the process is out of descriptors. */
  constructor(libc: Libc) {
    this.#libc = libc;
    this.#epoll = this.#checked(libc.epollCreate(EPOLL_CLOEXEC));
    this.#wake = this.#checked(libc.eventfd(0, EPOLL_CLOEXEC | EFD_NONBLOCK));
    this.#control(EPOLL_CTL_ADD, this.#wake, EPOLLIN);
    process.on('exit', this.#interrupt); // exit() joins the thread pool
  }

  /** Is there still somebody to wake? An idle poller is closed, and of no more use. */
  get idle(): boolean {
    return this.#readable.size === 0;
  }

  /** From now on arm(fd) has `readable` called. Keeps the process alive until leave(fd). */
  join(fd: number, readable: () => void): void {
    this.#readable.set(fd, readable);
    this.#control(EPOLL_CTL_ADD, fd, EPOLLONESHOT);
    this.#wait();
  }

  /** Call `readable` when there is something to read, once. */
  arm(fd: number): void {
    this.#control(EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLONESHOT);
  }

  /** To be called before `fd` is closed. Resolves when nothing of the last one is left. */
  leave(fd: number): Promise<void> {
    this.#readable.delete(fd);
    this.#control(EPOLL_CTL_DEL, fd, 0);
    if (!this.idle) return Promise.resolve();
    this.#interrupt();
    return new Promise((resolve) => this.#left.push(resolve));
  }

  #wait(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    this.#libc.epollWait(this.#epoll, this.#events, MAX_EVENTS, LONGEST_WAIT, (count) => {
      this.#waiting = false;
      for (let i = 0; i < count; i += 1) {
        const fd = this.#eventsView.getInt32(i * EVENT_SIZE + EVENT_DATA, true);
        this.#readable.get(fd)?.();
      }
      if (this.idle) this.#close();
      else this.#wait();
    });
  }

  #close(): void {
    process.off('exit', this.#interrupt);
    this.#libc.close(this.#epoll);
    this.#libc.close(this.#wake);
    for (const resolve of this.#left) resolve();
    this.#left = [];
  }

  #control(operation: number, fd: number, events: number): void {
    this.#eventView.setInt32(0, events, true);
    this.#eventView.setInt32(EVENT_DATA, fd, true);
    this.#checked(this.#libc.epollCtl(this.#epoll, operation, fd, this.#event));
  }

  #checked(result: number): number {
    if (result >= 0) return result;
    const code = this.#libc.errno();
    throw new DeviceError(code, `cannot wait for a device: ${code}`);
  }
}

const ONE = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]); // a 64-bit count, as eventfd wants it
