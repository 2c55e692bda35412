/**
 * Runs a program over all of its instructions at once (Cox, "Regular Expression Matching Can Be Simple And Fast", 2007,
 * https://swtch.com/~rsc/regexp/regexp1.html). The sets of instructions that come up are kept as the states of a deterministic automaton, built as
 * they are needed: a byte then costs one look-up.
 *
 * Some expressions have more states than memory. So the states kept are bounded: those of one expression, and those of all expressions of a
 * table together. At the limit nothing more is kept, and the rest of a value costs at most one step a byte for each instruction. A value
 * builds only some states, as building one costs more than running past it.
 */
import type { ByteSet } from './byte-set';
import { Op, type Program } from './program';

/** Entries kept of the states of one expression, of up to 32 bytes. */
export const MAX_STATE_ENTRIES = 16_384;

/** Entries kept of the states of a set of expressions. */
export const MAX_SET_STATE_ENTRIES = 131_072;

/** Entries kept for all expressions of a table. */
export const MAX_TABLE_STATE_ENTRIES = 262_144;

/** States that one value may add. Those of usual values are far fewer. */
const MAX_BUILT_BY_VALUE = 128;

/** States that {@link Automaton.takesAllFrom} follows. */
const MAX_FOLLOWED = 256;

/** What instructions take that take nothing. */
const NONE: ByteSet = new Uint8Array(256);

/** What may still be kept for the expressions of one table. */
export class StateBudget {
  constructor(public left = MAX_TABLE_STATE_ENTRIES) {}
}

/** What is kept of a set of instructions. */
interface State {
  readonly instructions: readonly number[];
  /** Indices of the expressions that take a value which ends here, in ascending order. */
  readonly accepted: readonly number[];
  /** By column; undefined where it is not known yet. */
  readonly next: (State | undefined)[];
}

export class Automaton {
  /** Instructions looked at, and states kept. For tests. */
  steps = 0;
  built = 0;
  /** Column of each byte. Bytes that no part of the expression tells apart are one column. */
  private readonly columns: Uint8Array;
  private readonly columnCount: number;
  /** A byte of each column. */
  private readonly samples: number[] = [];
  private readonly states = new Map<string, State>();
  private entries = 0;
  private readonly start: State;
  /** Marks instructions that a set holds already. */
  private readonly seen: Uint32Array;
  private round = 0;
  /** Where {@link walk} stopped, as its next state is not kept; -1 at the end of the value. */
  private stopped = -1;
  private readonly ops: Uint8Array;
  /** What each instruction takes. */
  private readonly sets: readonly ByteSet[];
  /** For {@link follow}, and the two sets of {@link run}. */
  private readonly open: number[] = [];
  private readonly lists: readonly [number[], number[]] = [[], []];

  /**
   * @param passed bytes that every value begins with, behind which it starts
   * @param maxEntries kept of its states
   */
  constructor(
    private readonly program: Program, passed: Uint8Array, private readonly budget: StateBudget, private readonly maxEntries = MAX_STATE_ENTRIES,
  ) {
    this.columns = columnsOf(program);
    this.columns.forEach((column, byte) => { this.samples[column] ??= byte; });
    this.columnCount = this.samples.length;
    this.seen = new Uint32Array(program.size);
    this.ops = Uint8Array.from(program.ops);
    this.sets = program.ops.map((op, at) => (op === Op.SET ? program.sets[program.x[at]!]! : NONE));
    this.beginRound();
    const instructions: number[] = [];
    this.follow(0, instructions);
    let start = this.stateOf(instructions.sort(ascending));
    for (const byte of passed) start = this.step(start, this.columns[byte]!);
    this.start = start;
  }

  /** Whether it takes the whole of `bytes[start, end)`, which is what follows the bytes passed. */
  test(bytes: Uint8Array, start: number, end: number): boolean {
    const state = this.walk(bytes, start, end);
    return this.stopped < 0 ? state.accepted.length > 0 : this.run(state, bytes, this.stopped, end);
  }

  /** Indices of the expressions that take the whole of `bytes[start, end)`, ascending; undefined when that needs states that are not kept. */
  accepted(bytes: Uint8Array, start: number, end: number): readonly number[] | undefined {
    const state = this.walk(bytes, start, end);
    return this.stopped < 0 ? state.accepted : undefined;
  }

  /** The state behind a value, or behind the part of it before `stopped`. */
  private walk(bytes: Uint8Array, start: number, end: number): State {
    let state = this.start;
    const most = this.built + MAX_BUILT_BY_VALUE;
    this.stopped = -1;
    for (let at = start; at < end; at++) {
      const column = this.columns[bytes[at]!]!;
      let next = state.next[column];
      if (next === undefined) {
        if (this.built >= most) {
          this.stopped = at;
          return state;
        }
        next = this.step(state, column);
        if (!this.keep(next)) {
          this.stopped = at + 1;
          return next;
        }
        next = state.next[column] = this.states.get(keyOf(next))!;
      }
      state = next;
      if (state.instructions.length === 0) return state;
    }
    return state;
  }

  /** Whether it takes every value that goes on with `prefix`. Follows all states that can come; false when there are too many to tell. */
  takesAllFrom(prefix: Uint8Array): boolean {
    let first = this.start;
    for (const byte of prefix) first = this.step(first, this.columns[byte]!);
    const keys = new Set([keyOf(first)]);
    const open = [first];
    for (let state = open.pop(); state; state = open.pop()) {
      if (state.accepted.length === 0 || keys.size > MAX_FOLLOWED) return false;
      for (let column = 0; column < this.columnCount; column++) {
        const next = this.step(state, column);
        const key = keyOf(next);
        if (!keys.has(key)) open.push(next);
        keys.add(key);
      }
    }
    return true;
  }

  /** The rest of a value, without keeping anything. */
  private run(from: State, bytes: Uint8Array, start: number, end: number): boolean {
    let [next, spare] = this.lists;
    let current: readonly number[] = from.instructions;
    for (let at = start; at < end && current.length > 0; at++) {
      next.length = 0;
      this.advance(current, bytes[at]!, next);
      current = next;
      [next, spare] = [spare, next];
    }
    return this.acceptedBy(current).length > 0;
  }

  private step({ instructions }: State, column: number): State {
    const next: number[] = [];
    this.advance(instructions, this.samples[column]!, next);
    return this.stateOf(next.sort(ascending));
  }

  /** The instructions behind a byte. */
  private advance(current: readonly number[], byte: number, next: number[]): void {
    const { ops, sets, seen } = this;
    this.beginRound();
    const { round } = this;
    this.steps += current.length;
    for (let i = 0; i < current.length; i++) {
      const behind = current[i]! + 1;
      if (sets[behind - 1]![byte] !== 1) continue;
      if (ops[behind] !== Op.SET) {
        this.follow(behind, next);
      } else if (seen[behind] !== round) {
        seen[behind] = round;
        this.steps++;
        next.push(behind);
      }
    }
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
    const { ops, program: { x, y }, open, seen, round } = this;
    open.push(from);
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (seen[at] === round) continue;
      seen[at] = round;
      this.steps++;
      if (ops[at] === Op.JUMP) open.push(x[at]!);
      else if (ops[at] === Op.SPLIT) open.push(y[at]!, x[at]!);
      else instructions.push(at);
    }
  }

  private stateOf(instructions: readonly number[]): State {
    return { instructions, accepted: this.acceptedBy(instructions), next: [] };
  }

  private acceptedBy(instructions: readonly number[]): readonly number[] {
    const { ops, program: { x } } = this;
    return instructions.filter((at) => ops[at] === Op.MATCH).map((at) => x[at]!);
  }

  /** Whether the state is among those that are kept, or could be added. */
  private keep(state: State): boolean {
    const key = keyOf(state);
    if (this.states.has(key)) return true;
    const entries = state.instructions.length + this.columnCount;
    if (this.entries + entries > this.maxEntries || entries > this.budget.left) return false;
    this.entries += entries;
    this.budget.left -= entries;
    this.built++;
    this.states.set(key, { ...state, next: new Array<State | undefined>(this.columnCount).fill(undefined) });
    return true;
  }
}

function ascending(one: number, other: number): number {
  return one - other;
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
