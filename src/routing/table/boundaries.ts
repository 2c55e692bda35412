/**
 * The boundaries between the elements of a path, or of a host read from its end, each with the hash of all that is before it: read
 * once for a request, whatever the number of routes. What is longer than every pattern is not read to its end.
 */
import { HASH_START, hashByte } from './byte-index';

export class Boundaries {
  count = 0;
  /** Where the separators are, and the hashes of what is before them. */
  readonly ends: Int32Array;
  readonly hashes: Int32Array;
  /** Hash of all of it; only when it is no longer than the longest pattern. */
  wholeHash = 0;
  isWhole = false;

  /**
   * @param most boundaries that a pattern has
   * @param maxLength of a pattern
   */
  constructor(private readonly separator: number, most: number, private readonly maxLength: number) {
    this.ends = new Int32Array(most);
    this.hashes = new Int32Array(most);
  }

  read(bytes: Uint8Array, start: number, end: number): void {
    const { separator, ends, hashes } = this;
    const most = ends.length;
    const stop = Math.min(end, start + this.maxLength + 1);
    let count = 0;
    let hash = HASH_START;
    for (let at = start; at < stop; at++) {
      const byte = bytes[at]!;
      if (byte === separator && count < most) {
        ends[count] = at;
        hashes[count] = hash;
        count++;
      }
      hash = hashByte(hash, byte);
    }
    this.count = count;
    this.wholeHash = hash;
    this.isWhole = end - start <= this.maxLength;
  }
}
