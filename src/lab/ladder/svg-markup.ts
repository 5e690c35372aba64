/** The pieces a ladder diagram is written with: text, numbers, arrow heads, colours. */

/** A line of text; nothing for no text. */
export const textAt = (x: number, y: number, text: string, style: string): string =>
  text === '' ? '' : `<text class="${style}" x="${px(x)}" y="${px(y)}">${xml(text)}</text>`;

export const px = (n: number): string => String(Math.round(n * 10) / 10);

/** Text and attribute values; what XML 1.0 cannot hold, or discourages, becomes U+FFFD. */
export const xml = (text: string): string =>
  text
    .replaceAll(/[^\t\n\r\u0020-\u007E\u00A0-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

export const arrowHeads = (id: string): string =>
  `<defs>${['arrow', 'wrong'].map((name) => arrowHead(`${id}-${name}`, name)).join('')}</defs>`;

const arrowHead = (id: string, style: string): string =>
  `<marker id="${id}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8"` +
  ` orient="auto"><path class="${style}-head" d="M0 0L10 5L0 10z"/></marker>`;

interface Colors {
  readonly page: string;
  readonly ink: string;
  readonly quiet: string;
  readonly bad: string;
  readonly good: string;
}

// Each at least 4.5 to 1 against its page: WCAG 2.2 §1.4.3
const LIGHT: Colors = {
  page: '#fff',
  ink: '#1f2328',
  quiet: '#59636e',
  bad: '#c1121f',
  good: '#116329',
};
const DARK: Colors = {
  page: '#0d1117',
  ink: '#e6edf3',
  quiet: '#9198a1',
  bad: '#ff7b72',
  good: '#56d364',
};

/** Everything below `#id`, so that two diagrams in a page leave each other alone. */
export function styleOf(id: string): string {
  const mono = 'ui-monospace,SFMono-Regular,Menlo,Consolas,monospace';
  return [
    `#${id} text{font:12px ${mono};white-space:pre}`,
    `#${id} .title{font-size:14px;font-weight:600}`,
    `#${id} .head{font-weight:600}`,
    `#${id} .small{font-size:10px}`,
    `#${id} .middle{text-anchor:middle}`,
    `#${id} .end{text-anchor:end}`,
    `#${id} .segment{paint-order:stroke;stroke-width:4px;stroke-linejoin:round}`,
    `#${id} .wanted{font-size:11px}`,
    `#${id} .path{fill:none;stroke-width:1.4}`,
    `#${id} .broken{stroke-dasharray:5 4}`,
    colorsOf(id, LIGHT),
    `@media (prefers-color-scheme:dark){${colorsOf(id, DARK)}}`,
  ].join('');
}

const colorsOf = (id: string, { page, ink, quiet, bad, good }: Colors): string =>
  [
    `#${id} .page{fill:${page}}`,
    `#${id} text,#${id} .arrow-head{fill:${ink}}`,
    `#${id} .life{stroke:${quiet}}`,
    `#${id} .path{stroke:${ink}}`,
    `#${id} .segment{stroke:${page}}`,
    `#${id} .quiet,#${id} .wanted{fill:${quiet}}`,
    `#${id} .good{fill:${good}}`,
    `#${id} .bad,#${id} .wrong-head{fill:${bad}}`,
    `#${id} .wrong{stroke:${bad}}`,
  ].join('');
