/** Weights of a split over targets that have several clusters themselves. */
import fc from 'fast-check';
import { mergedSplit } from '../../src/constructs/routes/weights';

test('GIVEN any weights, each cluster has its share to one in a thousand, whole numbers and none too large', () => {
  const weight = fc.integer({ min: 0, max: 1_000_000 });
  const parts = fc.array(weight, { minLength: 1, maxLength: 4 }).filter((all) => all.some((each) => each > 0));
  const target = fc.record({ weight: fc.integer({ min: 1, max: 1_000 }), parts });
  fc.assert(fc.property(fc.array(target, { minLength: 1, maxLength: 3 }), (targets) => {
    const split = mergedSplit(targets.map(({ weight: its, parts: all }, t) => ({ weight: its, parts: all.map((part, p) => ({ cluster: `${t}-${p}`, weight: part })) })));
    const sum = split.reduce((all, each) => all + each.weight, 0);
    const total = targets.reduce((so, each) => so + each.weight, 0);
    targets.forEach((each, t) => each.parts.forEach((part, p) => {
      const got = split.find(({ cluster }) => cluster === `${t}-${p}`)!.weight;
      expect(Number.isInteger(got) && got >= 0 && got <= 1_000_000).toBe(true);
      expect(got > 0).toBe(part > 0);
      expect(got / sum).toBeCloseTo((each.weight / total) * (part / each.parts.reduce((so, one) => so + one, 0)), 3);
    }));
  }));
});
