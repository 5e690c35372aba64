/** Help as it stands in the source, for commander to wrap. */

/** Joins the lines of each paragraph; what is indented stays as it is. */
export const paragraphs = (text: string): string => text.replaceAll(/(?<=\S)\n(?=\S)/g, ' ');
