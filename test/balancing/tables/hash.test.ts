import fc from 'fast-check';
import { hashBytes, hashText, mixHash } from '../../../src/balancing/tables/hash';
import { chiSquareDeviations } from '../support';

const PRIME = 2_654_435_761;

describe('xxHash32', () => {
  /** The bytes of xxHash's own sanity check: the top byte of a prime squared again and again. */
  const bytes = new Uint8Array(101);
  let generator = PRIME;
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = generator >>> 24;
    generator = Math.imul(generator, generator) >>> 0;
  }

  it.each([
    [0, 0, 0x02cc5d05], [0, PRIME, 0x36b78ae7],
    [1, 0, 0xb85cbee5], [1, PRIME, 0xd5845d64],
    [14, 0, 0xe5aa0ab4], [14, PRIME, 0x4481951d],
    [101, 0, 0x1f1aa412], [101, PRIME, 0x498ec8e2],
  ])('has the published value of %i bytes with seed %i', (length, seed, expected) => {
    expect(hashBytes(bytes, seed, length)).toBe(expected);
  });

  it.each([['a', 0x550d7456], ['abc', 0x32d153ff], ['Nobody inspects the spammish repetition', 0xe2293b2f]])('has the published value of %j', (text, expected) => {
    expect(hashText(text)).toBe(expected);
  });

  it('hashes a text as its UTF-8 bytes, given any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.nat(), (text, seed) => {
      expect(hashText(text, seed)).toBe(hashBytes(new TextEncoder().encode(text), seed));
    }), { seed: 1 });
  });

  it('takes half a surrogate pair for a replacement character, as the platform does', () => {
    for (const text of ['\ud800', 'x\udc00y', '\ud800\ud800\udc00']) expect(hashText(text)).toBe(hashBytes(new TextEncoder().encode(text)));
  });

  it('spreads texts that differ in one place evenly', () => {
    const counts = new Array<number>(64).fill(0);
    for (let index = 0; index < 100_000; index++) counts[hashText(`10.0.${index >> 8}.${index & 255}:8080`) % 64]++;
    expect(Math.abs(chiSquareDeviations(counts, counts.map(() => 1)))).toBeLessThan(4);
  });
});

describe('hashes made of a hash', () => {
  it('change half of the bits, given one bit of difference in either part', () => {
    let changed = 0;
    for (let bit = 0; bit < 32; bit++) {
      for (let hash = 1; hash <= 1_000; hash++) {
        changed += bits(mixHash(hash, 5) ^ mixHash(hash ^ (1 << bit), 5)) + bits(mixHash(5, hash) ^ mixHash(5, hash ^ (1 << bit)));
      }
    }
    expect(changed / 64_000 / 32).toBeCloseTo(0.5, 2);
  });

  it('are signed numbers of 32 bits, given any', () => {
    fc.assert(fc.property(fc.nat(0xffffffff), fc.nat(0xffffffff), (hash, salt) => {
      const mixed = mixHash(hash, salt);
      expect(mixed | 0).toBe(mixed);
    }), { seed: 2 });
  });
});

function bits(value: number): number {
  let count = 0;
  for (let rest = value >>> 0; rest !== 0; rest &= rest - 1) count++;
  return count;
}
