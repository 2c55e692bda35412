/**
 * What a listener does at the edge of the mesh, where clients are not trusted. A listener that says nothing of it has none of it, as
 * between sidecars.
 */
import { DEFAULT_FORWARDED, ForwardedConfig } from './forwarded-config';

/** Fields of a listener for clients from outside. */
export interface EdgeConfig {
  /**
   * How the fields X-Forwarded-For, -Proto and -Host of its requests are read and written. Absent: they are passed through as they are, as
   * between sidecars.
   */
  readonly forwarded?: ForwardedConfig;
}

/** {@link EdgeConfig} with nothing left open. */
export interface ResolvedEdge {
  readonly forwarded?: Required<ForwardedConfig>;
}

/** A listener in which these fields leave nothing open. */
export function withEdgeDefaults<T extends EdgeConfig>({ forwarded, ...listener }: T): Omit<T, keyof EdgeConfig> & ResolvedEdge {
  return {
    ...listener,
    ...(forwarded && { forwarded: { ...DEFAULT_FORWARDED, ...forwarded } }),
  };
}
