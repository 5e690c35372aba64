/** TCPs with one comparison changed: the search must find out. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface Mutant {
  readonly name: string;
  readonly file: string; // below src/tcp
  readonly text: string; // what is there, once
  readonly instead: string;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'acceptability: text at RCV.NXT is not acceptable (Table 6)',
    file: 'windows.ts',
    text: '(first >= 0 && first < rcv.wnd)',
    instead: '(first > 0 && first < rcv.wnd)',
  },
  {
    name: 'acceptability: text beyond the window is acceptable, text in it is not (Table 6)',
    file: 'windows.ts',
    text: '(first >= 0 && first < rcv.wnd)',
    instead: '(first >= 0 && first > rcv.wnd)',
  },
  {
    name: 'ACK: SND.UNA moves for old acknowledgments (§3.10.7.4 fifth)',
    file: 'events/check-ack.ts',
    text: 'const news = lt(snd.una, seg.ack);',
    instead: 'const news = snd.una !== seg.ack;',
  },
  {
    name: 'ACK: the acknowledgment of a SYN is refused (§3.10.7.3 first)',
    file: 'events/syn-sent.ts',
    text: 'le(seg.ack, snd.iss) || gt(seg.ack, snd.nxt)',
    instead: 'le(seg.ack, snd.nxt) || gt(seg.ack, snd.nxt)',
  },
  {
    name: 'RST: one at RCV.NXT is challenged, others are believed (RFC 5961 §3)',
    file: 'events/check-rst.ts',
    text: 'seg.seq !== tcb.rcv.nxt',
    instead: 'seg.seq === tcb.rcv.nxt',
  },
  {
    name: 'RST: CLOSED answers a reset with a reset (§3.10.7.1)',
    file: 'reset.ts',
    text: 'if (seg.ctl & RST) return undefined;',
    instead: 'if (seg.ctl === RST + RST) return undefined;',
  },
  {
    name: 'trimming: what fits is cut off, what does not is kept (§3.10.7.4 seventh)',
    file: 'events/segment-text.ts',
    text: 'if (beyond > 0) {',
    instead: 'if (beyond < 0) {',
  },
  {
    name: 'order: text beyond a gap is taken as if there was none (§3.10.7.4 seventh)',
    file: 'events/segment-text.ts',
    text: 'if (offset === 0) inOrder',
    instead: 'if (offset >= 0) inOrder',
  },
  {
    name: 'FIN: one beyond a gap is taken, one in order is not (§3.10.7.4 eighth)',
    file: 'events/check-fin.ts',
    text: 'if (tcb.rcv.nxt === tcb.rcv.fin) takeFin',
    instead: 'if (tcb.rcv.nxt !== tcb.rcv.fin) takeFin',
  },
  {
    name: 'FIN: ours counts as acknowledged when it is not (§3.10.7.4 fifth)',
    file: 'tcb.ts',
    text: 'tcb.finSent && tcb.snd.una === tcb.snd.nxt',
    instead: 'tcb.finSent && tcb.snd.una !== tcb.snd.nxt',
  },
];

const CACHE = resolve('.cache/mutants');
/** What the search is made of. */
const LAYERS = ['wire', 'tcp', 'link', 'lab'];

type Explore = typeof import('../../src/lab/explore/exploration.ts');
type Plans = typeof import('../../src/lab/explore/plan.ts');

/** The search with a TCP that has this mistake in it, built in a folder of its own. */
export async function brokenBuild(
  { file, text, instead }: Mutant,
  number: number,
): Promise<Explore & Plans> {
  const folder = join(CACHE, String(number));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const layer of LAYERS) {
    cpSync(join('src', layer), join(folder, layer), { recursive: true });
  }
  const path = join(folder, 'tcp', file);
  const source = readFileSync(path, 'utf8');
  const parts = source.split(text);
  if (parts.length !== 2) throw new Error(`${file} has '${text}' ${parts.length - 1} times`);
  writeFileSync(path, parts.join(instead));
  const load = (name: string): Promise<unknown> =>
    import(/* @vite-ignore */ pathToFileURL(join(folder, 'lab/explore', name)).href);
  return {
    ...((await load('exploration.ts')) as Explore),
    ...((await load('plan.ts')) as Plans),
  };
}
