/**
 * What an absent field of {@link AdmissionConfig} means. Without an `admission` everything is let in.
 */
import type { AdaptiveConcurrencyConfig, AdmissionConfig, FixedConcurrencyConfig, RateLimitConfig } from './admission-config';

/** Default of `admission`: the paths by which Kubernetes' own components are asked for their health. */
export const DEFAULT_ADMISSION: Required<Pick<AdmissionConfig, 'exemptPaths'>> = {
  // #region generated defaults of AdmissionConfig
  exemptPaths: ['/healthz', '/livez', '/readyz'],
  // #endregion
};

/**
 * Default of `admission.concurrency`, when it is adaptive. It begins where an app that does little besides waiting is not held up, and one
 * of a few requests at a time has a queue of a second or two. `max` is Envoy's. `initial` is brought into `min` and `max`.
 */
export const DEFAULT_ADAPTIVE_CONCURRENCY: Required<Omit<AdaptiveConcurrencyConfig, 'type'>> = {
  // #region generated defaults of AdaptiveConcurrencyConfig
  min: 2,
  max: 1_000,
  initial: 50,
  latencyTolerancePercent: 100,
  // #endregion
};

/**
 * Least burst of `admission.rateLimit` when nothing is said: requests come by chance and not evenly, and with fewer places a limit would
 * refuse more than one in twenty though half as many come as it lets in (a tenth with two places, a third with one).
 */
const LEAST_BURST = 3;

/** An admission with nothing left open. */
export interface ResolvedAdmission {
  readonly concurrency?: Required<AdaptiveConcurrencyConfig> | FixedConcurrencyConfig;
  readonly rateLimit?: Required<RateLimitConfig>;
  readonly exemptPaths: string[];
}

/** Fills in what an admission leaves open. */
export function withAdmissionDefaults({ concurrency, rateLimit, exemptPaths }: AdmissionConfig): ResolvedAdmission {
  return {
    ...(concurrency && { concurrency: concurrency.type === 'fixed' ? concurrency : withConcurrencyDefaults(concurrency) }),
    ...(rateLimit && { rateLimit: withRateLimitDefaults(rateLimit) }),
    exemptPaths: exemptPaths ?? DEFAULT_ADMISSION.exemptPaths,
  };
}

/** Fills in what a rate limit leaves open. */
export function withRateLimitDefaults(rateLimit: RateLimitConfig): Required<RateLimitConfig> {
  return { burst: Math.max(LEAST_BURST, Math.ceil(rateLimit.requestsPerSecond)), ...rateLimit };
}

function withConcurrencyDefaults(said: AdaptiveConcurrencyConfig): Required<AdaptiveConcurrencyConfig> {
  const { min, max, initial } = DEFAULT_ADAPTIVE_CONCURRENCY;
  const least = said.min ?? Math.min(min, said.max ?? max);
  const most = said.max ?? Math.max(max, least);
  return { ...DEFAULT_ADAPTIVE_CONCURRENCY, ...said, min: least, max: most, initial: said.initial ?? Math.min(most, Math.max(least, initial)) };
}
