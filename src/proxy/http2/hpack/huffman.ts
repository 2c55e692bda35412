/**
 * The Huffman code of HPACK (RFC 7541 section 5.2 and appendix B).
 *
 * The code is canonical: symbols, ordered by the length of their code and then by value, have ascending codes. So the lengths are
 * the whole table. Reading takes four bits at a time through a table of states, which is made when it is first needed. No code is shorter
 * than five bits, so a step completes one symbol at most. Nothing is written in this code: a literal as it is costs more bytes on
 * the wire, and less time on both sides.
 */

/** Bits of the code of each byte, then of the end of a string, in base 36. */
const LENGTHS = [
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6ca',
  'd67777777777777777777777878djde6f56565666577666567655677777fbeds',
  'kmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmn',
  'qqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrq',
  'u',
].join('');

/** The end of a string. It is never written: its first bits are what fills the last byte. */
const END_OF_STRING = 256;
/** In place of a symbol: none is complete. */
const NONE = 0x1ff;

interface Table {
  /** By state and four bits: the next state, and from the 9th bit on the completed symbol; -1 for bits that can't come. */
  readonly steps: Int32Array;
  /** By state, 1: the string may end here, for what was read of another symbol is at most seven bits, all ones. */
  readonly mayEnd: Uint8Array;
}

let table: Table | undefined;

/** A node of the tree of codes; its two branches are states, or symbols as negative numbers less one. */
type Node = [zero: number | undefined, one: number | undefined];

/**
 * Reads `from[start, end)` into `to`, from `at` on. A code is at least five bits long, so room for 8/5 of the input is enough.
 *
 * @returns where the result ends; -1 when the input is not in this code
 */
export function decodeHuffman(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): number {
  const { steps, mayEnd } = table ??= makeTable();
  let state = 0;
  let position = at;
  for (let i = start; i < end; i += 1) {
    const byte = from[i]!;
    const high = steps[state << 4 | byte >> 4]!;
    if (high < 0) return -1;
    if (high >>> 8 !== NONE) to[position++] = high >>> 8;
    const low = steps[(high & 0xff) << 4 | byte & 0xf]!;
    if (low < 0) return -1;
    if (low >>> 8 !== NONE) to[position++] = low >>> 8;
    state = low & 0xff;
  }
  return mayEnd[state] === 1 ? position : -1;
}

function makeTable(): Table {
  const nodes = makeTree();
  const steps = new Int32Array(nodes.length * 16);
  for (let state = 0; state < nodes.length; state += 1) {
    for (let bits = 0; bits < 16; bits += 1) steps[state << 4 | bits] = stepOf(nodes, state, bits);
  }
  const mayEnd = new Uint8Array(nodes.length);
  for (let ones = 0, state: number | undefined = 0; ones < 8 && state !== undefined && state >= 0; ones += 1) {
    mayEnd[state] = 1;
    state = nodes[state]![1];
  }
  return { steps, mayEnd };
}

function makeTree(): readonly Node[] {
  const lengths = [...LENGTHS].map((digit) => Number.parseInt(digit, 36));
  const symbols = lengths.map((_, symbol) => symbol).sort((a, b) => lengths[a]! - lengths[b]! || a - b);
  const nodes: Node[] = [[undefined, undefined]];
  let code = 0;
  let length = lengths[symbols[0]!]!;
  for (const symbol of symbols) {
    code *= 2 ** (lengths[symbol]! - length);
    length = lengths[symbol]!;
    let state = 0;
    for (let bit = length - 1; bit > 0; bit -= 1) {
      const branch = code >>> bit & 1;
      state = nodes[state]![branch] ??= nodes.push([undefined, undefined]) - 1;
    }
    nodes[state]![code & 1] = -symbol - 1;
    code += 1;
  }
  return nodes;
}

function stepOf(nodes: readonly Node[], from: number, bits: number): number {
  let state = from;
  let symbol = NONE;
  for (let bit = 3; bit >= 0; bit -= 1) {
    const next = nodes[state]![bits >>> bit & 1]!;
    if (next >= 0) {
      state = next;
    } else {
      symbol = -next - 1;
      state = 0;
    }
  }
  return symbol === END_OF_STRING ? -1 : symbol << 8 | state;
}
