/**
 * Weights that follow measurements: a factor for each endpoint, by which its declared weight is multiplied.
 *
 *   - from load reports: the weight that gRFC A58 gives it, kept within reason of the median (reported-weight.ts), over the mean
 *     of all;
 *   - as observed: the mean price of a request over its own, the price being its average latency plus the averaged price of
 *     failures (endpoint-stats.ts). It falls with load as well as with speed, so it settles where all are equally slow.
 *
 * An endpoint of which nothing is known has the factor 1, the mean. A factor moves to where it should be with a time
 * constant, so that one odd report doesn't throw traffic about, and stays within bounds: the floor keeps every endpoint in
 * use and so measured, the ceiling bounds what one that is very fast can take. (A report that is not true is bounded before,
 * or it would take the mean along and push all others to the floor.)
 */
import type { DynamicWeightsConfig } from '../../contract';
import type { Balanced } from '../endpoints/picker';
import { ReportRules, ReportState, reportedWeight, reportState, withinReason } from '../endpoints/reported-weight';
import { sanitizedWeights } from '../endpoints/sanitized-weights';

/** A58's, but for the expiration, which is `ClusterStats`'. */
const BLACKOUT_MS = 10_000;
const ERROR_PENALTY = 1;

export interface DynamicWeight {
  /** What the declared weight is multiplied by. */
  readonly factor: number;
  /** Where the factor is moving to, before the bounds. */
  readonly target: number;
  /** What it comes from: a state of the reports, or what was observed. */
  readonly cause: ReportState | 'observed' | 'not observed';
  /** A bound holds it. */
  readonly bounded: boolean;
}

const UNKNOWN: DynamicWeight = { factor: 1, target: 1, cause: 'not observed', bounded: false };

export class DynamicWeights {
  private readonly weights = new WeakMap<Balanced, DynamicWeight>();
  private updatedAt: number | undefined = undefined;

  constructor(private readonly config: Required<DynamicWeightsConfig>) {}

  /** Moves all factors on. */
  update(endpoints: readonly Balanced[], now: number): void {
    const { source, smoothingMs, minimumPercent, maximumPercent } = this.config;
    const rulesOf = ({ stats }: Balanced): ReportRules => (
      { blackoutMs: BLACKOUT_MS, expirationMs: stats.cluster.expirationMs, errorPenalty: ERROR_PENALTY }
    );
    const measured = source === 'reports'
      ? withinReason(endpoints.map((endpoint) => reportedWeight(endpoint.stats, now, rulesOf(endpoint))))
      : endpoints.map(observedWeight);
    const sanitized = sanitizedWeights(measured);
    const mean = sanitized.reduce((sum, weight) => sum + weight, 0) / sanitized.length;
    const moved = this.updatedAt === undefined ? 0 : 1 - Math.exp(Math.min(0, this.updatedAt - now) / smoothingMs);
    this.updatedAt = now;
    endpoints.forEach((endpoint, index) => {
      const target = sanitized[index]! / mean;
      const bounded = Math.min(Math.max(target, minimumPercent / 100), maximumPercent / 100);
      const { factor } = this.of(endpoint);
      this.weights.set(endpoint, {
        factor: factor + (bounded - factor) * moved,
        target,
        cause: source === 'reports' ? reportState(endpoint.stats, now, rulesOf(endpoint)) : measured[index]! > 0 ? 'observed' : 'not observed',
        bounded: bounded !== target,
      });
    });
  }

  of(endpoint: Balanced): DynamicWeight {
    return this.weights.get(endpoint) ?? UNKNOWN;
  }
}

/** 0 when nothing was observed. */
function observedWeight({ stats }: Balanced): number {
  const price = stats.meanLatencyMs + stats.tollMs;
  return stats.sampled && price > 0 ? 1 / price : 0;
}
