/** `estab demo`: what `npm start` shows. */
import { Option, type Command } from 'commander';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { Ladder } from '../../lab/ladder/ast.ts';
import { runInside, whyNoNamespace } from '../demo/namespace.ts';
import { talkWithKernel } from '../demo/kernel-exchange.ts';
import { fileFailure } from '../failure.ts';
import { ladderFilesAt, Library, readLadders } from '../ladder/files.ts';
import { renderOne } from '../ladder/output.ts';
import { runPlain } from '../ladder/runs.ts';
import { shippedLadders } from '../package.ts';
import { paragraphs } from '../help.ts';
import type { Session, Terminal } from '../terminal.ts';

interface DemoOptions {
  readonly pcap?: string;
  readonly color?: boolean;
  readonly inside?: boolean;
}

export function addDemo(program: Command, session: Session): void {
  program
    .command('demo')
    .summary('figures of RFC 9293 as they really run, then a talk with the kernel')
    .description(paragraphs(HELP))
    .helpOption('-h, --help', 'print this help')
    .option('--pcap <FILE>', 'where the capture goes (default: a new folder for temporary files)')
    .option('--color', 'colour, also when the output is no terminal')
    .option('--no-color', 'no colour; NO_COLOR does the same')
    .addOption(new Option('--inside', 'the part inside the namespace').hideHelp())
    .addHelpText('after', EXAMPLES)
    .action(async (options: DemoOptions) => {
      const { terminal } = session;
      if (options.inside === true) {
        await talkWithKernel((text) => terminal.write(text), options.pcap ?? capturePath());
      } else await demo(options, terminal);
    });
}

const HELP = `Three things, in a few seconds:

  1. Figures 6 to 13 of RFC 9293, played by two live TCPs: what is shown is what happened.
  2. Tables that people wrote down of the same exchanges, and where a live TCP departs from them.
  3. estab and the kernel's TCP at the two ends of a TUN device, in a network namespace of its own:
     the machine's network is not touched. Without the right to one, the demo says so and goes on.

Exit status: 0.`;

const EXAMPLES = `
Examples:
  estab demo
  estab demo --pcap demo.pcapng     then: wireshark demo.pcapng
  estab demo | less -R
`;

async function demo(options: DemoOptions, terminal: Terminal): Promise<void> {
  const library = new Library(shippedLadders());
  const color = terminal.color(options.color);
  const title = (text: string): void => terminal.write(`${text}\n${'='.repeat(text.length)}\n\n`);
  const play = (ladder: Ladder): void => {
    const result = runPlain(ladder, { family: 4, library });
    terminal.write(`${renderOne(result, 'text', { color, table: ladder.markdown })}\n`);
  };
  title('RFC 9293, Figures 6 to 13, as they really run');
  shipped('rfc9293')
    .filter(({ name }) => basename(name).startsWith('figure-'))
    .forEach(play);
  title('Seven tables, and where a live TCP departs from them');
  shipped('seed').forEach(play);
  title("estab and the kernel's TCP");
  await kernel(options.pcap, terminal);
}

const shipped = (folder: string): Ladder[] =>
  ladderFilesAt(join(shippedLadders(), folder)).flatMap((file) => [...readLadders(file).ladders]);

async function kernel(pcap: string | undefined, terminal: Terminal): Promise<void> {
  if (pcap !== undefined) checkWritable(pcap);
  const path = resolve(pcap ?? capturePath());
  const why = whyNoNamespace() ?? (await runInside(['demo', '--inside', '--pcap', path]));
  if (why === undefined) {
    terminal.write(`\nThe capture of both is ${path}: wireshark ${path}\n`);
    return;
  }
  terminal.write(`Not shown: ${why}\n`);
  if (pcap === undefined) rmSync(dirname(path), { recursive: true });
}

function checkWritable(path: string): void {
  try {
    writeFileSync(path, '');
  } catch (error) {
    throw fileFailure('write the capture', path, error);
  }
}

/** In a folder of its own: a name that others can guess is theirs to take first. */
const capturePath = (): string => join(mkdtempSync(join(tmpdir(), 'estab-')), 'demo.pcapng');
