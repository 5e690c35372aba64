/**
 * A packetdrill script: options, a command that prepares, events, a command that cleans up. Line ends mean
 * nothing; an event begins with its time.
 */
import type { LadderError } from '../ladder/source.ts';
import type { Action, Command, EventTime, Script, ScriptEvent, ScriptOption } from './ast.ts';
import { parseCall } from './parse-call.ts';
import { parsePacket } from './parse-packet.ts';
import { Scanner, ScriptError, Unsupported } from './scanner.ts';

export type ScriptResult =
  | { readonly ok: true; readonly script: Script }
  | { readonly ok: false; readonly errors: readonly LadderError[] }
  /** Well-formed, but it needs something that is not here. */
  | { readonly ok: false; readonly unsupported: string; readonly line: number };

/** Values for names that a script leaves open, as `packetdrill -D NAME=VALUE` gives them. */
export type Definitions = Readonly<Record<string, string>>;

export function parseScript(
  text: string,
  file: string,
  definitions: Definitions = {},
): ScriptResult {
  const scanner = new Scanner(text, file);
  try {
    return { ok: true, script: new Parser(scanner, definitions).script() };
  } catch (error) {
    if (error instanceof ScriptError) return { ok: false, errors: [error.error] };
    if (!(error instanceof Unsupported)) throw error;
    const line = error.line === 0 ? scanner.place().line : error.line;
    return { ok: false, unsupported: error.feature, line };
  }
}

const OPTION_NAME = /--[A-Za-z_0-9]+/y;
const OPTION_VALUE = /=\S*/y;
const NUMBER = /(?:\d+\.\d+|\.\d+|\d+)/y;

class Parser {
  readonly #scanner: Scanner;
  readonly #definitions: Definitions;

  constructor(scanner: Scanner, definitions: Definitions) {
    this.#scanner = scanner;
    this.#definitions = definitions;
  }

  script(): Script {
    const options = this.#options();
    const init = this.#command();
    const events: ScriptEvent[] = [];
    let cleanup: Command | undefined;
    while (!this.#scanner.atEnd) {
      const command = this.#command();
      if (command === undefined) {
        events.push(this.#event());
      } else if (this.#scanner.atEnd) {
        cleanup = command;
      } else {
        events.push(untimed(command)); // some scripts have them between events
      }
    }
    if (events.length === 0) throw this.#scanner.error('there are no events in this script');
    return { file: this.#scanner.file, options, init, events, cleanup };
  }

  #options(): ScriptOption[] {
    const options: ScriptOption[] = [];
    for (;;) {
      this.#scanner.skip();
      const place = this.#scanner.place();
      const name = this.#scanner.take(OPTION_NAME);
      if (name === undefined) return options;
      const value = this.#scanner.takeHere(OPTION_VALUE)?.slice(1) ?? '';
      options.push({ name: name.slice(2), value, place });
    }
  }

  #command(): Command | undefined {
    this.#scanner.skip();
    const place = this.#scanner.place();
    if (!this.#scanner.eat('`')) return undefined;
    return { text: this.#scanner.until('`', 'a command'), place };
  }

  #event(): ScriptEvent {
    const scanner = this.#scanner;
    scanner.skip();
    const from = scanner.position;
    const place = scanner.place();
    const time = this.#time();
    const action = this.#action();
    if (time.kind === 'any' && !(action.kind === 'packet' && action.direction === 'out')) {
      throw scanner.errorAt(from, 1, 'only a packet that is expected may come at any time');
    }
    if (time.end !== undefined && action.kind !== 'call') {
      throw scanner.errorAt(from, 1, 'only a system call may last from one time to another');
    }
    return { place, text: scanner.since(from), time, action };
  }

  #time(): EventTime {
    const scanner = this.#scanner;
    if (scanner.eat('*')) return { kind: 'any', at: 0, until: undefined, end: undefined };
    const relative = scanner.eat('+');
    const at = this.#seconds('the time of an event: a number of seconds, +SECONDS or *');
    const kind = relative ? 'relative' : 'absolute';
    if (scanner.eat('~')) {
      if (relative) scanner.eat('+');
      return { kind, at, until: this.#seconds('the end of a range of times'), end: undefined };
    }
    if (scanner.eat('...')) {
      return { kind, at, until: undefined, end: this.#seconds('when the call is to return') };
    }
    return { kind, at, until: undefined, end: undefined };
  }

  /** In microseconds. */
  #seconds(what: string): number {
    const digits = this.#scanner.take(NUMBER);
    if (digits === undefined) {
      throw this.#scanner.error(`expected ${what}, found ${this.#scanner.next()}`);
    }
    return Math.round(Number(digits) * 1e6);
  }

  #action(): Action {
    const scanner = this.#scanner;
    if (scanner.sees('<') || scanner.sees('>')) return parsePacket(scanner, this.#definitions);
    if (scanner.eat('%{')) return { kind: 'code', source: scanner.until('}%', 'a block of code') };
    const command = this.#command();
    if (command !== undefined) return { kind: 'command', command };
    return parseCall(scanner, this.#definitions);
  }
}

const NOW: EventTime = { kind: 'relative', at: 0, until: undefined, end: undefined };

const untimed = (command: Command): ScriptEvent => ({
  place: command.place,
  text: `\`${command.text}\``,
  time: NOW,
  action: { kind: 'command', command },
});
