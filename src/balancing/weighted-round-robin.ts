/**
 * Weighted round robin: each endpoint in turn, exactly in proportion to weights over a period, the heavy ones spread
 * evenly between the others. The order is nginx's smooth one, or earliest deadline first when the period is too long to
 * work out in advance: weighted-sequence.ts says where the line is and why.
 *
 * Equal weights need no schedule: smooth weighted round robin is then plain round robin, in the same order.
 */
import type { WeightedRoundRobinConfig } from '../contract';
import type { Balanced, Picker, PickerFactory } from './picker';
import { roundRobin } from './round-robin';
import { IndexSequence, weightedSequence } from './weighted-sequence';

class WeightedRoundRobin<E extends Balanced> implements Picker<E> {
  constructor(private readonly endpoints: readonly E[], private readonly sequence: IndexSequence) {}

  pick(): E | undefined {
    return this.endpoints[this.sequence.next()];
  }
}

export const weightedRoundRobin: PickerFactory<WeightedRoundRobinConfig> = (endpoints, _config, surroundings) => {
  if (endpoints.every((endpoint) => endpoint.weight === endpoints[0]!.weight)) {
    return roundRobin(endpoints, { type: 'roundRobin' }, surroundings);
  }
  return new WeightedRoundRobin(endpoints, weightedSequence(endpoints.map((endpoint) => endpoint.weight), () => surroundings.random()));
};
