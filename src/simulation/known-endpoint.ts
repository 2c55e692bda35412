/** An endpoint as one caller knows it: what discovery and health checks say of it, and what the caller learned and made of that. */
import { Balanced, Conduct, Learned, Suspect } from '../balancing';
import type { PlannedEndpoint } from './plan';

export class KnownEndpoint implements Balanced, Suspect {
  readonly key: string;
  readonly weight: number;
  readonly zone: string | undefined;
  readonly priority: number | undefined;
  since: number | undefined = undefined;
  state: 'ready' | 'draining' | 'gone';
  /** Health checks don't complain of it. */
  healthy = true;
  /** Connections on which no request is under way. */
  idle = 0;
  readonly conduct = new Conduct();

  constructor(readonly index: number, { name, weight, zone, priority, later }: PlannedEndpoint, readonly learned: Learned) {
    this.key = name;
    this.weight = weight;
    this.zone = zone;
    this.priority = priority;
    this.state = later ? 'gone' : 'ready';
  }

  /** It would take requests if it were not for outlier detection. */
  get eligible(): boolean { return this.state === 'ready' && this.healthy; }
  get available(): boolean { return this.eligible && this.conduct.standing !== 'ejected'; }
  /** Nothing speaks against it just now. */
  get sound(): boolean { return this.available && this.conduct.standing !== 'probing' && this.conduct.gatewayErrors === 0; }
}
