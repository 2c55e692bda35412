/**
 * What the proxies themselves know of endpoints, read from their admin pages: the other end of discovery. Between a
 * change in the API and its appearing here lies all that discovery does.
 */
import { performance } from 'node:perf_hooks';
import type { ClusterReport } from '../../proxy/telemetry/cluster-view';
import { httpGet } from './http-get';
import { inText } from './network';
import type { Pod } from './pod';

/** An endpoint as a calling proxy has it. */
export interface SeenEndpoint {
  readonly cluster: string;
  readonly address: string;
  readonly state: string;
  readonly zone: string | undefined;
  /** Requests that this proxy has sent to it. */
  readonly requests: number;
}

const TIMEOUT_MS = 2_000;
const PERIOD_MS = 5;

/** Every endpoint that a pod's proxy has. */
export async function endpointsSeenBy(pod: Pod): Promise<SeenEndpoint[]> {
  const { body } = await httpGet(pod.adminAddress, '/endpoints', TIMEOUT_MS);
  const { clusters } = JSON.parse(body) as { readonly clusters: readonly ClusterReport[] };
  return clusters.flatMap(({ name: cluster, endpoints }) =>
    endpoints.map(({ address, state, zone, requests }) => ({ cluster, address, state, zone, requests })));
}

/**
 * Waits until every one of the callers sends requests to a pod, or until none does any more.
 *
 * @returns the moment (performance.now()) at which the last of them knew, or undefined when that took too long
 */
export async function whenAllSee(callers: readonly Pod[], pod: Pod, wanted: 'used' | 'gone', timeoutMs: number): Promise<number | undefined> {
  const deadline = performance.now() + timeoutMs;
  const key = pod.inbound && inText(pod.inbound);
  let last = performance.now();
  for (const caller of callers) {
    for (;;) {
      const asked = performance.now();
      const used = (await endpointsSeenBy(caller)).some(({ address, state }) => address === key && state === 'ready');
      if (used === (wanted === 'used')) {
        last = Math.max(last, asked);
        break;
      }
      if (asked > deadline) return undefined;
      await new Promise((resolve) => setTimeout(resolve, PERIOD_MS));
    }
  }
  return last;
}
