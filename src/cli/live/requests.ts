/** The last requests of a proxy, from its admin page `/requests`. A proxy keeps them only while somebody reads that page. */
import type { MeshProxy } from './proxies';

/** As the access log has it; fields that don't apply are absent. */
export interface RecentRequest {
  /** Tells it from all others of the pod. */
  readonly id: string;
  readonly time: string;
  readonly method?: string;
  readonly path?: string;
  /** SPIFFE id that the client has proved. */
  readonly caller?: string;
  readonly route?: string;
  readonly status: number;
  /** Why the proxy answered or broke off by itself, and words about it. */
  readonly reason?: string;
  readonly detail?: string;
  readonly durationMs: number;
  readonly listener: string;
  readonly cluster?: string;
  readonly endpoint?: string;
  readonly attempts: number;
  /** Attempts as `endpoint;outcome;milliseconds`, when there were several. */
  readonly tried?: readonly string[];
}

/** Oldest first. */
export async function readRequests(proxy: MeshProxy): Promise<readonly RecentRequest[]> {
  return (JSON.parse(await proxy.get('/requests')) as { readonly requests: readonly RecentRequest[] }).requests;
}
