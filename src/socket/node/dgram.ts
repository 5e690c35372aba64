/** `node:dgram` on a stack of ours: createSocket() and Socket, as its documentation has them. */
import { defaultStack, type Stack } from '../stack.ts';
import type { SocketType } from './dgram-handle.ts';
import type { MessageListener, SocketOptions } from './dgram-arguments.ts';
import { Socket } from './dgram-socket.ts';

/** What `import dgram from 'estab/dgram'` gives. */
export interface Dgram {
  createSocket(type: SocketType | SocketOptions, listener?: MessageListener): Socket;
  readonly Socket: typeof Socket;
}

/** A socket on the default stack. @throws TypeError for a type that is neither udp4 nor udp6. */
export function createSocket(type: SocketType | SocketOptions, listener?: MessageListener): Socket {
  return new Socket(type, listener, defaultStack());
}

/** The same module for another stack. */
export function dgramOn(stack: Stack): Dgram {
  class StackSocket extends Socket {
    constructor(type: SocketType | SocketOptions, listener?: MessageListener) {
      super(type, listener, stack);
    }
  }
  return {
    createSocket: (type, listener) => new StackSocket(type, listener),
    Socket: StackSocket,
  };
}
