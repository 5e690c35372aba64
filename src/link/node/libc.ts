/**
 * The system calls of a TUN device, through koffi, an optional peer dependency. Numbers are those
 * of Linux on x86-64, arm64 and riscv64: linux/if_tun.h, linux/sockios.h, sys/epoll.h.
 */
import { constants } from 'node:os';

/** What went wrong with a device. `code` is an errno's name (`EPERM`) or one of Node's. */
export class DeviceError extends Error {
  override readonly name: string = 'DeviceError';
  readonly code: string;

  constructor(code: string, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}

/** Each returns -1 and sets errno when it fails, as in C. A buffer is passed as it is, uncopied. */
export interface Libc {
  /** Reads one packet, at most `length` octets, into the start of `buffer`. */
  read(fd: number, buffer: Uint8Array, length: number): number;
  write(fd: number, buffer: Uint8Array, length: number): number;
  ioctl(fd: number, request: number, argument: Uint8Array): number;
  /** For what socket(), eventfd() and epollCreate() gave; `node:fs` counts its own descriptors. */
  close(fd: number): number;
  socket(domain: number, type: number, protocol: number): number;
  eventfd(initial: number, flags: number): number;
  poll(fds: Uint8Array, count: number, timeoutMs: number): number;
  epollCreate(flags: number): number;
  epollCtl(epoll: number, operation: number, fd: number, event: Uint8Array): number;
  /** epoll_wait() on a thread of libuv's pool; `events` must stay referenced until `done`. */
  epollWait(
    epoll: number,
    events: Uint8Array,
    max: number,
    timeoutMs: number,
    done: (count: number) => void,
  ): void;
  /** Where a buffer is, for a structure with a pointer in it. */
  address(buffer: Uint8Array): bigint;
  /** The name of the last failure: `EAGAIN`. */
  errno(): string;
}

/** @throws DeviceError when this is not Linux, or koffi is not there or does not load. */
export async function loadLibc(): Promise<Libc> {
  if (process.platform !== 'linux') {
    throw new DeviceError('ENOSYS', `a TUN device needs Linux, this is ${process.platform}`);
  }
  const koffi = await importKoffi();
  const c = koffi.load(null);
  const epollWait = c.func('int epoll_wait(int fd, void *events, int max, int timeout)');
  return {
    read: c.func('long read(int fd, void *buffer, size_t length)'),
    write: c.func('long write(int fd, const void *buffer, size_t length)'),
    // Variadic in C, but with one pointer more the registers are the same on Linux.
    ioctl: c.func('int ioctl(int fd, unsigned long request, void *argument)'),
    close: c.func('int close(int fd)'),
    socket: c.func('int socket(int domain, int type, int protocol)'),
    eventfd: c.func('int eventfd(unsigned int initial, int flags)'),
    poll: c.func('int poll(void *fds, unsigned long count, int timeout)'),
    epollCreate: c.func('int epoll_create1(int flags)'),
    epollCtl: c.func('int epoll_ctl(int epoll, int operation, int fd, void *event)'),
    epollWait: (epoll, events, max, timeoutMs, done) => {
      const finished = (_error: unknown, count: number): void => done(count);
      epollWait.async(epoll, events, max, timeoutMs, finished);
    },
    address: (buffer) => koffi.address(buffer),
    errno: () => ERRNO_NAMES.get(koffi.errno()) ?? `errno ${koffi.errno()}`,
  };
}

async function importKoffi(): Promise<typeof import('koffi')> {
  try {
    return await import('koffi');
  } catch (error) {
    const message = 'a TUN device needs the package koffi, add it: npm install koffi';
    throw new DeviceError('ERR_MODULE_NOT_FOUND', message, { cause: error });
  }
}

// Of two names for a number the first one stays: EAGAIN, not EWOULDBLOCK.
const ERRNO_NAMES: ReadonlyMap<number, string> = new Map([
  [77, 'EBADFD'], // not among Node's; asm-generic/errno.h
  ...Object.entries(constants.errno)
    .reverse()
    .map(([name, value]): [number, string] => [value, name]),
]);
