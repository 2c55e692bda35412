/**
 * What an absent field of a fallback means.
 */
import type { FallbackConfig } from './fallback-config';

/** Envoy's overprovisioning; and the time in which load returns is enough for caches to fill and for connections to be made. */
export const DEFAULT_FALLBACK: Required<Omit<FallbackConfig, 'split'>> = {
  // #region generated defaults of FallbackConfig
  overprovisioningPercent: 140,
  recoveryMs: 30_000,
  // #endregion
};

/** Fills in what fallbacks leave open. */
export function withFallbackDefaults(fallbacks: readonly FallbackConfig[] = []): Required<FallbackConfig>[] {
  return fallbacks.map((fallback) => ({ ...DEFAULT_FALLBACK, ...fallback }));
}
