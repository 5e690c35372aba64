/**
 * `estab/net`: the documented shape of `node:net` on a TCP of our own. Sockets live on the default
 * stack, see `useStack`; `netOn` gives the same for another one.
 */
import { makeNet, type Net } from '../socket/node/net.ts';
import { defaultStack, type Stack } from '../socket/stack.ts';

export type {
  Net,
  TcpConnectOptions,
  TcpListenOptions,
  TcpServer as NetServer,
} from '../socket/node/net.ts';
export type {
  AddressInfo,
  DropArgument,
  IpcNetConnectOpts,
  IpcSocketConnectOpts,
  ListenOptions,
  LookupFunction,
  NetConnectOpts,
  OnReadOpts,
  ServerOpts,
  SocketConnectOpts,
  SocketConstructorOpts,
  SocketReadyState,
  TcpNetConnectOpts,
  TcpSocketConnectOpts,
} from 'node:net';
export type { Socket as NetSocket } from 'node:net';
export { defaultStack, Stack, useStack } from '../socket/stack.ts';

const net: Net = makeNet(defaultStack);

/** The same on `stack`, whatever the default one is. */
export function netOn(stack: Stack): Net {
  return makeNet(() => stack);
}

export const BlockList: Net['BlockList'] = net.BlockList;
export const SocketAddress: Net['SocketAddress'] = net.SocketAddress;
export const Socket: Net['Socket'] = net.Socket;
export const Stream: Net['Stream'] = net.Stream;
export const Server: Net['Server'] = net.Server;
export const connect: Net['connect'] = net.connect;
export const createConnection: Net['createConnection'] = net.createConnection;
export const createServer: Net['createServer'] = net.createServer;
export const isIP: Net['isIP'] = net.isIP;
export const isIPv4: Net['isIPv4'] = net.isIPv4;
export const isIPv6: Net['isIPv6'] = net.isIPv6;
export const getDefaultAutoSelectFamily: Net['getDefaultAutoSelectFamily'] =
  net.getDefaultAutoSelectFamily;
export const setDefaultAutoSelectFamily: Net['setDefaultAutoSelectFamily'] =
  net.setDefaultAutoSelectFamily;
export const getDefaultAutoSelectFamilyAttemptTimeout: Net['getDefaultAutoSelectFamilyAttemptTimeout'] =
  net.getDefaultAutoSelectFamilyAttemptTimeout;
export const setDefaultAutoSelectFamilyAttemptTimeout: Net['setDefaultAutoSelectFamilyAttemptTimeout'] =
  net.setDefaultAutoSelectFamilyAttemptTimeout;
export default net;
