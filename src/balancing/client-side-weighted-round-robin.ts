/**
 * Client-side weighted round robin, gRFC A58: weighted round robin by the weights that endpoints report (reported-weight.ts),
 * computed anew at an interval; a declared weight multiplies them. An endpoint whose reports don't count gets the mean of the
 * others; when fewer than two report, all are equal but for their declared weights.
 *
 * The order is that of weighted round robin here (weighted-order.ts), whose deadlines are A58's.
 */
import type { ClientSideWeightedRoundRobinConfig } from '../contract';
import type { Balanced, Picker, PickerFactory, PickRequest } from './picker';
import { reportedWeight, withinReason } from './reported-weight';
import { soundWeights } from './sound-weights';
import { weightedOrder } from './weighted-order';

/** How far a reported weight may be from the median. */
export const MAX_FACTOR = 100;

class Renewed<E extends Balanced> implements Picker<E> {
  constructor(private readonly picker: Picker<E>, readonly renewAfterMs: number) {}

  pick(request?: PickRequest): E | undefined {
    return this.picker.pick(request);
  }
}

export const clientSideWeightedRoundRobin: PickerFactory<ClientSideWeightedRoundRobinConfig> = (candidates, config, surroundings) => {
  const { blackoutMs, expirationMs, updateMs, errorPenalty } = config;
  if (blackoutMs === undefined || expirationMs === undefined || updateMs === undefined || errorPenalty === undefined) {
    throw new TypeError('client-side weighted round robin needs its times; fill in the configuration\'s defaults before building a picker');
  }
  const { endpoints, weights } = candidates;
  const now = surroundings.now();
  const reported = withinReason(endpoints.map(({ learned }) => reportedWeight(learned, now, { blackoutMs, expirationMs, errorPenalty })), MAX_FACTOR);
  const enough = reported.filter((weight) => weight > 0).length >= 2;
  const sound = enough ? soundWeights(reported).map((weight, index) => weight * weights[index]!) : weights;
  return new Renewed(weightedOrder({ endpoints, weights: sound }, surroundings), updateMs);
};
