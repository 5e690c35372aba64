/**
 * ICMP errors as UDP takes them: RFC 1122 §4.1.3.3 (passed on to the user), §3.2.2.1 (which are
 * hard), RFC 4443 §3. Only the socket that is connected with the very peer hears of them: whoever
 * makes one up has to know both addresses and both ports (RFC 5927 §4, as far as UDP has anything).
 */
import type { IcmpMessage } from '../wire/icmp.ts';
import { Unreachable } from '../wire/icmpv4.ts';
import { Unreachable6 } from '../wire/icmpv6.ts';
import type { UdpErrorReason } from './udp-socket.ts';

export function udpErrorReason(version: number, message: IcmpMessage): UdpErrorReason {
  switch (message.kind) {
    case 'time-exceeded':
      return 'time-exceeded';
    case 'packet-too-big':
      return 'message-too-long';
    case 'unreachable':
      return version === 4 ? unreachable4(message.code) : unreachable6(message.code);
    default:
      return 'parameter-problem';
  }
}

export function isHardUdpError(reason: UdpErrorReason): boolean {
  switch (reason) {
    case 'port-unreachable':
    case 'protocol-unreachable':
    case 'prohibited':
    case 'interface-closed':
      return true;
    default:
      return false;
  }
}

const NETWORK_PROHIBITED = 9; // RFC 1122 §3.2.2.1
const HOST_PROHIBITED = 10;

function unreachable4(code: number): UdpErrorReason {
  switch (code) {
    case Unreachable.PORT:
      return 'port-unreachable';
    case Unreachable.PROTOCOL:
      return 'protocol-unreachable';
    case Unreachable.FRAGMENTATION_NEEDED:
      return 'message-too-long';
    case Unreachable.ADMINISTRATIVELY_PROHIBITED:
    case NETWORK_PROHIBITED:
    case HOST_PROHIBITED:
      return 'prohibited';
    case Unreachable.NET:
      return 'network-unreachable';
    default:
      return 'host-unreachable';
  }
}

function unreachable6(code: number): UdpErrorReason {
  switch (code) {
    case Unreachable6.PORT:
      return 'port-unreachable';
    case Unreachable6.ADMINISTRATIVELY_PROHIBITED:
      return 'prohibited';
    case Unreachable6.NO_ROUTE:
      return 'network-unreachable';
    default:
      return 'host-unreachable';
  }
}
