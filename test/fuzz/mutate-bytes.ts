/** Mutations of binary messages made of lengths and values (DER, TLS): bits, lengths that lie, elements twice or cut. */
import { below, oneOf, Random } from './mutate';

/** Lengths and tags at the limits of what they can say. */
const WORDS = [
  [0], [0x7f], [0x80], [0x81, 0x7f], [0x82, 0, 0x80], [0x82, 0xff, 0xff], [0x84, 0xff, 0xff, 0xff, 0xff], [0xff], [0xff, 0xff], [0, 0], [0, 0, 0, 0],
  [0x1f, 0x81, 0], [0x30, 0], [0x30, 0x80], [0x86, 0], [0x01, 0x01, 0xff], [0x01, 0x01, 0], [0x05, 0], [0x03, 0x02, 0x07, 0x80],
  [0x55, 0x1d, 0x11], [0x55, 0x1d, 0x13], [0x55, 0x1d, 0x0f],
  [0x16, 0x03, 0x01], [0x14, 0x03, 0x03, 0, 1, 1], [0x15, 0x03, 0x03, 0, 2, 2, 0], [0x03, 0x04], [0x03, 0x03], [0x13, 0x01],
  [0, 0x2b], [0, 0x33], [0, 0x0d], [0, 0x0a], [0, 0x10], [0, 0x29], [0, 0x2a],
  [...Buffer.from('spiffe://')], [...Buffer.from('mesh/h1')],
].map((word) => Buffer.from(word));

/** One message out of the population, changed in up to a few places. */
export function mutatedBytes(random: Random, population: readonly Buffer[], most: number): Buffer {
  let message = Buffer.from(oneOf(random, population));
  for (let count = 1 + below(random, most); count > 0; count -= 1) message = change(random, message, population);
  return message.subarray(0, 1 << 16);
}

function change(random: Random, message: Buffer, population: readonly Buffer[]): Buffer<ArrayBuffer> {
  const at = below(random, message.length + 1);
  const to = Math.min(message.length, at + 1 + below(random, random() < 0.7 ? 4 : 60));
  const spliced = (from: number, until: number, by: Uint8Array): Buffer<ArrayBuffer> => (
    Buffer.concat([message.subarray(0, from), by, message.subarray(until)]));
  switch (below(random, 8)) {
    case 0: return spliced(at, at + 1, Buffer.from([(message[at] ?? 0) ^ (1 << below(random, 8))]));
    case 1: return spliced(at, at + 1, Buffer.from([below(random, 256)]));
    case 2: return spliced(at, to, oneOf(random, WORDS));
    case 3: return spliced(at, at, oneOf(random, WORDS));
    case 4: return spliced(at, to, Buffer.alloc(0));
    case 5: return spliced(at, at, message.subarray(at, to));
    // A length that does not fit what it is of.
    case 6: return spliced(at, at + 1, Buffer.from([(message[at] ?? 0) + (random() < 0.5 ? 1 : 255)]));
    default: {
      const other = oneOf(random, population);
      const from = below(random, other.length + 1);
      return spliced(at, to, other.subarray(from, from + to - at));
    }
  }
}
