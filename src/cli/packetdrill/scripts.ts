/** Finds and reads scripts: files and folders. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isBinary } from '../../lab/ladder/visible.ts';
import { EXIT, Failure, fileFailure } from '../failure.ts';

/** The files that `path` stands for: itself, or every script in the folder, by name. */
export function scriptFilesAt(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const found = readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.pkt'))
      .sort()
      .map((file) => join(path, file));
    if (found.length > 0) return found;
  } catch (error) {
    throw fileFailure('read', path, error);
  }
  throw new Failure(`no scripts in '${path}': expected files *.pkt`, EXIT.misused);
}

/** @throws Failure when it cannot be read. */
export function readScript(file: string): string {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw fileFailure('read', file, error);
  }
  if (!isBinary(text)) return text;
  throw new Failure(`cannot read '${file}': it is not a text file`, EXIT.misused);
}

/** The folder of a script; of the kernel's, which lie in one folder, the first words of its name. */
export function themeOf(file: string): string {
  const name = basename(file, '.pkt');
  const word = /^tcp_([a-z0-9]+(?:_(?:recovery|retransmit|start|timeout|info|recent))?)/.exec(name);
  const folder = basename(dirname(file));
  if (word !== null && folder === 'packetdrill') return word[1] ?? name;
  const above = basename(dirname(dirname(file)));
  return ['server', 'client', 'opt34'].includes(folder) ? `${above}/${folder}` : folder;
}
