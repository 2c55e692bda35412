/**
 * Least response time: of a few endpoints drawn by chance, the one where a request is expected to be done soonest,
 *
 *     (expected latency + expected price of failure) * (requests in flight + 1) / weight
 *
 * with both expectations averaged and decaying as in endpoint-stats.ts: Peak EWMA of Finagle, tower and Linkerd, with failures
 * penalised; where adaptive.ts uses it, the latency is the typical one instead of the peak. It is not least request: an
 * endpoint that is slow by itself is given less though nothing waits there, and one that fails at once is given less though
 * nothing is ever in flight to it.
 *
 * Details that matter:
 *
 *   - Both sides of a comparison decay at the same rate, so it takes the ratio of their decays, exp((tA - tB) / decay), and no
 *     clock.
 *   - An endpoint that was never measured counts as fast as the one it is compared with and as having one request less: it
 *     gets one request when it is idle, and its share after that. A default latency would flood it where others are slower,
 *     and starve it where they are faster.
 *   - Of equals the first drawn wins, so that shares hold while nothing is known.
 */
import type { LeastResponseTimeConfig } from '../../contract';
import { DistinctDraws } from '../tables/distinct-draws';
import type { ClusterStats, EndpointStats } from '../endpoints/endpoint-stats';
import { SinglePicker } from './single-picker';
import type { Balanced, Candidates, Picker, PickerFactory, Runtime } from '../endpoints/picker';

class LeastResponseTime<E extends Balanced> implements Picker<E> {
  private readonly endpoints: readonly E[];
  private readonly stats: readonly EndpointStats[];
  /** All endpoints share it. */
  private readonly clusterStats: ClusterStats;
  private readonly weights: Float64Array;
  private readonly draws: DistinctDraws;

  constructor({ endpoints, weights }: Candidates<E>, choices: number, runtime: Runtime) {
    this.endpoints = endpoints;
    this.stats = endpoints.map((endpoint) => endpoint.stats);
    this.clusterStats = endpoints[0]!.stats.cluster;
    this.weights = Float64Array.from(weights);
    this.draws = new DistinctDraws(weights, choices, () => runtime.random());
  }

  pick(): E | undefined {
    let best = this.draws.draw(0);
    for (let turn = 1; turn < this.draws.choices; turn++) {
      const other = this.draws.draw(turn);
      if (this.cheaper(other, best)) best = other;
    }
    return this.endpoints[best];
  }

  /** Whether the endpoint at `a` is to be preferred to the one at `b`, which was drawn before it. */
  private cheaper(a: number, b: number): boolean {
    const statsA = this.stats[a]!;
    const statsB = this.stats[b]!;
    let costA = this.weights[b]!;
    let costB = this.weights[a]!;
    if (statsA.sampled && statsB.sampled) {
      costA *= statsA.priceMs * Math.exp((statsA.updatedAt - statsB.updatedAt) / this.clusterStats.decayMs);
      costB *= statsB.priceMs;
      return costA * (statsA.inFlight + 1) < costB * (statsB.inFlight + 1);
    }
    if (statsA.sampled === statsB.sampled) {
      // Nothing is known of either: least request, with all idle ones equal.
      return (statsA.inFlight > 0 || statsB.inFlight > 0) && costA * (statsA.inFlight + 1) < costB * (statsB.inFlight + 1);
    }
    return statsA.sampled
      ? costA * (statsA.inFlight + 1) < costB * statsB.inFlight
      : costA * statsA.inFlight < costB * (statsB.inFlight + 1);
  }
}

export const leastResponseTime: PickerFactory<LeastResponseTimeConfig> = (candidates, { choices }, runtime) => {
  if (choices === undefined) {
    throw new TypeError('least response time needs its number of choices; fill in the configuration\'s defaults before building a picker');
  }
  return candidates.endpoints.length < 2 ? new SinglePicker(candidates.endpoints) : new LeastResponseTime(candidates, choices, runtime);
};
