/** The last requests of a service, from the pages `/requests` of its proxies. */
import { type MeshProxy, readRequests, type ServiceId, type Snapshot } from '../live';
import type { TappedRequest } from './protocol';

/** Requests that are shown, and pods that are asked. */
export const TAP_LIMITS = { requests: 100, pods: 8 } as const;

/** Newest first. A pod that gives no answer is left out: it may have just gone. */
export async function tap(service: ServiceId, snapshot: Snapshot, proxies: readonly MeshProxy[]): Promise<TappedRequest[]> {
  const view = snapshot.services.find(({ id }) => id === service);
  const pods = new Set(view?.pods.map(({ pod }) => pod));
  const asked = proxies.filter(({ namespace, pod }) => namespace === view?.namespace && pods.has(pod)).slice(0, TAP_LIMITS.pods);
  const answers = await Promise.allSettled(asked.map(async (proxy) =>
    (await readRequests(proxy)).map((request) => ({ ...request, pod: proxy.pod }))));
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    .sort((a, b) => (a.time < b.time ? 1 : a.time > b.time ? -1 : 0))
    .slice(0, TAP_LIMITS.requests);
}
