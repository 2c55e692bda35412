/** An expression as a nondeterministic automaton (Thompson 1968), in the form of a program, as Cox 2007 has it. */
import { RegexProblem } from './problem';
import type { ByteSet } from './byte-set';
import type { Node } from './syntax';

/** More than any expression of a route needs; each byte of a value costs at most so many steps. */
export const MAX_PROGRAM_SIZE = 2_048;

export const enum Op {
  /** Takes one byte of the set `x`, then goes on with the next instruction. */
  SET,
  /** Goes on with both `x` and `y`. */
  SPLIT,
  /** Goes on with `x`. */
  JUMP,
  /** Takes the value when it ends here, for the expression `x`. */
  MATCH,
}

export class Program {
  readonly ops: number[] = [];
  readonly x: number[] = [];
  readonly y: number[] = [];
  readonly sets: ByteSet[] = [];

  get size(): number {
    return this.ops.length;
  }

  add(op: Op, x = 0, y = 0): number {
    this.x.push(x);
    this.y.push(y);
    return this.ops.push(op) - 1;
  }
}

/** Why the program of a tree would be too large; undefined when it isn't. */
export function problemOfSize(node: Node): RegexProblem | undefined {
  const size = sizeOf(node) + 1;
  if (size <= MAX_PROGRAM_SIZE) return undefined;
  return new RegexProblem(`it needs ${size === Infinity ? 'far more' : size} steps, more than ${MAX_PROGRAM_SIZE}; use smaller counts in {n,m}`, 0);
}

/** The program of trees that are not too large, which tells which of them take a value, by their indices. */
export function compileProgram(nodes: readonly Node[]): Program {
  const program = new Program();
  nodes.forEach((node, index) => {
    const split = index === nodes.length - 1 ? -1 : program.add(Op.SPLIT, program.size + 1);
    emit(program, node);
    program.add(Op.MATCH, index);
    if (split >= 0) program.y[split] = program.size;
  });
  return program;
}

/** Instructions that a tree takes. Counts within counts multiply, so it is known before any is written. */
function sizeOf(node: Node): number {
  switch (node.type) {
    case 'empty': return 0;
    case 'set': return 1;
    case 'sequence': return node.nodes.reduce((sum, each) => sum + sizeOf(each), 0);
    case 'choice': return node.nodes.reduce((sum, each) => sum + sizeOf(each) + 2, -2);
    case 'repeat': {
      if (node.max === 0) return 0;
      const once = sizeOf(node.node);
      if (node.max === Infinity) return once * Math.max(1, node.min) + 2;
      return once * node.max + (node.max - node.min);
    }
  }
}

function emit(program: Program, node: Node): void {
  switch (node.type) {
    case 'empty': return;
    case 'set':
      program.add(Op.SET, program.sets.push(node.set) - 1);
      return;
    case 'sequence':
      for (const each of node.nodes) emit(program, each);
      return;
    case 'choice': return emitChoice(program, node.nodes);
    case 'repeat': return emitRepeat(program, node.node, node.min, node.max);
  }
}

function emitChoice(program: Program, nodes: readonly Node[]): void {
  const jumps: number[] = [];
  nodes.forEach((node, index) => {
    const isLast = index === nodes.length - 1;
    const split = isLast ? -1 : program.add(Op.SPLIT, program.size + 1);
    emit(program, node);
    if (isLast) return;
    jumps.push(program.add(Op.JUMP));
    program.y[split] = program.size;
  });
  for (const jump of jumps) program.x[jump] = program.size;
}

function emitRepeat(program: Program, node: Node, min: number, max: number): void {
  for (let time = 1; time < min; time++) emit(program, node);
  if (max === Infinity) {
    if (min > 0) {
      const start = program.size;
      emit(program, node);
      const split = program.add(Op.SPLIT, start);
      program.y[split] = split + 1;
      return;
    }
    const split = program.add(Op.SPLIT, program.size + 1);
    emit(program, node);
    program.add(Op.JUMP, split);
    program.y[split] = program.size;
    return;
  }
  if (min > 0) emit(program, node);
  const splits: number[] = [];
  for (let time = min; time < max; time++) {
    splits.push(program.add(Op.SPLIT, program.size + 1));
    emit(program, node);
  }
  for (const split of splits) program.y[split] = program.size;
}
