/**
 * What a pod's app may call outlives a reload. The names of the services it calls are in the pod's /etc/hosts for as long as the
 * pod lives; a document that no longer lists one of them is meant for the pods that come next, whose app no longer calls it.
 * So a proxy keeps the outbound listeners that have left the document, with their routes and clusters, as long as its pod lives
 * (kept.ts). Everything else follows the document.
 *
 * A listener that the app knows by host names stays even when the document gives its name to another socket; it gets a name of its own
 * then. One without host names has moved to the other socket.
 *
 * Their endpoints go on being discovered; should the permission for that be gone, the last known ones stay.
 */
import type { ResolvedListener, ResolvedProxyConfig } from '../../contract';
import { nameApart } from './name-apart';

/** Most listeners kept beyond the document; the ones that left it first go first. */
export const MAX_RETAINED_LISTENERS = 64;

/** `next`, with what it has dropped of the outbound listeners in force. */
export function retainOutbound(inForce: ResolvedProxyConfig, next: ResolvedProxyConfig): ResolvedProxyConfig {
  const sockets = new Set(next.listeners.map(({ address, port }) => `${address}|${port}`));
  const names = new Set(next.listeners.map(({ name }) => name));
  const clusterNames = new Set(next.clusters.map(({ name }) => name));
  const listeners = inForce.listeners
    .filter(({ direction, address, port, name, hostnames }) => (
      direction === 'outbound' && address !== undefined && !sockets.has(`${address}|${port}`) && (hostnames !== undefined || !names.has(name))))
    .slice(-MAX_RETAINED_LISTENERS)
    .map((listener) => nameApart(listener, names));
  if (listeners.length === 0) return next;
  const needed = new Set(listeners.flatMap(({ routes }) => routes.flatMap(({ split, fallback, mirror }) => (
    [...[{ split }, ...fallback].flatMap((level) => level.split), ...mirror].map(({ cluster }) => cluster)
  ))));
  // A name that another listener has now is that one's.
  const hostnames = new Set(next.listeners.flatMap((listener) => listener.hostnames ?? []));
  const clusters = inForce.clusters.filter(({ name }) => needed.has(name) && !clusterNames.has(name));
  return {
    ...next,
    // Kept ones first, so that those which left first are first when the limit counts.
    listeners: [...listeners.map((listener) => without(hostnames, listener)), ...next.listeners],
    clusters: [...clusters, ...next.clusters],
    ...(next.kubernetes ?? inForce.kubernetes ? { kubernetes: (next.kubernetes ?? inForce.kubernetes)! } : {}),
    // What they lead to asks who this is, even if nothing else does any more.
    ...(!next.identity && inForce.identity && clusters.some(asksForIdentity) ? { identity: inForce.identity } : {}),
  };
}

function asksForIdentity({ mutualTls, discovery }: ResolvedProxyConfig['clusters'][number]): boolean {
  return mutualTls !== undefined || (discovery.type === 'static' && discovery.endpoints.some((endpoint) => endpoint.mutualTls !== undefined));
}

function without(names: ReadonlySet<string>, listener: ResolvedListener): ResolvedListener {
  if (!listener.hostnames?.some((name) => names.has(name))) return listener;
  const { hostnames, ...rest } = listener;
  const left = hostnames.filter((name) => !names.has(name));
  return left.length > 0 ? { ...rest, hostnames: left } : rest;
}
