import fc from 'fast-check';
import { CallGraph, GraphService, inParallel, inSeries, withRetries } from '../../../src/planning/availability/call-graph';
import { availabilityText, budgetUsed, minutesDownAMonth, minutesDownAYear, minutesText } from '../../../src/planning/availability/error-budget';
import { seededRandom } from '../../support/random';

type Calls = (string | [callee: string, fallback: string])[];

const graph = (services: Record<string, [up: number, ...calls: Calls]>): CallGraph => new CallGraph(new Map(Object.entries(services).map(
  ([name, [up, ...calls]]): [string, GraphService] => [name, {
    up, calls: calls.map((call) => (typeof call === 'string' ? { callee: call } : { callee: call[0], fallback: call[1] })),
  }])));

describe('along calls', () => {
  test('what is required multiplies', () => {
    expect(graph({ web: [0.999, 'catalog', 'cart'], catalog: [0.998], cart: [0.997] }).availabilityOf('web')).toBeCloseTo(inSeries(0.999, 0.998, 0.997), 12);
  });

  test('a fallback has to fail too', () => {
    expect(graph({ web: [1, ['a', 'b']], a: [0.99], b: [0.9] }).availabilityOf('web')).toBeCloseTo(inParallel(0.99, 0.9), 12);
  });

  test('what two paths share is counted once', () => {
    expect(graph({ web: [1, 'a', 'b'], a: [1, 'db'], b: [1, 'db'], db: [0.99] }).availabilityOf('web')).toBeCloseTo(0.99, 12);
    // The fallback needs the same database, so it helps against nothing but `a` itself.
    expect(graph({ web: [1, ['a', 'b']], a: [0.9, 'db'], b: [0.9, 'db'], db: [0.99] }).availabilityOf('web')).toBeCloseTo(0.99 * 0.99, 12);
  });

  test('services that call each other all have to be up', () => {
    const circle = graph({ a: [0.9, 'b'], b: [0.8, 'c'], c: [0.7, 'a', 'd'], d: [0.5], web: [1, 'b'] });
    for (const name of ['a', 'b', 'c', 'web']) expect(circle.availabilityOf(name)).toBeCloseTo(0.9 * 0.8 * 0.7 * 0.5, 12);
  });

  test('a fallback that leads back into the circle counts each member once', () => {
    expect(graph({ a: [0.9, ['b', 'c']], b: [0.5], c: [0.8, 'a'] }).availabilityOf('a')).toBeCloseTo(0.9 * inParallel(0.5, 0.8), 12);
  });

  test('a callee that nobody knows counts as up', () => {
    expect(graph({ web: [0.99, 'elsewhere'] }).availabilityOf('web')).toBeCloseTo(0.99, 12);
  });

  test('a thousand services in a row, and a lattice of a thousand with a million paths, are no trouble', () => {
    const row = Object.fromEntries(Array.from({ length: 1_000 }, (_, i): [string, [number, ...Calls]] =>
      [`s${i}`, [0.9999, ...(i < 999 ? [`s${i + 1}`] : [])]]));
    expect(graph(row).availabilityOf('s0')).toBeCloseTo(0.9999 ** 1_000, 9);
    const lattice = Object.fromEntries(Array.from({ length: 1_000 }, (_, i): [string, [number, ...Calls]] =>
      [`s${i}`, [0.9999, ...[2, 3, 4].map((step) => i + step).filter((next) => next < 1_000).map((next) => `s${next}`)]]));
    expect(graph(lattice).availabilityOf('s0')).toBeCloseTo(0.9999 ** 999, 9);
  });

  test('chance agrees on any graph, within four standard deviations', () => {
    const random = seededRandom(3);
    const anyGraph = fc.array(fc.record({
      up: fc.double({ min: 0.3, max: 0.95, noNaN: true }),
      calls: fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.option(fc.integer({ min: 1, max: 3 }))), { maxLength: 2 }),
    }), { minLength: 1, maxLength: 8 });
    fc.assert(fc.property(anyGraph, (drawn) => {
      const services = new Map(drawn.map(({ up, calls }, index): [string, GraphService] => [String(index), {
        up, calls: calls.map(([step, other]) => ({ callee: String(index + step), ...(other !== null && { fallback: String(index + other) }) })),
      }]));
      const expected = new CallGraph(services).availabilityOf('0');
      const trials = 3_000;
      let worked = 0;
      for (let trial = 0; trial < trials; trial++) {
        const up = new Map([...services].map(([name, service]) => [name, random() < service.up]));
        const works = (name: string): boolean => !services.has(name) || (up.get(name)! && services.get(name)!.calls
          .every(({ callee, fallback }) => works(callee) || (fallback !== undefined && works(fallback))));
        if (works('0')) worked++;
      }
      expect(Math.abs(worked / trials - expected)).toBeLessThan(5 * Math.sqrt((expected * (1 - expected)) / trials) + 1e-9);
    }), { numRuns: 25, seed: 11 });
  });
});

test('retries help against single instances, and not against what all have in common', () => {
  expect(withRetries(0.99, 1, 2)).toBeCloseTo(1 - 1e-6, 12);
  expect(withRetries(0.99, 0.999, 10)).toBeCloseTo(0.999, 9);
  expect(withRetries(0.99, 0.999, 0)).toBeCloseTo(0.99 * 0.999, 12);
});

describe('error budgets', () => {
  // The minutes that are in every table of nines, of a year of 365.25 days.
  test.each([[0.99, 5_260, 432], [0.999, 526, 43.2], [0.9995, 263, 21.6], [0.9999, 52.6, 4.32], [0.99999, 5.26, 0.432]])(
    '%d', (availability, year, month) => {
      expect(minutesDownAYear(availability) / year).toBeCloseTo(1, 3);
      expect(minutesDownAMonth(availability) / month).toBeCloseTo(1, 3);
    });

  test('are used up by what is expected to fail', () => {
    expect(budgetUsed(0.99995, 0.9999)).toBeCloseTo(0.5, 9);
    expect(budgetUsed(0.999, 0.9999)).toBeCloseTo(10, 9);
  });

  test('are shown with the digits that matter', () => {
    expect([0.9, 0.999, 0.99993, 0.9999932, 1].map(availabilityText)).toEqual(['90 %', '99.9 %', '99.993 %', '99.99932 %', '100 %']);
    expect([5_260, 52.596, 5.26, 0.02].map(minutesText)).toEqual(['87.7 h', '52.6 min', '5.26 min', '1.2 s']);
  });
});
