/**
 * Least request: the endpoint that would be the least loaded with this request on it, (inFlight + 1)^bias / weight, of a
 * few drawn by chance or of all.
 *
 * M. Mitzenmacher, "The power of two choices in randomized load balancing" (1996): two choices bring the longest queue from
 * about log n / log log n down to log log n. A full scan gains little over that, costs O(n), and makes all proxies run to
 * the same idle endpoint at once; it is for few endpoints whose requests are long. The bias is Envoy's
 * `active_request_bias`: above 1 differences in load count for more than weights do, 0 leaves weights alone.
 *
 * Of equals the first drawn wins, and all idle endpoints are equal: at rest this policy is weighted random and shares hold;
 * without that rule the heaviest of those drawn would take everything while traffic is low. The scan, too, begins with an
 * endpoint drawn by weight.
 */
import type { LeastRequestConfig } from '../../contract';
import { DistinctDraws } from '../tables/distinct-draws';
import type { EndpointStats } from '../endpoints/endpoint-stats';
import { SinglePicker } from './single-picker';
import type { Balanced, Candidates, Picker, PickerFactory, Runtime } from '../endpoints/picker';

class LeastRequest<E extends Balanced> implements Picker<E> {
  private readonly endpoints: readonly E[];
  private readonly stats: readonly EndpointStats[];
  private readonly weights: Float64Array;
  private readonly draws: DistinctDraws;
  private readonly choices: number;

  constructor(
    { endpoints, weights }: Candidates<E>,
    private readonly scan: boolean,
    choices: number,
    private readonly bias: number,
    runtime: Runtime,
  ) {
    this.endpoints = endpoints;
    this.stats = endpoints.map((endpoint) => endpoint.stats);
    this.weights = Float64Array.from(weights);
    this.draws = new DistinctDraws(weights, scan ? 1 : choices, () => runtime.random());
    this.choices = scan ? endpoints.length : this.draws.choices;
  }

  pick(): E | undefined {
    const first = this.draws.draw(0);
    let best = first;
    for (let turn = 1; turn < this.choices; turn++) {
      const other = this.scan ? (first + turn) % this.choices : this.draws.draw(turn);
      if (this.lessLoaded(other, best)) best = other;
    }
    return this.endpoints[best];
  }

  /** Whether the endpoint at `a` is to be preferred to the one at `b`, which was drawn before it. */
  private lessLoaded(a: number, b: number): boolean {
    const inFlightA = this.stats[a]!.inFlight;
    const inFlightB = this.stats[b]!.inFlight;
    if (inFlightA === 0 && inFlightB === 0) return false;
    // Crosswise rather than by dividing: exact in integers.
    return this.bias === 1
      ? (inFlightA + 1) * this.weights[b]! < (inFlightB + 1) * this.weights[a]!
      : (inFlightA + 1) ** this.bias * this.weights[b]! < (inFlightB + 1) ** this.bias * this.weights[a]!;
  }
}

export const leastRequest: PickerFactory<LeastRequestConfig> = (candidates, config, runtime) => {
  const { scan, choices, bias } = config;
  if (scan === undefined || choices === undefined || bias === undefined) {
    throw new TypeError('least request needs its scan, its number of choices and its bias; fill in the configuration\'s defaults before building a picker');
  }
  return candidates.endpoints.length < 2
    ? new SinglePicker(candidates.endpoints)
    : new LeastRequest(candidates, scan === 'all', choices, bias, runtime);
};
