/**
 * Erlang's formulas against their published values and closed forms.
 *
 * Erlang B: the table of the Bell System (Siemens, Telephone Traffic Theory: Tables and Charts, 1970), where 10 trunks at 1 % carry 4.46 erlangs,
 * 20 carry 12.03, 50 carry 37.90 and 100 carry 84.06. Erlang C of one server is its utilization, and of two it is 2 rho^2 / (1 + rho).
 */
import fc from 'fast-check';
import { erlangB, erlangC, meanWait, waitQuantile } from '../../../src/planning/capacity/erlang';

test.each([[10, 4.46], [20, 12.03], [50, 37.90], [100, 84.06]])('%d trunks carry %d erlangs with 1 %% blocked', (trunks, erlangs) => {
  expect(erlangB(trunks, erlangs)).toBeCloseTo(0.01, 4);
});

// c, a, B, C, mean wait, p99 wait (service times)
const VECTORS: [number, number, number, number, number, number][] = [
  [1, 0.5, 0.3333, 0.5, 1, 7.824],
  [1, 0.8, 0.4444, 0.8, 4, 21.910],
  [2, 1.6, 0.3299, 0.7111, 1.7778, 10.661],
  [3, 2.4, 0.2684, 0.6472, 1.0787, 6.950],
  [5, 4, 0.1991, 0.5541, 0.5541, 4.015],
  [10, 8, 0.1217, 0.4092, 0.2046, 1.856],
  [10, 9, 0.1680, 0.6687, 0.6687, 4.203],
  [20, 16, 0.0644, 0.2561, 0.0640, 0.811],
  [50, 45, 0.0541, 0.3639, 0.0728, 0.719],
  [100, 90, 0.0270, 0.2169, 0.0217, 0.308],
  [100, 95, 0.0488, 0.5065, 0.1013, 0.785],
];

test.each(VECTORS)('M/M/%d with %d erlangs', (servers, load, b, c, mean, p99) => {
  expect(erlangB(servers, load)).toBeCloseTo(b, 4);
  expect(erlangC(servers, load)).toBeCloseTo(c, 4);
  expect(meanWait({ servers, load, variation: 1 })).toBeCloseTo(mean, 4);
  expect(waitQuantile({ servers, load, variation: 1 }, 0.99)).toBeCloseTo(p99, 3);
});

test.each([[1, 3, 4], [4, 7, 9], [9, 13, 15], [16, 21, 24], [25, 31, 35], [64, 73, 79], [100, 111, 119]])(
  '%d erlangs need %d servers for one in five to wait, %d for one in twenty', (load, often, seldom) => {
    const least = (limit: number): number => {
      let servers = 1;
      while (erlangC(servers, load) > limit) servers++;
      return servers;
    };
    expect([least(0.2), least(0.05)]).toEqual([often, seldom]);
  });

test('of two servers the closed form is 2 rho^2 / (1 + rho)', () => {
  fc.assert(fc.property(fc.double({ min: 0.01, max: 0.99, noNaN: true }), (rho) => {
    expect(erlangC(2, 2 * rho)).toBeCloseTo((2 * rho ** 2) / (1 + rho), 9);
  }));
});

test('M/G/1 waits as Pollaczek and Khinchine say: rho (1 + Cs^2) / 2 / (1 - rho)', () => {
  for (const variation of [0, 0.5, 1, 2]) {
    for (const rho of [0.1, 0.5, 0.9]) {
      expect(meanWait({ servers: 1, load: rho, variation })).toBeCloseTo((rho * (1 + variation ** 2)) / 2 / (1 - rho), 9);
    }
  }
});

test('more load waits longer, and more servers wait less', () => {
  const station = fc.record({
    servers: fc.integer({ min: 1, max: 200 }),
    utilization: fc.double({ min: 0.01, max: 0.98, noNaN: true }), variation: fc.double({ min: 0, max: 3, noNaN: true }),
  });
  fc.assert(fc.property(station, ({ servers, utilization, variation }) => {
    const load = servers * utilization;
    expect(meanWait({ servers, load: load * 1.01, variation })).toBeGreaterThan(meanWait({ servers, load, variation }));
    expect(meanWait({ servers: servers + 1, load, variation })).toBeLessThan(meanWait({ servers, load, variation }));
    expect(waitQuantile({ servers, load, variation }, 0.99)).toBeGreaterThanOrEqual(waitQuantile({ servers, load, variation }, 0.9));
  }));
});

test('without capacity to spare everybody waits, forever', () => {
  expect(erlangC(3, 3)).toBe(1);
  expect(meanWait({ servers: 3, load: 3, variation: 1 })).toBe(Infinity);
  expect(meanWait({ servers: 3, load: 4, variation: 0 })).toBe(Infinity);
});
