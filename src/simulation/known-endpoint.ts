/** An endpoint as one caller knows it. */
import { ClusterEndpoint, EndpointStats } from '../balancing';
import type { PlannedEndpoint } from './plan';

export class KnownEndpoint extends ClusterEndpoint {
  /** Connections on which no request is under way. */
  idle = 0;

  constructor(readonly index: number, planned: PlannedEndpoint, stats: EndpointStats) {
    super(planned.name, stats, planned, planned.later ? 'gone' : 'ready', undefined);
  }
}
