import fc from 'fast-check';
import { didYouMean, editDistance, nearest } from '../../src/contract';

describe('editDistance', () => {
  test.each([
    ['', '', 0],
    ['abc', 'abc', 0],
    ['kitten', 'sitting', 3],
    ['latency', 'lateny', 1],
    ['ca', 'ac', 1],
    ['', 'abc', 3],
  ])('from %j to %j is %i', (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance);
  });

  test('is the same in both directions, and never above the longer text', () => {
    fc.assert(fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (from, to) => {
      expect(editDistance(from, to)).toBe(editDistance(to, from));
      expect(editDistance(from, to)).toBeLessThanOrEqual(Math.max(from.length, to.length));
    }));
  });
});

describe('nearest', () => {
  test('finds a slip of the keyboard', () => {
    expect(nearest('catlog', ['web', 'catalog', 'cart'])).toBe('catalog');
    expect(nearest('MAXCONECTIONS', ['maxRequests', 'maxConnections'])).toBe('maxConnections');
    expect(didYouMean('--lateny', ['--latency', '--fail'])).toBe(" Did you mean '--latency'?");
  });

  test('finds nothing when no candidate is close', () => {
    expect(nearest('payments', ['web', 'catalog'])).toBeUndefined();
    expect(didYouMean('payments', ['web', 'catalog'])).toBe('');
  });
});
