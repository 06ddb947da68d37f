/** Words of a save file: how the tool quotes them, and how it reads a line of them (xtables.c, xshared.c). */

/** In double quotes where anything but letters, digits, `_` and `-` is in it. */
export const quoted = (text: string): string => (/^[\w-]+$/.test(text) ? text : `"${text.replace(/["'\\]/g, '\\$&')}"`)

/** A word with a quoted part, which ends it; or a plain one. */
const WORD = /([^" \t\n]*)"((?:\\[\s\S]|[^"\\])*)"?|[^" \t\n]+/g

/** The words of a line. Double quotes hold spaces; inside them a backslash takes the next letter as it is. */
export const wordsOf = (line: string): string[] =>
  Array.from(line.matchAll(WORD), ([plain, before, inside]) =>
    inside === undefined ? plain : before + inside.replace(/\\([\s\S])/g, '$1'),
  )
