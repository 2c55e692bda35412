import { Distribution, meanOf, normalQuantile, quantileOf } from '../../src/simulation/distribution';
import { randomStream } from '../../src/simulation/random';
import { keyHashes } from '../../src/simulation/keys';

const DISTRIBUTIONS: readonly Distribution[] = [
  { type: 'fixed', ms: 7 },
  { type: 'uniform', fromMs: 2, toMs: 8 },
  { type: 'exponential', meanMs: 20 },
  { type: 'lognormal', meanMs: 20, variation: 1 },
  { type: 'pareto', meanMs: 20, shape: 2.5 },
];

test.each(DISTRIBUTIONS)('$type: the mean of many draws is the mean that it says', (distribution) => {
  const random = randomStream(1, 0);
  const quantile = quantileOf(distribution);
  let sum = 0;
  for (let draw = 0; draw < 400_000; draw++) sum += quantile(random());
  expect(Math.abs(sum / 400_000 / meanOf(distribution) - 1)).toBeLessThan(0.01);
});

test.each([
  [{ type: 'exponential', meanMs: 10 }, 0.99, 10 * Math.log(100)],
  [{ type: 'pareto', meanMs: 20, shape: 2 }, 0.99, 100],
  [{ type: 'uniform', fromMs: 10, toMs: 40 }, 0.5, 25],
  // exp(mu + sigma z) with sigma^2 = ln 2 and mu = ln 20 - sigma^2 / 2; z of 0.95 is 1.6448536.
  [{ type: 'lognormal', meanMs: 20, variation: 1 }, 0.95, Math.exp(Math.log(20) - Math.LN2 / 2 + Math.sqrt(Math.LN2) * 1.6448536)],
] as const)('%j has its quantile of %d where theory has it', (distribution, share, expected) => {
  expect(quantileOf(distribution)(share)).toBeCloseTo(expected, 4);
});

test.each([[0.5, 0], [0.975, 1.959963985], [0.025, -1.959963985], [0.999, 3.090232306], [0.001, -3.090232306]])(
  'the normal quantile of %d is that of the tables', (share, expected) => {
    expect(normalQuantile(share)).toBeCloseTo(expected, 7);
  });

test('streams of one seed differ, and each repeats', () => {
  const draw = (seed: number, stream: number): number[] => {
    const random = randomStream(seed, stream);
    return Array.from({ length: 5 }, random);
  };
  expect(draw(1, 0)).toEqual(draw(1, 0));
  expect(new Set([draw(1, 0), draw(1, 1), draw(2, 0), draw(2 ** 40, 0)].map((numbers) => numbers.join())).size).toBe(4);
});

test('a stream is even: chi-square over 64 cells within the 0.1 % bounds', () => {
  const random = randomStream(7, 3);
  const cells = new Array<number>(64).fill(0);
  for (let draw = 0; draw < 64_000; draw++) cells[Math.floor(random() * 64)]!++;
  const chiSquare = cells.reduce((sum, cell) => sum + (cell - 1_000) ** 2 / 1_000, 0);
  // 63 degrees of freedom.
  expect(chiSquare).toBeGreaterThan(32);
  expect(chiSquare).toBeLessThan(104);
});

test('keys follow the law of Zipf: the first is asked for twice as often as the second, and all are numbers of 32 bits', () => {
  const hashOf = keyHashes({ count: 100, exponent: 1 }, 1);
  const random = randomStream(1, 0);
  const counts = new Map<number, number>();
  for (let draw = 0; draw < 100_000; draw++) {
    const hash = hashOf(random());
    counts.set(hash, (counts.get(hash) ?? 0) + 1);
  }
  const [first, second] = [...counts.values()].sort((a, b) => b - a) as [number, number];
  expect(counts.size).toBe(100);
  expect(first / second).toBeGreaterThan(1.85);
  expect(first / second).toBeLessThan(2.15);
  expect([...counts.keys()].every((hash) => Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32)).toBe(true);
});
