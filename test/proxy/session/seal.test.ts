import fc from 'fast-check';
import { SessionClaim, SessionSeal } from '../../../src/proxy/session/seal';

const key = (letter: string): Buffer => Buffer.from(letter.repeat(44));
const seal = new SessionSeal([key('a')], 'cart');
const claim: SessionClaim = { cluster: 'shop/cart-v1', endpoint: '10.1.2.3:15006', expiresAt: 1_700_000_000_000 };

const claims = fc.record({
  cluster: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
  endpoint: fc.oneof(fc.ipV4(), fc.ipV6()).chain((address) => fc.integer({ min: 1, max: 65_535 }).map((port) => `${address}:${port}`)),
  expiresAt: fc.integer({ min: 0, max: 2 ** 47 }),
});

describe('a sealed session', () => {
  it('opens to what was sealed, whatever it says', () => {
    fc.assert(fc.property(claims, (any) => { expect(seal.open(seal.seal(any))).toEqual(any); }));
  });

  it('is made of bytes that a cookie may have', () => {
    fc.assert(fc.property(claims, (any) => { expect(seal.seal(any)).toMatch(/^[\w-]+$/); }));
  });

  it('opens no more, given one bit that is different', () => {
    fc.assert(fc.property(claims, fc.nat(), (any, at) => {
      const bytes = Buffer.from(seal.seal(any), 'base64url');
      const bit = at % (bytes.length * 8);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(seal.open(bytes.toString('base64url'))).toBe('forged');
    }), { numRuns: 500 });
  });

  it('has one spelling: any bit of its text that is different makes it another', () => {
    const text = Buffer.from(seal.seal(claim), 'latin1');
    for (let bit = 0; bit < text.length * 8; bit += 1) {
      const other = Buffer.from(text);
      other[bit >> 3]! ^= 1 << (bit & 7);
      expect(seal.open(other.toString('latin1'))).toMatch(/^(malformed|forged)$/);
    }
  });

  it('opens no more, given any part of it, something before or behind it, or another alphabet', () => {
    const text = seal.seal({ ...claim, cluster: '~~~???>>>' });
    for (let length = 0; length < text.length; length += 1) expect(seal.open(text.slice(0, length))).toMatch(/^(malformed|forged)$/);
    for (const other of [`${text}A`, `${text}=`, `A${text}`, ` ${text}`, `${text}\n`, text.replaceAll('-', '+').replaceAll('_', '/').concat('=')]) {
      expect(seal.open(other)).toBe('malformed');
    }
  });

  it('is never taken for one, given anything that nobody sealed', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('base64url'))), (text) => {
      expect(seal.open(text)).toMatch(/^(malformed|forged)$/);
    }));
  });

  it('tells nothing: no name in it, one length for names of about one length, and nothing in common between endpoints', () => {
    const text = seal.seal(claim);
    expect(Buffer.from(text, 'base64url').toString('latin1')).not.toMatch(/shop|cart|10\.1/);
    expect(seal.seal({ ...claim, endpoint: '10.1.2.33:80' })).toHaveLength(text.length);
    const other = seal.seal({ ...claim, endpoint: '10.1.2.4:15006' });
    const equal = [...text].filter((letter, at) => letter === other[at]).length;
    expect(equal).toBeLessThan(text.length / 4);
  });

  it('opens with any of the keys, given several; the first one seals', () => {
    const before = seal.seal(claim);
    const rotated = new SessionSeal([key('b'), key('a')], 'cart');
    expect(rotated.open(before)).toEqual(claim);
    expect(seal.open(rotated.seal(claim))).toBe('forged');
    expect(new SessionSeal([key('b')], 'cart').open(rotated.seal(claim))).toEqual(claim);
    expect(new SessionSeal([key('b')], 'cart').open(before)).toBe('forged');
  });

  it('opens for no other cookie, given the same keys', () => {
    expect(new SessionSeal([key('a')], 'basket').open(seal.seal(claim))).toBe('forged');
  });
});
