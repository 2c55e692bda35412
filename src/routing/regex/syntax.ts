/**
 * What a regular expression is made of, and its reader. The syntax is a subset of RE2's: literals, `.`, classes, groups, alternation,
 * `* + ?` and `{n,m}`. What needs backtracking (backreferences, look-around) can't be run in linear time, and is refused with what
 * to do instead. An expression is for a whole value, so `^` and `$` at its ends change nothing and are not allowed elsewhere.
 */
import { ALL, type ByteSet, classEscape, fold, invert, literalEscape, single } from './byte-set';
import { RegexProblem } from './problem';

export type Node =
  | { readonly type: 'empty' }
  | { readonly type: 'set'; readonly set: ByteSet }
  | { readonly type: 'sequence'; readonly nodes: readonly Node[] }
  | { readonly type: 'choice'; readonly nodes: readonly Node[] }
  /** `max` is Infinity without a bound. */
  | { readonly type: 'repeat'; readonly node: Node; readonly min: number; readonly max: number };

export const MAX_PATTERN_LENGTH = 1_024;
/** Groups within groups: the reader calls itself for each. */
export const MAX_GROUP_DEPTH = 100;
/** As RE2 has it. */
export const MAX_REPETITIONS = 1_000;

const EMPTY: Node = { type: 'empty' };

/** The expression as a tree, or why it can't be read. */
export function parseRegex(pattern: string): Node | RegexProblem {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    return new RegexProblem(`it has ${pattern.length} characters, more than ${MAX_PATTERN_LENGTH}; make it shorter`, MAX_PATTERN_LENGTH);
  }
  const stranger = pattern.search(/[^\t -~]/);
  if (stranger >= 0) {
    return new RegexProblem('it holds a character that is not visible ASCII; write its bytes, percent-encoded in a path, as \\xHH elsewhere', stranger);
  }
  return new Parser(pattern).parse();
}

class Parser {
  private at = 0;
  private depth = 0;
  private foldsCase = false;
  /** The first mistake; nothing is read behind it. */
  private problem: RegexProblem | undefined;

  constructor(private readonly pattern: string) {}

  parse(): Node | RegexProblem {
    if (this.pattern.startsWith('(?i)')) {
      this.foldsCase = true;
      this.at = 4;
    }
    const node = this.readChoice();
    if (!this.problem && this.at < this.pattern.length) this.fail('`)` without `(`; write \\)');
    return this.problem ?? node;
  }

  private readChoice(): Node {
    const nodes = [this.readSequence()];
    while (!this.problem && this.pattern[this.at] === '|') {
      this.at++;
      nodes.push(this.readSequence());
    }
    return nodes.length === 1 ? nodes[0]! : { type: 'choice', nodes };
  }

  private readSequence(): Node {
    const nodes: Node[] = [];
    if (this.depth === 0 && this.pattern[this.at] === '^') this.at++;
    while (!this.problem && this.at < this.pattern.length) {
      const character = this.pattern[this.at]!;
      if (character === '|' || character === ')') break;
      if (character === '$' && this.depth === 0 && this.endsAlternative(this.at + 1)) {
        this.at++;
        break;
      }
      const node = this.readAtom(character);
      if (!this.problem) nodes.push(this.readRepetition(node));
    }
    return nodes.length === 0 ? EMPTY : nodes.length === 1 ? nodes[0]! : { type: 'sequence', nodes };
  }

  private endsAlternative(at: number): boolean {
    return at === this.pattern.length || this.pattern[at] === '|';
  }

  private readAtom(character: string): Node {
    switch (character) {
      case '(': return this.readGroup();
      case '[': return this.set(this.readClass());
      case '.':
        this.at++;
        return { type: 'set', set: ALL };
      case '\\': return this.set(this.readEscape());
      case '^': return this.fail('`^` is allowed only at the start, as an expression is for the whole value; leave it out, or write \\^');
      case '$': return this.fail('`$` is allowed only at the end, as an expression is for the whole value; leave it out, or write \\$');
      case '*': case '+': case '?': return this.fail(`\`${character}\` with nothing before it to repeat; write \\${character} for the character`);
      case '{': return this.fail('`{` with nothing before it to repeat; write \\{ for the character');
      default:
        this.at++;
        return this.set(single(character.charCodeAt(0)));
    }
  }

  private set(set: ByteSet): Node {
    return { type: 'set', set: this.foldsCase ? fold(set) : set };
  }

  private readGroup(): Node {
    const rest = this.pattern.slice(this.at);
    const opening = /^\((\?:|\?P?<[A-Za-z_][A-Za-z0-9_]*>)?/.exec(rest)![0];
    if (/^\(\?<?[=!]/.test(rest)) return this.fail('look-around `(?=`, `(?!`, `(?<=`, `(?<!` is not supported; use several matches, or a header condition instead');
    if (opening === '(' && rest[1] === '?') return this.fail('`(?` begins no group that is supported; use `(`, `(?:`, or `(?i)` at the start of the whole expression');
    if (this.depth === MAX_GROUP_DEPTH) return this.fail(`more than ${MAX_GROUP_DEPTH} groups within each other; write it flatter`);
    const start = this.at;
    this.at += opening.length;
    this.depth++;
    const node = this.readChoice();
    this.depth--;
    if (this.problem) return EMPTY;
    if (this.pattern[this.at] !== ')') return this.fail('`(` without `)`; close it, or write \\(', start);
    this.at++;
    return node;
  }

  private readRepetition(node: Node): Node {
    const start = this.at;
    const bounds = this.readBounds();
    if (!bounds || this.problem) return node;
    // Whether as much or as little as can be is taken makes no difference for a whole value.
    if (this.pattern[this.at] === '?') this.at++;
    if (/^[*+?{]/.test(this.pattern.slice(this.at))) return this.fail('two repetitions in a row; put the first into a group, as in (?:a*)+', start);
    return { type: 'repeat', node, ...bounds };
  }

  private readBounds(): { min: number; max: number } | undefined {
    const character = this.pattern[this.at];
    if (character === '*' || character === '+' || character === '?') {
      this.at++;
      return { min: character === '+' ? 1 : 0, max: character === '?' ? 1 : Infinity };
    }
    if (character !== '{') return undefined;
    const counts = /^\{(\d{1,5})(,(\d{0,5}))?\}/.exec(this.pattern.slice(this.at));
    if (!counts) {
      this.fail('`{` that begins no count such as {2}, {2,} or {2,5}; write \\{ for the character');
      return undefined;
    }
    const min = Number(counts[1]);
    const max = counts[2] === undefined ? min : counts[3] === '' ? Infinity : Number(counts[3]);
    if (max < min) this.fail(`the count ${counts[0]} ends below its start; swap them`);
    else if (min > MAX_REPETITIONS || (max > MAX_REPETITIONS && max !== Infinity)) this.fail(`the count ${counts[0]} is above ${MAX_REPETITIONS}; use * or +`);
    this.at += counts[0].length;
    return { min, max };
  }

  /** At a backslash, outside of a class. */
  private readEscape(): ByteSet {
    const rest = this.pattern.slice(this.at + 1);
    const shorthand = classEscape(rest[0] ?? '');
    if (shorthand) {
      this.at += 2;
      return shorthand;
    }
    return single(this.readEscapedByte(rest));
  }

  private readEscapedByte(rest: string): number {
    const escape = literalEscape(rest);
    if (escape) {
      this.at += 1 + escape.length;
      return escape.byte;
    }
    if (rest === '') this.fail('a backslash at the end; write \\\\ for the character');
    else if (/^[1-9k]/.test(rest)) this.fail(`the backreference \\${rest[0]} is not supported, as it can't be run in linear time; write out what may come there`);
    else if (/^[bB]/.test(rest)) this.fail('word boundaries \\b and \\B are not supported; write the characters that may stand there, as in [/-]');
    else if (/^[AzZ]/.test(rest)) this.fail(`\\${rest[0]} is not needed, as an expression is for the whole value; leave it out`);
    else if (/^[pP]/.test(rest)) this.fail('Unicode classes \\p are not supported, as bytes are matched; write the characters as a class, as in [A-Za-z]');
    else this.fail(`the escape \\${rest[0]} is not known; leave out the backslash`);
    return 0;
  }

  /** At `[`. */
  private readClass(): ByteSet {
    const start = this.at;
    const set = new Uint8Array(256);
    this.at++;
    const negated = this.pattern[this.at] === '^';
    if (negated) this.at++;
    if (this.pattern[this.at] === ']') {
      this.fail('a class that begins with `]`; write \\] for the character');
      return set;
    }
    while (!this.problem && this.pattern[this.at] !== ']') {
      if (this.at >= this.pattern.length) this.fail('`[` without `]`; close it, or write \\[', start);
      else this.readMember(set);
    }
    this.at++;
    const folded = this.foldsCase ? fold(set) : set;
    return negated ? invert(folded) : folded;
  }

  private readMember(set: Uint8Array): void {
    const start = this.at;
    if (this.pattern.startsWith('[:', this.at)) {
      this.fail('named classes such as [:alpha:] are not supported; write a range, as in [A-Za-z]');
      return;
    }
    const shorthand = this.pattern[this.at] === '\\' ? classEscape(this.pattern[this.at + 1] ?? '') : undefined;
    if (shorthand) {
      for (let byte = 0; byte < 256; byte++) if (shorthand[byte] === 1) set[byte] = 1;
      this.at += 2;
      if (this.pattern[this.at] === '-' && this.pattern[this.at + 1] !== ']') this.fail('a range that begins with a class; put the `-` at the end, or write \\-');
      return;
    }
    const first = this.readMemberByte();
    let last = first;
    if (this.pattern[this.at] === '-' && this.at + 1 < this.pattern.length && this.pattern[this.at + 1] !== ']') {
      this.at++;
      if (this.pattern[this.at] === '\\' && classEscape(this.pattern[this.at + 1] ?? '')) this.fail('a range that ends in a class; put the `-` at the end, or write \\-');
      else last = this.readMemberByte();
    }
    if (!this.problem && last < first) this.fail('a range that ends before it begins; swap its ends', start);
    for (let byte = first; byte <= last; byte++) set[byte] = 1;
  }

  private readMemberByte(): number {
    if (this.pattern[this.at] === '\\') return this.readEscapedByte(this.pattern.slice(this.at + 1));
    return this.pattern.charCodeAt(this.at++);
  }

  private fail(message: string, at = this.at): Node {
    this.problem ??= new RegexProblem(message, at);
    return EMPTY;
  }
}
