/**
 * Repeatable chance. Each use (arrivals, sizes, the picks of one caller) draws from a stream of its own, so that one of them
 * drawing more often changes nothing for the others: policies are compared on the very same requests.
 *
 * The generator is sfc32 of Chris Doty-Humphrey's PractRand, 128 bits of state in 32-bit arithmetic, which is what
 * JavaScript does fast; a seed is spread over the state by twelve rounds, as PractRand does.
 */
export function randomStream(seed: number, stream: number): () => number {
  let a = seed | 0;
  let b = Math.floor(seed / 4_294_967_296) | 0;
  let c = stream | 0;
  let counter = 1;
  const next = (): number => {
    const mixed = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + mixed | 0;
    return (mixed >>> 0) / 4_294_967_296;
  };
  for (let round = 0; round < 12; round++) next();
  return next;
}

/** Streams of chance; each caller has one more, from the last on. */
export const enum Stream { METHODS = -1, ARRIVALS, CALLERS, WORK, KEYS, FIRST_CALLER }
