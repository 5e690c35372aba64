/** The command line: verbs, help, and how an error leaves. */
import { Command, CommanderError } from 'commander';
import { EXIT, failureIn } from './failure.ts';
import { packageVersion } from './package.ts';
import type { Session, Terminal } from './terminal.ts';
import { addConnect } from './verbs/connect.ts';
import { addDemo } from './verbs/demo.ts';
import { addExplore } from './verbs/explore.ts';
import { addLadder } from './verbs/ladder.ts';
import { addListen } from './verbs/listen.ts';
import { addNetem } from './verbs/netem.ts';
import { addPacketdrill } from './verbs/packetdrill.ts';
import { addPlot } from './verbs/plot.ts';
import { addTransfer } from './verbs/transfer.ts';

/** Carries out `args` (what stands behind `estab`) and answers with the exit code. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const session: Session = { terminal, exitCode: EXIT.ok };
  const program = programFor(session);
  try {
    await program.parseAsync(args.length === 0 ? ['--help'] : args, { from: 'user' });
    return session.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.misused;
    const failure = failureIn(error);
    if (failure === undefined) throw error;
    terminal.error(`estab ${verbIn(program, args)}${failure.message}\n`);
    return failure.exitCode;
  }
}

function programFor(session: Session): Command {
  const program = new Command('estab')
    .description('A complete TCP in TypeScript: play, watch and speak it.')
    .version(`estab ${packageVersion()}`, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .showHelpAfterError('(estab --help lists what there is)')
    .configureOutput({
      writeOut: (text) => session.terminal.write(text),
      writeErr: (text) => session.terminal.error(text),
    })
    .exitOverride()
    .addHelpText('after', EXAMPLES);
  addLadder(program, session);
  addPacketdrill(program, session);
  addListen(program, session);
  addConnect(program, session);
  addNetem(program, session);
  addTransfer(program, session);
  addPlot(program, session);
  addExplore(program, session);
  addDemo(program, session);
  return program;
}

const verbIn = (program: Command, [first]: readonly string[]): string =>
  program.commands.some((verb) => verb.name() === first) ? `${first}: ` : '';

const EXAMPLES = `
estab VERB --help tells more about a verb.

Examples:
  estab demo                        figures of RFC 9293 as they really run, then a talk with the kernel
  estab ladder                      play every ladder that ships
  estab ladder mine.ladder          does TCP do what this file says?
  estab packetdrill mine.pkt        the same question in the language of packetdrill
  estab listen 7 --verbose          a TCP server of our own behind a TUN device; needs root
  estab connect 10.9.0.1 80         the other way round
  estab netem --left tun:A --right tun:B --delay 20ms --loss 1%
                                    a bad network between two kernels, or virtual machines
  estab transfer --rate 10mbit --delay 25ms --loss 1% --plot lossy.svg
                                    a transfer in virtual time, and a picture of it
  estab explore --budget 60s        what if any segment is lost, any timer fires, any host crashes?
`;
