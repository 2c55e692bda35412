/**
 * Weighted round robin: each endpoint in turn, exactly in proportion to weights over a period, the heavy ones spread
 * evenly between the others. The order is nginx's smooth one, or earliest deadline first when the period is too long to
 * work out in advance: weighted-sequence.ts says where the line is and why.
 */
import type { WeightedRoundRobinConfig } from '../../contract';
import type { PickerFactory } from '../endpoints/picker';
import { weightedOrder } from './weighted-order';

export const weightedRoundRobin: PickerFactory<WeightedRoundRobinConfig> =
  (candidates, _config, runtime) => weightedOrder(candidates, runtime);
