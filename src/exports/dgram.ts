/** `estab/dgram`: the shape of `node:dgram` on a UDP of our own. */
import { createSocket, dgramOn, type Dgram } from '../socket/node/dgram.ts';
import { Socket } from '../socket/node/dgram-socket.ts';

export { createSocket, dgramOn, Socket, type Dgram };
export type { Message } from '../socket/node/dgram-buffers.ts';
export type { RemoteInfo, SocketAddressInfo, SocketType } from '../socket/node/dgram-handle.ts';
export type {
  BindArguments,
  BindOptions,
  Lookup,
  MessageListener,
  SendArguments,
  SendCallback,
  SocketOptions,
} from '../socket/node/dgram-arguments.ts';

const dgram: Dgram = { createSocket, Socket };
export default dgram;
