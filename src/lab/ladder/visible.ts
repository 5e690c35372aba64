/** Text of files for terminals and documents: a ladder must not be able to send them commands. */

/**
 * With C0 as U+2400 to U+241F, DEL as U+2421, and C1 and the controls of writing direction as
 * U+FFFD: one character for each, so that columns stay.
 */
export const visible = (text: string): string =>
  text.replaceAll(CONTROL, (control) => {
    const code = control.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(PICTURES + code) : code === DEL ? '\u2421' : '\uFFFD';
  });

/** Without control characters but the ends of lines. */
export const withoutControls = (text: string): string =>
  text.replaceAll(CONTROL, (control) => (control === '\n' ? control : ''));

// U+202A to U+202E and U+2066 to U+2069 make text read otherwise than it is (UTR #36 §2.5).
const CONTROL = /[\u0000-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/g;
const PICTURES = 0x2400; // the block that has a picture for each of C0
const DEL = 0x7f;

const NUL = '\u0000';
const STRANGE = 0.1; // of the characters; a text in another encoding has a few

/** No text at all: it has NUL, or much that no text has. */
export function isBinary(text: string): boolean {
  if (text.includes(NUL)) return true;
  const strange = text.match(/[\u0001-\u0008\u000E-\u001A\u001C-\u001F\u007F-\u009F\uFFFD]/g);
  return (strange?.length ?? 0) > text.length * STRANGE;
}
