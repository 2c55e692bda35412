/**
 * What requests are told apart by for the policies that keep a key at its endpoint: users, carts, objects. Few of them make
 * much of the traffic, as Zipf's law says: the key of rank r is asked for in proportion to r^-exponent.
 */
export interface KeyPopulation {
  readonly count: number;
  /** 0: all alike; 1: Zipf's own. */
  readonly exponent: number;
}

/** Draws the hash of a request's key. The share of the first ranks is summed up once; a draw looks it up by halving. */
export function keyHashes({ count, exponent }: KeyPopulation, seed: number): (share: number) => number {
  const upTo = new Float64Array(count);
  let sum = 0;
  for (let rank = 1; rank <= count; rank++) {
    sum += rank ** -exponent;
    upTo[rank - 1] = sum;
  }
  return (share) => {
    const wanted = share * sum;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (upTo[middle]! > wanted) high = middle;
      else low = middle + 1;
    }
    return hashOf(low, seed);
  };
}

/** The finalizer of MurmurHash3 (Austin Appleby), which spreads neighbours over all 32 bits. */
function hashOf(rank: number, seed: number): number {
  let hash = (rank + Math.imul(seed | 0, 0x9e3779b1)) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
