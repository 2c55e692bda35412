/** The clusters that a target of a route stands for. */
import { RouteTarget } from '../routes/route-target';
import { Part } from '../routes/weights';
import type { Destination } from './destination';

/** The clusters of a target, with their weights: all of a service's, or that of one version. */
export function partsOf(target: RouteTarget): Part[] {
  const only = target._cluster();
  return only === undefined ? (target._destination() as Destination)._info().shares().map(({ cluster, weight }) => ({ cluster, weight }))
    : [{ cluster: only, weight: 1 }];
}
