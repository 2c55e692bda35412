/**
 * Regular expressions that take linear time: the automaton of the expression is run over all its states at once (Cox, "Regular
 * Expression Matching Can Be Simple And Fast", 2007, https://swtch.com/~rsc/regexp/regexp1.html), and the sets of states that come up
 * are kept as the states of a deterministic one, built as they are needed. A byte then costs one look-up; in the worst case, one
 * step for each instruction. JavaScript's RegExp backtracks, and some patterns take it exponential time.
 *
 * Bytes that no part of the expression tells apart are one column of the tables. The states kept are bounded: at the limit all are let
 * go and built anew.
 */
import { bytesOf, type ValueTest } from '../bytes/bytes';
import { literalStart } from './literal-start';
import { RegexProblem } from './problem';
import { compileProgram, Op, type Program } from './program';
import { parseRegex } from './syntax';

/** Entries kept of the states of one expression, of 8 bytes and a little more. */
export const MAX_STATE_ENTRIES = 16_384;

/** States that {@link Regex.takesAllFrom} follows. */
const MAX_FOLLOWED = 256;

/** What is kept of a set of instructions. */
interface State {
  readonly instructions: readonly number[];
  /** The value may end here. */
  readonly accepts: boolean;
  /** By column; undefined where it is not known yet. */
  readonly next: (State | undefined)[];
}

export class Regex implements ValueTest {
  /** Instructions looked at to build states, states built, and how often all were let go. For tests and metrics. */
  steps = 0;
  built = 0;
  flushes = 0;
  /** Column of each byte. */
  private readonly columns: Uint8Array;
  private readonly columnCount: number;
  /** A byte of each column. */
  private readonly samples: number[] = [];
  private readonly states = new Map<string, State>();
  private entries = 0;
  private start: State;
  /** Marks instructions that a set holds already. */
  private readonly seen: Uint32Array;
  private round = 0;

  /** The expression compiled, or why it isn't taken. */
  static compile(pattern: string): Regex | RegexProblem {
    const tree = parseRegex(pattern);
    if (tree instanceof RegexProblem) return tree;
    const program = compileProgram(tree);
    return program instanceof RegexProblem ? program : new Regex(pattern, program, literalStart(tree));
  }

  /** @param literalStart what every value that it takes begins with; may be empty */
  private constructor(readonly pattern: string, private readonly program: Program, readonly literalStart: string) {
    this.columns = columnsOf(program);
    this.columns.forEach((column, byte) => { this.samples[column] ??= byte; });
    this.columnCount = this.samples.length;
    this.seen = new Uint32Array(program.size);
    this.start = this.makeStart();
  }

  /** Whether the whole of `bytes[start, end)` is of the expression. */
  test(bytes: Uint8Array, start: number, end: number): boolean {
    let state = this.start;
    for (let at = start; at < end; at++) {
      const column = this.columns[bytes[at]!]!;
      state = state.next[column] ?? this.step(state, column);
      if (state.instructions.length === 0) return false;
    }
    return state.accepts;
  }

  testText(text: string): boolean {
    const bytes = bytesOf(text);
    return this.test(bytes, 0, bytes.length);
  }

  /**
   * Whether it takes every value that begins with `prefix`. Follows all states that can come; false when there are too many to tell.
   */
  takesAllFrom(prefix: Uint8Array): boolean {
    let first = this.start;
    for (const byte of prefix) first = first.next[this.columns[byte]!] ?? this.step(first, this.columns[byte]!);
    const keys = new Set([keyOf(first)]);
    const open = [first];
    for (let state = open.pop(); state; state = open.pop()) {
      if (!state.accepts || keys.size > MAX_FOLLOWED) return false;
      for (let column = 0; column < this.columnCount; column++) {
        const next = state.next[column] ?? this.step(state, column);
        const key = keyOf(next);
        if (!keys.has(key)) open.push(next);
        keys.add(key);
      }
    }
    return true;
  }

  private makeStart(): State {
    const instructions: number[] = [];
    this.beginRound();
    this.follow(0, instructions);
    return this.intern(instructions);
  }

  private step(state: State, column: number): State {
    const { ops, x, sets } = this.program;
    const byte = this.samples[column]!;
    const instructions: number[] = [];
    this.beginRound();
    for (const at of state.instructions) {
      this.steps++;
      if (ops[at] === Op.SET && sets[x[at]!]![byte] === 1) this.follow(at + 1, instructions);
    }
    const next = this.intern(instructions);
    state.next[column] = next;
    return next;
  }

  private beginRound(): void {
    if (this.round === 0xffff_ffff) {
      this.seen.fill(0);
      this.round = 0;
    }
    this.round++;
  }

  /** Adds what is reached from an instruction without taking a byte. */
  private follow(from: number, instructions: number[]): void {
    const { ops, x, y } = this.program;
    const open = [from];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (this.seen[at] === this.round) continue;
      this.seen[at] = this.round;
      this.steps++;
      if (ops[at] === Op.JUMP) open.push(x[at]!);
      else if (ops[at] === Op.SPLIT) open.push(y[at]!, x[at]!);
      else instructions.push(at);
    }
  }

  private intern(instructions: number[]): State {
    instructions.sort((one, other) => one - other);
    const key = instructions.join();
    const known = this.states.get(key);
    if (known) return known;
    this.built++;
    const state: State = {
      instructions,
      accepts: instructions.some((at) => this.program.ops[at] === Op.MATCH),
      next: new Array<State | undefined>(this.columnCount).fill(undefined),
    };
    const entries = state.instructions.length + this.columnCount;
    if (this.entries + entries > MAX_STATE_ENTRIES) this.flush();
    this.entries += entries;
    this.states.set(key, state);
    return state;
  }

  /** States refer to each other, so none may stay that leads to those that go, but for the first. */
  private flush(): void {
    this.flushes++;
    this.states.clear();
    this.start = { ...this.start, next: new Array<State | undefined>(this.columnCount).fill(undefined) };
    this.states.set(keyOf(this.start), this.start);
    this.entries = this.start.instructions.length + this.columnCount;
  }
}

function keyOf({ instructions }: State): string {
  return instructions.join();
}

/** The coarsest division of all bytes that no set of the program cuts through. */
function columnsOf({ sets }: Program): Uint8Array {
  const columns = new Uint8Array(256);
  let count = 1;
  for (const set of new Set(sets)) {
    const split = new Map<number, number>();
    const members = new Int32Array(256);
    const sizes = new Int32Array(256);
    for (let byte = 0; byte < 256; byte++) {
      sizes[columns[byte]!]!++;
      if (set[byte] === 1) members[columns[byte]!]!++;
    }
    for (let byte = 0; byte < 256; byte++) {
      const column = columns[byte]!;
      if (set[byte] !== 1 || members[column] === sizes[column]) continue;
      if (!split.has(column)) split.set(column, count++);
      columns[byte] = split.get(column)!;
    }
  }
  return columns;
}
