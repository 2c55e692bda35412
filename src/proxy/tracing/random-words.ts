/**
 * Random words of 32 bits for ids, in integers alone: a number of `Math.random` for each word took as much time as all else about the ids of a
 * request. The generator is sfc32 of Chris Doty-Humphrey's PractRand (http://pracrand.sourceforge.net/RNG_engines.txt), with all 128 bits of
 * its state drawn. Ids must be unique, not secret.
 */
const ROUNDS = 15;

export class RandomWords {
  private readonly state: Int32Array;

  constructor(random: () => number) {
    this.state = Int32Array.from({ length: 4 }, () => (random() * 2 ** 32) | 0);
    for (let i = 0; i < ROUNDS; i += 1) this.next();
  }

  next(): number {
    const { state } = this;
    const b = state[1]!;
    const c = state[2]!;
    const counter = state[3]!;
    const word = (state[0]! + b + counter) | 0;
    state[0] = b ^ (b >>> 9);
    state[1] = c + (c << 3);
    state[2] = ((c << 21) | (c >>> 11)) + word;
    state[3] = counter + 1;
    return word;
  }
}
