/**
 * Plays a script in virtual time: what arrives is injected at its time, what leaves is compared with what the
 * script expects next, calls are carried out and may wait. Nothing here ends otherwise than with an outcome.
 */
import type { ProfileName } from '../../tcp/options.ts';
import { SYN, ACK } from '../../wire/segment.ts';
import type { PacketAction, Script, ScriptEvent, TcpPacket } from './ast.ts';
import { nameInfo } from './code-names.ts';
import { runCode, type Names } from './code.ts';
import { compare, compareIp, joined } from './compare.ts';
import { datagramOf, type Departed } from './datagram.ts';
import { Failed, seconds } from './failed.ts';
import { icmpDatagram } from './icmp.ts';
import { isSyn } from './numbers.ts';
import { familyOf, mtuOf, readOptions, type ScriptOptions } from './options.ts';
import { printAction } from './print.ts';
import type { Carrier, ScriptOutcome, Status } from './result.ts';
import { Unsupported } from './scanner.ts';
import { Settings } from './settings.ts';
import { runCommand } from './shell.ts';
import { Restless, SERVICE_PORT, Stage, type Conversation } from './stage.ts';
import { SystemCalls } from './system-calls.ts';
import { SocketFile } from './descriptors.ts';

export interface RunOptions {
  readonly carrier: Carrier;
  /** What the host is like before the script changes it. Default: linux. */
  readonly profile?: ProfileName;
  /** PSH that is not as the script has it is a failure. */
  readonly strictPush?: boolean;
  /** All of the ladder, and not what is around a failure. */
  readonly whole?: boolean;
  /** The sequence numbers of both sides begin here. */
  readonly issAt?: number | undefined;
}

export function runScript(script: Script, options: RunOptions): ScriptOutcome {
  const family = familyOf(options.carrier);
  const none = { status: 'unsupported', line: 0, message: '', source: '' } as const;
  try {
    const said = readOptions(script.options, script.file);
    const about = said.family ?? familyOfErrors(script);
    if (about !== undefined && about !== family) {
      return plain(script, options, {
        ...none,
        status: 'other-family',
        message: `for IPv${about}`,
      });
    }
    return new Run(script, said, options).play();
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
    return plain(script, options, { ...none, line: error.line, message: error.feature });
  }
}

interface Verdict {
  readonly status: Status;
  readonly line: number;
  readonly message: string;
  readonly source: string;
  readonly expected?: string | undefined;
  readonly actual?: string | undefined;
}

const plain = ({ file }: Script, { carrier }: RunOptions, verdict: Verdict): ScriptOutcome => ({
  expected: undefined,
  actual: undefined,
  ...verdict,
  file,
  carrier,
  pushes: [],
  printed: [],
  ladder: undefined,
});

/** ICMP has errors that only one version of IP knows. */
function familyOfErrors({ events }: Script): 4 | 6 | undefined {
  for (const { action } of events) {
    if (action.kind !== 'packet' || action.body.kind !== 'icmp') continue;
    if (action.body.type === 'packet_too_big') return 6;
    if (action.body.code === 'frag_needed' || action.body.type === 'source_quench') return 4;
  }
  return undefined;
}

const MISSING = 2000; // ms after its time that a packet is waited for
const SHARE = 0.125; //  of the time since the event before, by which the next may be off

class Run {
  readonly #script: Script;
  readonly #options: RunOptions;
  readonly #said: ScriptOptions;
  readonly #settings: Settings;
  readonly #names: Names = new Map();
  readonly #pushes: number[] = [];
  readonly #printed: string[] = [];
  #stage: Stage | undefined = undefined;
  #calls: SystemCalls | undefined = undefined;
  #before = 0; // ms: the time of the event before

  constructor(script: Script, said: ScriptOptions, options: RunOptions) {
    this.#script = script;
    this.#options = options;
    this.#said = said;
    const family = familyOf(options.carrier);
    this.#settings = new Settings(options.profile ?? 'linux', said.mtu ?? mtuOf(family));
  }

  play(): ScriptOutcome {
    const verdict = this.#verdict();
    const { carrier, whole = false } = this.#options;
    const shown = whole || verdict.status === 'failed';
    return {
      expected: undefined,
      actual: undefined,
      ...verdict,
      file: this.#script.file,
      carrier,
      pushes: this.#pushes,
      printed: this.#printed,
      ladder: shown
        ? this.#stage?.figure.result(this.#script.file, familyOf(carrier), whole)
        : undefined,
    };
  }

  #verdict(): Verdict {
    let event: ScriptEvent | undefined;
    try {
      this.#begin();
      for (event of this.#script.events) this.#play(event);
      this.#calls?.finish();
      return { status: 'passed', line: 0, message: '', source: '' };
    } catch (error) {
      return verdictOf(error, event);
    }
  }

  #begin(): void {
    const { init } = this.#script;
    if (init !== undefined) runCommand(init, this.#settings);
    const { tick, ecrScaled, local, remote } = this.#said;
    const stage = new Stage({
      family: familyOf(this.#options.carrier),
      settings: this.#settings,
      clocks: { tick, ecrScaled },
      local,
      remote,
      issAt: this.#options.issAt,
    });
    this.#stage = stage;
    this.#calls = new SystemCalls(stage, this.#said.tolerance);
    stage.onStep = () => this.#calls?.retry();
  }

  #play(event: ScriptEvent): void {
    const stage = this.#stage!;
    const calls = this.#calls!;
    const { time, action } = event;
    const base = time.kind === 'absolute' ? 0 : stage.now;
    const at = base + time.at / 1000;
    const tolerance = Math.max(this.#said.tolerance, SHARE * (at - this.#before));
    if (action.kind === 'packet' && action.direction === 'out') {
      this.#expect(event, action, at, base, tolerance);
      this.#before = time.kind === 'any' ? stage.now : at;
      return;
    }
    calls.wait(at);
    if (stage.now - at > tolerance) {
      throw new Failed(
        event,
        `it is ${seconds(stage.now)} already, this was to be at ${seconds(at)}`,
      );
    }
    this.#before = at;
    switch (action.kind) {
      case 'packet':
        this.#inject(event, action);
        return;
      case 'call':
        calls.begin(event, action, time.end === undefined ? undefined : base + time.end / 1000);
        return;
      case 'code':
        this.#code(event, action.source);
        return;
      case 'command':
        runCommand(action.command, this.#settings);
        calls.settingsChanged();
    }
  }

  #code(event: ScriptEvent, source: string): void {
    const stage = this.#stage!;
    nameInfo(this.#names, stage.conversation?.tcp, stage.world.now);
    const { printed, failure } = runCode(source, this.#names);
    this.#printed.push(...printed);
    if (failure !== undefined) throw new Failed(event, failure);
  }

  // Arrivals

  #inject(event: ScriptEvent, { ip, body }: PacketAction): void {
    const stage = this.#stage!;
    if (body.kind === 'icmp') {
      const it = this.#conversation(event);
      const quoted = body.quoted?.seq;
      const number =
        quoted === undefined ? (it.last?.packet.seq ?? 0) : it.numbers.localToWire(quoted);
      stage.figure.remark(stage.now, `icmp ${body.type} ${body.code ?? ''}`.trim(), stage.state);
      stage.arrives(icmpDatagram(body, stage.endsOf(it), number, event.place.line));
      return;
    }
    const it = this.#receiver(event, body);
    if (it.active && isSyn(body) && cookieIn(body)) stage.cookieKnown = true;
    const live = it.numbers.toWire(body);
    const bytes = datagramOf(live, ip, stage.endsOf(it));
    stage.world.inject('A', bytes);
    stage.figure.segment(stage.now, 'B', body, stage.state);
    stage.flush();
  }

  /** The connection that an arriving segment belongs to; a SYN to a listener begins another. */
  #receiver(event: ScriptEvent, body: TcpPacket): Conversation {
    const stage = this.#stage!;
    const it = stage.conversation;
    const opens = (body.flags & (SYN | ACK)) === SYN;
    const port = this.#listening();
    if (opens && port !== undefined) {
      const again = it !== undefined && !it.active && !it.closed && it.remoteIsn === body.seq;
      if (again && it.tcp?.state !== 'CLOSED' && it.tcp?.state !== 'LISTEN') return it;
      const begun = stage.begin(false, port, undefined);
      begun.remoteIsn = body.seq;
      return begun;
    }
    if (it === undefined && opens) return stage.begin(false, SERVICE_PORT, undefined);
    if (isSyn(body) && it !== undefined) it.remoteIsn ??= body.seq;
    return this.#conversation(event);
  }

  #listening(): number | undefined {
    for (const file of this.#calls!.system.files.values()) {
      if (file instanceof SocketFile && file.phase === 'listening') {
        return file.bound ?? SERVICE_PORT;
      }
    }
    return undefined;
  }

  #conversation(event: ScriptEvent): Conversation {
    const it = this.#stage!.conversation;
    if (it === undefined) throw new Failed(event, 'there is no connection yet');
    return it;
  }

  // Departures

  #expect(event: ScriptEvent, action: PacketAction, at: number, base: number, off: number): void {
    const stage = this.#stage!;
    const { body, ip } = action;
    if (body.kind === 'icmp')
      throw new Unsupported('ICMP errors that are expected', event.place.line);
    const { kind, until } = event.time;
    const latest = until === undefined ? at : base + until / 1000;
    const first = this.#next(kind === 'any' ? stage.now + ANY_TIME : latest + MISSING);
    if (first === undefined) {
      const text = printAction(action);
      stage.figure.wrong(stage.now, event.place.line, body, false);
      throw new Failed(event, `no packet left within 2 s of ${seconds(at)}`, text, 'nothing');
    }
    const it = this.#conversation(event);
    if (isSyn(body) && isSyn(first.packet)) it.numbers.localIs(body.seq, first.packet.seq);
    this.#stamps(it, body, first.packet);
    const actual = this.#joined(it, first, body);
    const state = stage.state;
    stage.figure.segment(first.at, 'A', actual, state);
    const { differences, push } = compare(body, actual, it.numbers, off);
    const strict = push && this.#options.strictPush === true;
    const all = [
      ...differences,
      ...compareIp(ip, first),
      ...(strict ? ['PSH is not as it should be'] : []),
      ...(kind === 'any' ? [] : timeDifference(first.at, at, latest, off)),
    ];
    if (all.length > 0) {
      stage.figure.wrong(first.at, event.place.line, body, true);
      const seen = printAction({ ...action, body: shownAs(actual, body) });
      throw new Failed(event, all.join('; '), printAction(action), seen);
    }
    if (push) this.#pushes.push(event.place.line);
  }

  /** Timestamps that the script names from now on as it does here. */
  #stamps({ numbers }: Conversation, script: TcpPacket, live: TcpPacket): void {
    const said = script.options?.find(({ kind }) => kind === 'TS');
    const was = live.options?.find(({ kind }) => kind === 'TS');
    if (said?.kind === 'TS' && was?.kind === 'TS') numbers.stampIs(said.val, was.val);
  }

  /** The next segment, not later than `until`. */
  #next(until: number): Departed | undefined {
    const stage = this.#stage!;
    while (stage.peek() === undefined) if (!this.#calls!.step(until)) return undefined;
    return stage.take();
  }

  /** With what follows on, as long as the script expects more text. */
  #joined({ numbers }: Conversation, first: Departed, script: TcpPacket): TcpPacket {
    const stage = this.#stage!;
    let whole = numbers.toScript(first.packet);
    const piece = whole.length;
    if (this.#said.strictSegments || piece === 0) return whole;
    while (whole.length < script.length) {
      while (stage.peek() === undefined) {
        if (!this.#calls!.step(first.at + this.#said.tolerance)) return whole;
      }
      const more = joined(whole, numbers.toScript(stage.peek()!.packet), piece);
      if (more === undefined || more.length > script.length) return whole;
      stage.take();
      whole = more;
    }
    return whole;
  }
}

/** Does a SYN,ACK bring a cookie of Fast Open? */
const cookieIn = ({ options }: TcpPacket): boolean =>
  (options ?? []).some(
    (option) => (option.kind === 'FO' || option.kind === 'FOEXP') && option.cookie !== '',
  );

const ANY_TIME = 60_000; // ms that a packet with the time `*` is waited for

/** Window and options only as far as the script has them. */
const shownAs = (actual: TcpPacket, script: TcpPacket): TcpPacket => ({
  ...actual,
  win: script.win === undefined ? undefined : actual.win,
  urg: actual.urg === 0 ? undefined : actual.urg,
  options: script.options === undefined ? undefined : actual.options,
});

function timeDifference(is: number, from: number, to: number, off: number): string[] {
  if (is >= from - off && is <= to + off) return [];
  const wanted = from === to ? seconds(from) : `${seconds(from)} to ${seconds(to)}`;
  return [`it left at ${seconds(is)}, not at ${wanted}`];
}

function verdictOf(error: unknown, event: ScriptEvent | undefined): Verdict {
  const line = event?.place.line ?? 0;
  const source = event?.text ?? '';
  if (error instanceof Failed) {
    const { expected, actual, message } = error;
    const { place, text } = error.event;
    return { status: 'failed', line: place.line, message, source: text, expected, actual };
  }
  if (error instanceof Unsupported) {
    const at = error.line === 0 ? line : error.line;
    return { status: 'unsupported', line: at, message: error.feature, source };
  }
  if (error instanceof Restless || error instanceof RangeError) {
    return { status: 'failed', line, message: error.message, source };
  }
  throw error;
}
