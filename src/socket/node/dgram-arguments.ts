/** What the calls of dgram take, as node:dgram documents them. */
import type { RemoteInfo, SocketType } from './dgram-handle.ts';

export type MessageListener = (message: Buffer, from: RemoteInfo) => void;

/** As `dns.lookup`: `family` is 4 or 6. */
export type Lookup = (
  hostname: string,
  family: number,
  callback: (error: Error | null, address: string, family: number) => void,
) => void;

export interface SocketOptions {
  type: SocketType;
  reuseAddr?: boolean | undefined;
  ipv6Only?: boolean | undefined;
  recvBufferSize?: number | undefined;
  sendBufferSize?: number | undefined;
  lookup?: Lookup | undefined;
  signal?: AbortSignal | undefined;
}

export interface BindOptions {
  port?: number | undefined;
  address?: string | undefined;
  /** For clusters, which this does not know. */
  exclusive?: boolean | undefined;
  fd?: number | undefined;
}

/** `bind(port, address, callback)`, each of them optional, or `bind(options, callback)`. */
export type BindArguments =
  | [callback?: () => void]
  | [port: number | undefined, callback?: () => void]
  | [port: number | undefined, address: string | undefined, callback?: () => void]
  | [options: BindOptions, callback?: (() => void) | null];

export type SendCallback = (error: Error | null, bytes: number) => void;

/** What may follow the message in send(). */
export type SendArguments =
  | [callback?: SendCallback]
  | [port: number | string, callback?: SendCallback]
  | [port: number | string, address: string | undefined, callback?: SendCallback]
  | [offset: number, length: number, callback?: SendCallback]
  | [offset: number, length: number, port: number | string, callback?: SendCallback]
  | [
      offset: number,
      length: number,
      port: number | string,
      address: string | undefined,
      callback?: SendCallback,
    ];
