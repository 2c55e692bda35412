/** An endpoint as one caller knows it. */
import { ClusterEndpoint, Learned } from '../balancing';
import type { PlannedEndpoint } from './plan';

export class KnownEndpoint extends ClusterEndpoint {
  /** Connections on which no request is under way. */
  idle = 0;

  constructor(readonly index: number, planned: PlannedEndpoint, learned: Learned) {
    super(planned.name, learned, planned, planned.later ? 'gone' : 'ready', undefined);
  }
}
