/** The words of a command line, as a shell takes them apart, without what follows a `#`. */
export function wordsOf(line: string): string[] {
  return [...line.replace(/(^|\s)#.*$/, '').matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replace(/'/g, ''));
}
