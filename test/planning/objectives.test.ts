/** What workloads publish of their objectives, and reading it back. */
import * as fc from 'fast-check';
import { objectivesText, readObjectives } from '../../src/planning/objectives/published';

const part = fc.double({ min: 0, max: 1, minExcluded: true, maxExcluded: true, noNaN: true });
const names = fc.array(fc.string(), { minLength: 1 });
const objectives = fc.record({
  slo: fc.record({ availability: part, latencies: fc.array(fc.record({ ratio: part, seconds: fc.double({ min: 1e-4, max: 60, noNaN: true }) })) }),
  required: names, optional: names,
}, { requiredKeys: [] });

test('GIVEN any objectives, reads what was written', () => {
  fc.assert(fc.property(objectives, (said) => {
    const text = objectivesText(said);
    expect(text === undefined ? {} : readObjectives(text)).toEqual(said);
  }));
});

test('GIVEN nothing to say, writes nothing', () => {
  expect(objectivesText({ required: [], optional: [] })).toBeUndefined();
});

test.each([
  '', 'no JSON', 'null', '7', '{"slo":7}', '{"slo":{}}', '{"slo":{"availability":1,"latencies":[]}}', '{"slo":{"availability":0.9}}',
  '{"slo":{"availability":0.9,"latencies":[{"ratio":0.9}]}}', '{"slo":{"availability":0.9,"latencies":[{"ratio":2,"seconds":1}]}}',
  '{"slo":{"availability":0.9,"latencies":[null]}}', '{"required":"outbound"}', '{"optional":[7]}',
])('GIVEN %s, reads nothing', (text) => {
  expect(readObjectives(text)).toBeUndefined();
});
