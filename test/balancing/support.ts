/** What the tests of the algorithms share: endpoints whose load can be set, repeatable chance, and statistics. */
import { type Balanced, ClusterStats, EndpointStats, type Runtime } from '../../src/balancing';
import { seededRandom } from '../support/random';

export { seededRandom };

export class TestEndpoint implements Balanced {
  readonly stats: EndpointStats;

  constructor(readonly key: string, public weight: number, readonly facts: Pick<Balanced, 'zone' | 'priority' | 'since'> = {}, clusterStats = new ClusterStats()) {
    this.stats = new EndpointStats(clusterStats);
  }

  get zone(): string | undefined { return this.facts.zone; }
  get priority(): number | undefined { return this.facts.priority; }
  get since(): number | undefined { return this.facts.since; }

  get inFlight(): number { return this.stats.inFlight; }
  set inFlight(count: number) {
    while (this.stats.inFlight < count) this.stats.started();
    while (this.stats.inFlight > count) this.stats.abandoned();
  }
}

/** Endpoints `a`, `b`, `c`, ... (then `e26`, ...) with these weights and nothing in flight. */
export function endpoints(...weights: number[]): TestEndpoint[] {
  const clusterStats = new ClusterStats();
  return weights.map((weight, index) => new TestEndpoint(index < 26 ? String.fromCharCode(97 + index) : `e${index}`, weight, {}, clusterStats));
}

/** Runtime with seeded chance and a clock that stands still. */
export function runtime(seed = 1): Runtime {
  return { random: seededRandom(seed), now: () => 0 };
}

/**
 * Runtime whose chance is a table read in a circle, for measuring allocation: a generator makes a number on the heap
 * whenever V8 does not inline it, as `Math.random` does; these numbers are there already (the text in front keeps V8 from
 * storing them unboxed).
 */
export function tabulated(): Runtime {
  const table: unknown[] = ['', ...Array.from({ length: 4_096 }, seededRandom(1))];
  let next = 0;
  return {
    random: () => {
      next = next === 4_096 ? 1 : next + 1;
      return table[next] as number;
    },
    now: () => 0,
  };
}

/** Runtime whose chance is this list, then 0. */
export function scripted(...values: number[]): Runtime {
  let next = 0;
  return { random: () => values[next++] ?? 0, now: () => 0 };
}

/** How often each of `count` indices came in `draws` draws. */
export function tally(count: number, draws: number, draw: () => number): number[] {
  const counts = new Array<number>(count).fill(0);
  for (let turn = 0; turn < draws; turn++) counts[draw()]++;
  return counts;
}

/**
 * Pearson's chi-square of counts against expected shares, as a number of standard deviations of its normal approximation
 * (Wilson and Hilferty): above 4 has a probability of about 3 in 100,000 when the shares hold.
 */
export function chiSquareDeviations(counts: readonly number[], weights: readonly number[]): number {
  const draws = counts.reduce((sum, count) => sum + count, 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const statistic = counts.reduce((sum, count, index) => {
    const expected = (draws * weights[index]) / total;
    return sum + (count - expected) ** 2 / expected;
  }, 0);
  const freedom = counts.length - 1;
  const spread = 2 / (9 * freedom);
  return (Math.cbrt(statistic / freedom) - (1 - spread)) / Math.sqrt(spread);
}
