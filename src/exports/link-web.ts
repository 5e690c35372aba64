/** `estab/link/web`: links over what a browser has; most of it is on Node, too. */
export {
  broadcastLink,
  type BroadcastChannelLike,
  type BroadcastLink,
} from '../link/web/broadcast-channel.ts';
export {
  messagePortLink,
  type MessagePortLike,
  type MessagePortLink,
  type MessagePortOptions,
} from '../link/web/message-port.ts';
export {
  packetStreams,
  type PacketStreams,
  type PacketStreamsLink,
  type PacketStreamsOptions,
} from '../link/web/packet-streams.ts';
export {
  webSocketLink,
  type WebSocketLike,
  type WebSocketLink,
  type WebSocketOptions,
} from '../link/web/websocket.ts';
