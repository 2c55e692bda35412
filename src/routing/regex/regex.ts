/**
 * Regular expressions that take linear time. JavaScript's RegExp backtracks, and some patterns take it exponential time.
 *
 * To compile one only checks it. Its automaton is built with the first value, for a table may have thousands that no request ever meets.
 */
import { bytesOf, type ValueTest } from '../bytes/bytes';
import { Automaton, StateBudget } from './automaton';
import { mayBeginWith } from './first-byte';
import { literalStart } from './literal-start';
import { RegexProblem } from './problem';
import { compileProgram, problemOfSize } from './program';
import { type Node, parseRegex } from './syntax';

export class Regex implements ValueTest {
  /** What every value that it takes begins with; may be empty. */
  readonly literalStart: string;
  readonly startBytes: Uint8Array;
  /** As far as it is the same in text and in bytes. */
  private readonly asciiStart: string;
  private built: Automaton | undefined;

  /**
   * The expression compiled, or why it isn't taken.
   *
   * @param budget shared by the expressions of a table
   */
  static compile(pattern: string, budget = new StateBudget()): Regex | RegexProblem {
    const tree = parseRegex(pattern);
    if (tree instanceof RegexProblem) return tree;
    return problemOfSize(tree) ?? new Regex(pattern, tree, budget);
  }

  private constructor(readonly pattern: string, readonly tree: Node, readonly budget: StateBudget) {
    this.literalStart = literalStart(tree);
    this.asciiStart = /^[^\x80-\uffff]*/.exec(this.literalStart)![0];
    this.startBytes = Uint8Array.from(this.literalStart, (character) => character.charCodeAt(0));
  }

  /** Of what is behind {@link literalStart}, which is compared as it is: so a table of many expressions keeps no states of it. */
  get automaton(): Automaton {
    return this.built ??= new Automaton(compileProgram([this.tree]), this.startBytes, this.budget);
  }

  /** Whether the whole of `bytes[start, end)` is of the expression. */
  test(bytes: Uint8Array, start: number, end: number): boolean {
    return beginsWith(bytes, start, end, this.startBytes) && this.automaton.test(bytes, start + this.startBytes.length, end);
  }

  testText(text: string): boolean {
    if (!text.startsWith(this.asciiStart)) return false;
    const bytes = bytesOf(text);
    return this.test(bytes, 0, bytes.length);
  }

  /** Whether it takes some value that begins with a byte. */
  mayBeginWith(byte: number): boolean {
    return mayBeginWith(this.tree, byte);
  }

  /** Whether it takes every value that begins with `prefix`; false when that is too much to tell. */
  takesAllFrom(prefix: Uint8Array): boolean {
    const { startBytes } = this;
    return beginsWith(prefix, 0, prefix.length, startBytes) && this.automaton.takesAllFrom(prefix.subarray(startBytes.length));
  }
}

export function beginsWith(bytes: Uint8Array, start: number, end: number, beginning: Uint8Array): boolean {
  if (end - start < beginning.length) return false;
  for (let i = 0; i < beginning.length; i++) if (bytes[start + i] !== beginning[i]) return false;
  return true;
}
