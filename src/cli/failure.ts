/** What went wrong for a reason that is not ours: said in words, without a stack trace. */
import { DeviceError } from '../link/node/libc.ts';

/** Exit codes of the command. */
export const EXIT = {
  ok: 0,
  failed: 1, //  it ran, and the answer is no: a ladder differs, a connection was refused
  misused: 2, // it could not run: what was given cannot be read or makes no sense
} as const;

/** Its message names the input and says what to do next. */
export class Failure extends Error {
  override readonly name: string = 'Failure';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The message of an error that a user can do something about; undefined for a mistake of ours. */
export function failureIn(error: unknown): Failure | undefined {
  if (error instanceof Failure) return error;
  if (error instanceof DeviceError) return new Failure(error.message);
  return undefined;
}

/** A failed call of Node's file system, in words: `cannot read 'x': no such file (ENOENT)`. */
export function fileFailure(doing: string, path: string, error: unknown): Failure {
  const code = codeOf(error);
  if (code === undefined) throw error;
  const words = WORDS[code];
  const reason = words === undefined ? code : `${words} (${code})`;
  return new Failure(`cannot ${doing} '${path}': ${reason}`, EXIT.misused);
}

export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'not permitted',
  EPERM: 'not permitted',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is no folder',
  EEXIST: 'it is there already, and no folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only',
};
