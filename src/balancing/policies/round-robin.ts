/**
 * Round robin: each endpoint in turn; declared weights are not looked at, which registry.ts sees to. What slow start or
 * learned weights take off an endpoint's share still counts. The order is in weighted-order.ts.
 */
import type { RoundRobinConfig } from '../../contract';
import type { PickerFactory } from '../endpoints/picker';
import { weightedOrder } from './weighted-order';

export const roundRobin: PickerFactory<RoundRobinConfig> =
  (candidates, _config, runtime) => weightedOrder(candidates, runtime);
