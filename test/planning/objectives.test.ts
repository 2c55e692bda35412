/** What workloads publish of their objectives, and reading it back; and that what a lint says to do about them is enough. */
import * as fc from 'fast-check';
import { lint, MeshInfo } from '../../src/planning/lints';
import { objectivesText, readObjectives } from '../../src/planning/objectives/published';
import { meshOf, ServiceSketch } from './lints/mesh';

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

describe('what to do about an objective that is too good', () => {
  interface Sketch {
    /** Nines, such as 2.5; absent: no objective. */
    readonly nines: number | undefined;
    /** Services behind it, by how far. */
    readonly calls: readonly (readonly [callee: number, fallback: number | undefined])[];
  }

  const behind = fc.integer({ min: 1, max: 5 });
  const sketches = fc.array(fc.record({
    nines: fc.option(fc.double({ min: 0.5, max: 5, noNaN: true }), { nil: undefined }),
    calls: fc.array(fc.tuple(behind, fc.option(behind, { nil: undefined })), { maxLength: 3 }),
  }), { minLength: 2, maxLength: 6 });

  const nameOf = (index: number): string => `s${index}`;
  const promiseOf = (nines: number): number => Number((1 - 10 ** -nines).toFixed(6));

  function mesh(services: readonly Sketch[], promises: ReadonlyMap<string, number>): MeshInfo {
    return meshOf(Object.fromEntries(services.map(({ calls }, index): [string, ServiceSketch] => {
      const callees = new Map(calls.filter(([callee]) => index + callee < services.length)
        .map(([callee, fallback]) => [nameOf(index + callee), fallback !== undefined && fallback !== callee ? index + fallback : undefined]));
      const promise = promises.get(nameOf(index));
      return [nameOf(index), {
        calls: Object.fromEntries([...callees].map(([callee, fallback]) => (
          [callee, { fallback: fallback !== undefined && fallback < services.length ? [nameOf(fallback)] : [] }]))),
        objectives: {
          ...(promise !== undefined && { slo: { availability: promise, latencies: [] } }),
          required: [...callees.keys()].map((callee) => `outbound/shop/${callee}:80`),
        },
      }];
    })));
  }

  const found = (services: readonly Sketch[], promises: ReadonlyMap<string, number>) => (
    lint(mesh(services, promises)).filter(({ rule }) => rule.startsWith('slo-availability')));

  test('GIVEN any services, each remedy alone is enough, and no more than that', () => {
    fc.assert(fc.property(sketches, (services) => {
      const promises = new Map(services.flatMap(({ nines }, index) => (nines === undefined ? [] : [[nameOf(index), promiseOf(nines)]])));
      for (const { rule, where, remedy } of found(services, promises)) {
        expect(rule).toBe('slo-availability');
        const still = (name: string, promise: number): boolean => (
          found(services, new Map([...promises, [name, Number(promise.toFixed(6))]])).some((finding) => finding.where === where));
        const most = /promise at most '([\d.]+)%'/.exec(remedy)?.[1];
        if (most !== undefined) expect([still(where, Number(most) / 100), still(where, Number(most) / 100 + 1e-6)]).toEqual([false, true]);
        const [, callee, least] = /have (\w+) promise at least '([\d.]+)%'/.exec(remedy) ?? [];
        if (callee !== undefined) expect([still(callee, Number(least) / 100), still(callee, Number(least) / 100 - 2e-6)]).toEqual([false, true]);
      }
    }));
  });
});
