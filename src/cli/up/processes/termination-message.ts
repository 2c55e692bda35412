/**
 * The lines of a program's output that say why it ended. The last lines alone don't: Node and Java print the error first and the
 * stack below it, Go prints every goroutine, and npm adds lines of its own. So lines that are part of a stack, or a runner's, are
 * left out while there are others, and the latest line that looks like an error is shown even when many came after it.
 */

/** Lines shown, and raw lines kept for when there is nothing else. */
const SHOWN = 8;
/** Characters of a line: Node prints the line of the source, which may be all of a bundle. */
const LONGEST = 400;

/** Says nothing by itself: stacks of Node, Java, .NET, Python, Ruby, Go and Rust, and the words of those who ran the program. */
const NOISE = [
  /^\s*[{}^~]*\s*$/, /^\s+at /, /^\s*\.{3} \d+ (more|lines)/, /^Node\.js v\d/, /^npm (ERR!|error|notice|warn)/, /^exit status \d+$/,
  /^\s+File ".*", line \d+/, /^\s+from \S+:\d+:in /,
  /^goroutine \d+ \[/, /^\t\S+\.\w+:\d+/, /^[\w./-]+\.(\(\*?\w+\)\.)?\w+\(.*\)$/, /^created by [\w./]+/,
  /^\s+\d+: [\w<]/, /^note: run with `RUST_BACKTRACE/,
];
const ERROR = /(^|[^\w.])(\w*Error|\w*Exception|panic|fatal|cannot|failed)\b|\b[A-Z]\w*(Error|Exception)\b/i;

export class TerminationMessage {
  private readonly raw: string[] = [];
  private readonly telling: string[] = [];
  /** The latest line that looks like an error, and how many telling ones came after it. */
  private error = '';
  private since = 0;

  add(line: string): void {
    const text = line.length > LONGEST ? `${line.slice(0, LONGEST)} ...` : line;
    keep(this.raw, text);
    if (NOISE.some((noise) => noise.test(text))) return;
    keep(this.telling, text);
    this.since += 1;
    if (ERROR.test(text)) {
      this.error = text;
      this.since = 0;
    }
  }

  /** What is to be shown, the oldest first; empty when it said nothing. */
  get lines(): readonly string[] {
    if (this.telling.length === 0) return this.raw;
    return this.error !== '' && this.since >= SHOWN ? [this.error, ...this.telling.slice(1)] : this.telling;
  }
}

function keep(list: string[], line: string): void {
  list.push(line);
  if (list.length > SHOWN) list.shift();
}
