/** What happens in one world, all of it drawn from one number. */
import type { TcpDefaults } from '../../src/tcp/options.ts';
import { Random } from './random.ts';

/** What the network does to datagrams, each share 0 to 1. */
export interface Weather {
  readonly loss: number;
  readonly duplication: number;
  /** One bit of a datagram is turned over. */
  readonly corruption: number;
  /** Milliseconds that each datagram takes at least, and what comes on top: more reorders. */
  readonly delay: number;
  readonly jitter: number;
}

export type Goodbye = 'close' | 'release' | 'abort';

/** What the user of one end does. */
export interface Conduct {
  readonly tcp: Partial<TcpDefaults>;
  /** Octets that it sends. */
  readonly sends: number;
  /** Octets of one SEND, of one RECEIVE, at most. */
  readonly largestSend: number;
  readonly largestReceive: number;
  /** Milliseconds between two SENDs, two RECEIVEs, at most. */
  readonly sendPause: number;
  readonly receivePause: number;
  readonly goodbye: Goodbye;
  /** With 'abort': after so many octets were given to SEND. */
  readonly abortsAfter: number;
  /** Share of SENDs without PUSH, and of those that are urgent. */
  readonly unpushed: number;
  readonly urgent: number;
  readonly iss: number;
}

export interface Plan {
  readonly seed: number;
  readonly family: 4 | 6;
  readonly mtu: number;
  readonly weather: Weather;
  readonly opening: 'listener' | 'passive' | 'simultaneous';
  readonly A: Conduct;
  readonly B: Conduct;
}

// Each way, so that a world takes milliseconds.
const MOST_SEGMENTS = 250;
const MOST_CALLS = 400; // of RECEIVE

export function planOf(seed: number): Plan {
  const random = new Random(seed);
  const goodbyes = goodbyesOf(random);
  const mtu = random.pick([1500, 1500, 1500, 1280, 576, 296, 108, 68, 9000]);
  const family = random.pick([4, 6] as const);
  const weather: Weather = {
    loss: random.pick([0, 0, 0.01, 0.05, 0.1, 0.2, 0.3]),
    duplication: random.pick([0, 0, 0.05, 0.2, 0.5]),
    corruption: random.pick([0, 0, 0.02, 0.1]),
    delay: random.pick([0, 1, 10, 100, 700]),
    jitter: random.pick([0, 0, 1, 20, 300, 2000]),
  };
  const opening = random.pick(['listener', 'listener', 'passive', 'simultaneous'] as const);
  const final = goodbyes.includes('abort') || goodbyes.includes('release');
  const bufferA = bufferOf(random);
  const bufferB = bufferOf(random);
  const readsA = random.pick(LARGEST_RECEIVES);
  const readsB = random.pick(LARGEST_RECEIVES);
  const A = conductOf(random, goodbyes[0], mtu, bufferA, bufferB, readsA, readsB, final);
  const B = conductOf(random, goodbyes[1], mtu, bufferB, bufferA, readsB, readsA, final);
  Object.assign(A.tcp, { profile: random.pick(PROFILES_PLAYED) });
  Object.assign(B.tcp, { profile: random.pick(PROFILES_PLAYED) });
  return { seed, family, mtu, weather, opening, A, B };
}

function goodbyesOf(random: Random): [Goodbye, Goodbye] {
  if (random.chance(0.75)) return ['close', 'close'];
  const one = random.pick(['abort', 'release'] as const);
  return random.chance(0.5) ? [one, 'close'] : ['close', one];
}

const PROFILES_PLAYED = ['rfc', 'linux', 'linux', 'freebsd'] as const;
const LARGEST_RECEIVES = [1, 7, 500, 100_000, 100_000]; // octets

function bufferOf(random: Random): number {
  return random.pick([65_535, 65_535, 65_535, 8192, random.int(1, 3000), random.int(1, 100), 1]);
}

function conductOf(
  random: Random,
  goodbye: Goodbye,
  mtu: number,
  receiveBuffer: number,
  peerBuffer: number,
  largestReceive: number,
  peerReceives: number,
  final: boolean,
): Conduct {
  const sendBuffer = random.pick([131_072, 131_072, 4096, random.int(1, 2000), 1]);
  const largestSend = random.pick([1, 10, 1000, 30_000]);
  const perSegment = Math.max(1, Math.min(mtu - 60, peerBuffer / 2, sendBuffer, largestSend));
  const most = Math.ceil(Math.min(MOST_SEGMENTS * perSegment, MOST_CALLS * peerReceives));
  const sends = random.pick([0, 1, random.int(0, 100), random.int(0, most), random.int(0, most)]);
  return {
    tcp: {
      receiveBuffer,
      sendBuffer,
      noDelay: random.chance(0.3),
      delayedAck: random.pick([0, 40, 40, 200, 499]),
      ...(final ? MORTAL : PATIENT),
    },
    sends,
    largestSend,
    largestReceive,
    sendPause: random.pick([0, 0, 5, 300, 4000]),
    receivePause: random.pick([1, 10, 300, 4000, 20_000]),
    goodbye,
    abortsAfter: random.int(0, sends),
    unpushed: random.pick([0, 0, 0.5, 1]),
    urgent: random.pick([0, 0, 0.1]),
    iss: random.pick([random.next(), 2 ** 32 - random.int(1, 2000), 2 ** 31 - random.int(1, 2000)]),
  };
}

/** Nobody gives up, so everything arrives in the end. */
const PATIENT: Partial<TcpDefaults> = { userTimeout: Infinity, synTimeout: Infinity };

/** A reset may get lost: whoever waits for text finds out by asking. */
const MORTAL: Partial<TcpDefaults> = {
  userTimeout: 600_000,
  synTimeout: 600_000,
  keepAlive: true,
  keepAliveIdle: 30_000,
  keepAliveInterval: 5000,
};
