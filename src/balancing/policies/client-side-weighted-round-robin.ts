/**
 * Client-side weighted round robin, gRFC A58: weighted round robin by the weights that endpoints report (reported-weight.ts),
 * computed anew at an interval; a declared weight multiplies them. An endpoint whose reports don't count gets the mean of the
 * others; when fewer than two report, all are equal but for their declared weights. Beyond A58, a weight is kept within reason of
 * the median of all, so that one that lies can't take everything.
 *
 * The order is that of weighted round robin here (weighted-order.ts), whose deadlines are A58's.
 */
import type { ClientSideWeightedRoundRobinConfig } from '../../contract';
import type { Balanced, Picker, PickerFactory, PickRequest } from '../endpoints/picker';
import { reportedWeight, ReportRules, withinReason } from '../endpoints/reported-weight';
import { sanitizedWeights } from '../endpoints/sanitized-weights';
import { weightedOrder } from './weighted-order';

class Renewed<E extends Balanced> implements Picker<E> {
  constructor(private readonly picker: Picker<E>, readonly renewAfterMs: number) {}

  pick(request?: PickRequest): E | undefined {
    return this.picker.pick(request);
  }
}

/** The weights that the reports give, zero where they don't count; none when too few do. Sound weights are made of them. */
export function weightsOfReports(
  endpoints: readonly Balanced[], config: ClientSideWeightedRoundRobinConfig, now: number,
): readonly number[] | undefined {
  const rules = rulesOf(config);
  const reported = withinReason(endpoints.map(({ stats }) => reportedWeight(stats, now, rules)));
  return reported.filter((weight) => weight > 0).length >= 2 ? reported : undefined;
}

/** @throws TypeError when the defaults were not filled in */
export function rulesOf(config: ClientSideWeightedRoundRobinConfig): ReportRules & { readonly updateMs: number } {
  const { blackoutMs, expirationMs, updateMs, errorPenalty } = config;
  if (blackoutMs === undefined || expirationMs === undefined || updateMs === undefined || errorPenalty === undefined) {
    throw new TypeError('client-side weighted round robin needs its times; fill in the configuration\'s defaults before building a picker');
  }
  return { blackoutMs, expirationMs, updateMs, errorPenalty };
}

export const clientSideWeightedRoundRobin: PickerFactory<ClientSideWeightedRoundRobinConfig> = (candidates, config, runtime) => {
  const { endpoints, weights } = candidates;
  const { updateMs } = rulesOf(config);
  const reported = weightsOfReports(endpoints, config, runtime.now());
  const sanitized = reported === undefined ? weights : sanitizedWeights(reported).map((weight, index) => weight * weights[index]!);
  return new Renewed(weightedOrder({ endpoints, weights: sanitized }, runtime), updateMs);
};
