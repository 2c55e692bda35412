/**
 * Many regular expressions as one automaton, which tells in one pass over a value which of them take it (as RE2::Set does). Its states stand for
 * those of all expressions at once, so there are more of them than of one expression. Where they are too many to be kept, the caller tries the
 * expressions one after the other.
 *
 * The automaton is built with the first value, as those of single expressions are.
 */
import { Automaton, MAX_SET_STATE_ENTRIES } from './automaton';
import { compileProgram } from './program';
import { beginsWith, type Regex } from './regex';

const NONE: readonly number[] = [];

export class RegexSet {
  /** What all values that any of them takes begin with. */
  private readonly startBytes: Uint8Array;
  private built: Automaton | undefined;

  /** @param regexes at least one, all of a table, with whose other expressions their states share a budget */
  constructor(private readonly regexes: readonly Regex[]) {
    this.startBytes = commonStart(regexes.map(({ startBytes }) => startBytes));
  }

  get automaton(): Automaton {
    const { regexes, startBytes } = this;
    return this.built ??= new Automaton(compileProgram(regexes.map(({ tree }) => tree)), startBytes, regexes[0]!.budget, MAX_SET_STATE_ENTRIES);
  }

  /** Indices of the expressions that take the whole of `bytes[start, end)`, in ascending order; undefined when they have to be tried. */
  matching(bytes: Uint8Array, start: number, end: number): readonly number[] | undefined {
    const { startBytes } = this;
    return beginsWith(bytes, start, end, startBytes) ? this.automaton.accepted(bytes, start + startBytes.length, end) : NONE;
  }
}

function commonStart(starts: readonly Uint8Array[]): Uint8Array {
  const [first] = starts as [Uint8Array];
  let length = first.length;
  for (const other of starts) {
    let same = 0;
    while (same < length && first[same] === other[same]) same++;
    length = same;
  }
  return first.subarray(0, length);
}
