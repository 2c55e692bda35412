/** Settings are compared whatever they are. */
import * as fc from 'fast-check';
import { differencesOf } from '../../../src/cli/diff/settings';

test('GIVEN settings THEN each that differs is told by its path', () => {
  expect(differencesOf({ a: 1, b: { c: [1, { d: 2 }], e: true }, f: 'x' }, { a: 1, b: { c: [1, { d: 3 }], e: false }, g: 'y' })).toEqual([
    { path: 'b.c', from: [1, { d: 2 }], to: [1, { d: 3 }] }, { path: 'b.e', from: true, to: false },
    { path: 'f', from: 'x', to: undefined }, { path: 'g', from: undefined, to: 'y' },
  ]);
});

test('GIVEN objects of different types, or in one of them only THEN they differ as a whole', () => {
  const [one, other] = [{ type: 'a', x: 1 }, { type: 'b', x: 1 }];
  expect(differencesOf({ p: one }, { p: other })).toEqual([{ path: 'p', from: one, to: other }]);
  expect(differencesOf({ p: one }, {})).toEqual([{ path: 'p', from: one, to: undefined }]);
});

test('GIVEN what is ignored THEN it is not told, with all below', () => {
  expect(differencesOf({ a: { b: 1, c: 1 } }, { a: { b: 2, c: 2 } }, new Set(['a.b']))).toEqual([{ path: 'a.c', from: 1, to: 2 }]);
});

test('GIVEN any two values THEN there is a difference just when they are not the same', () => {
  fc.assert(fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
    expect(differencesOf(one, one)).toEqual([]);
    expect(differencesOf(one, structuredClone(one))).toEqual([]);
    const same = JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
    expect(differencesOf(one, other).length === 0).toBe(same);
  }));
});

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  return { entries: Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, sorted(each)]) };
}
