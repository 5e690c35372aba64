/** Waiting for several at once: poll(), and epoll with level and edge. */
import type { Expression } from './ast.ts';
import { done, type Handler, type System } from './calls.ts';
import { EpollFile, SocketFile, type Interest } from './descriptors.ts';
import { SYMBOLS } from './symbols.ts';
import { field, numberOf } from './values.ts';

const bit = (name: string): number => SYMBOLS.get(name) ?? 0;
const IN = bit('POLLIN');
const OUT = bit('POLLOUT');
const ERR = bit('POLLERR');
const HUP = bit('POLLHUP');
const RDHUP = bit('POLLRDHUP');
const INVALID = bit('POLLNVAL');
const EVENTS = IN | OUT | ERR | HUP | RDHUP;
const ALWAYS = ERR | HUP;

/** What poll() says of a socket: POLLIN and its like. */
function ready(file: SocketFile): number {
  if (file.phase === 'listening') return (file.listener?.waiting ?? 0) > 0 ? IN : 0;
  const { tcp } = file;
  if (tcp === undefined) return OUT | HUP;
  let events = 0;
  const closedIn = file.ended || file.shutRead || file.over;
  if (file.error !== undefined) events |= ERR;
  if (file.over || (closedIn && file.shutWrite)) events |= HUP;
  if (closedIn) events |= IN | RDHUP;
  if (tcp.unread > 0 || file.error !== undefined) events |= IN;
  if (file.phase === 'connecting') return events;
  if (file.room > 0 || file.shutWrite || file.over) events |= OUT;
  return events;
}

const poll: Handler = (system, { args }) => {
  const entries = args[0]?.kind === 'array' ? args[0].items : [];
  const timeout = numberOf(args[2]) ?? -1;
  const until = timeout < 0 ? Infinity : system.now + timeout;
  let found: readonly number[] = [];
  return {
    attempt: () => {
      found = entries.map((entry) => polled(system, entry));
      const count = found.filter((events) => events !== 0).length;
      if (count > 0) return count;
      return system.now >= until ? 0 : undefined;
    },
    otherwise: undefined,
    until,
    wrote: () => {
      for (const [i, entry] of entries.entries()) {
        const wanted = numberOf(field(entry, 'revents', 2));
        if (wanted === undefined || wanted === found[i]) continue;
        return `revents is ${eventsText(found[i] ?? 0)}, not ${eventsText(wanted)}`;
      }
      return undefined;
    },
  };
};

function polled(system: System, entry: Expression): number {
  const file = system.socket(field(entry, 'fd', 0));
  if (file === undefined) return INVALID;
  const asked = numberOf(field(entry, 'events', 1)) ?? 0;
  return ready(file) & (asked | ALWAYS);
}

function eventsText(events: number): string {
  const names = ['POLLIN', 'POLLOUT', 'POLLERR', 'POLLHUP', 'POLLRDHUP', 'POLLNVAL'];
  const said = names.filter((name) => (events & bit(name)) !== 0);
  return said.length === 0 ? '0' : said.join('|');
}

const epollCreate: Handler = (system, call) => {
  const file = new EpollFile(system.newNumber(call));
  system.files.set(file.number, file);
  return done(file.number);
};

const EDGE = bit('EPOLLET');
const ONCE = bit('EPOLLONESHOT');

const epollCtl: Handler = (system, { args }) => {
  const set = system.epoll(args[0]);
  const file = system.socket(args[2]);
  if (set === undefined || file === undefined) return done('EBADF');
  const operation = numberOf(args[1]);
  if (operation === bit('EPOLL_CTL_DEL')) {
    set.interests.delete(file.number);
    return done(0);
  }
  set.interests.set(file.number, {
    events: numberOf(field(args[3], 'events', 0)) ?? 0,
    data: dataOf(args[3]) ?? file.number,
    arrivals: -1,
    departures: -1,
    disabled: false,
  });
  return done(0);
};

const dataOf = (expression: Expression | undefined): number | undefined =>
  numberOf(
    field(expression, 'fd', 1) ??
      field(expression, 'u32', 1) ??
      field(expression, 'u64', 1) ??
      field(expression, 'ptr', 1),
  );

const epollWait: Handler = (system, { args }) => {
  const set = system.epoll(args[0]);
  if (set === undefined) return done('EBADF');
  const most = numberOf(args[2]) ?? 1;
  const timeout = numberOf(args[3]) ?? -1;
  const until = timeout < 0 ? Infinity : system.now + timeout;
  let found: { readonly events: number; readonly data: number }[] = [];
  return {
    attempt: () => {
      found = told(system, set, most);
      if (found.length > 0) return found.length;
      return system.now >= until ? 0 : undefined;
    },
    otherwise: undefined,
    until,
    wrote: () => {
      const [first] = found;
      const wanted = args[1]?.kind === 'array' ? args[1].items[0] : args[1];
      const events = numberOf(field(wanted, 'events', 0));
      if (events === undefined || first === undefined || events === first.events) return undefined;
      return `events is ${eventsText(first.events)}, not ${eventsText(events)}`;
    },
  };
};

function told(system: System, set: EpollFile, most: number): { events: number; data: number }[] {
  const found: { events: number; data: number }[] = [];
  for (const [number, interest] of set.interests) {
    if (found.length >= most) break;
    const file = system.files.get(number);
    if (!(file instanceof SocketFile) || interest.disabled) continue;
    const events = ready(file) & ((interest.events & EVENTS) | ALWAYS);
    if (events === 0 || !isNew(file, interest)) continue;
    interest.arrivals = file.arrivals;
    interest.departures = file.departures;
    interest.disabled = (interest.events & ONCE) !== 0;
    found.push({ events, data: interest.data });
  }
  return found;
}

/** With EPOLLET only what happened since is told. */
const isNew = (file: SocketFile, { events, arrivals, departures }: Interest): boolean =>
  Math.floor(events / EDGE) % 2 === 0 ||
  file.arrivals !== arrivals ||
  file.departures !== departures;

export const POLL_CALLS: Readonly<Record<string, Handler>> = {
  poll,
  epoll_create: epollCreate,
  epoll_create1: epollCreate,
  epoll_ctl: epollCtl,
  epoll_wait: epollWait,
};
