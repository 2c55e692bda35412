/**
 * What happened between two scrapes, in words: endpoints that were ejected or came back, failovers, documents taken over or refused,
 * renewed certificates, other policies chosen, pods that came and went. What several pods of a caller say is one event.
 */
import { Directory, ServiceId, serviceIdOf } from './directory';
import { MeshScrape, ProxyScrape, READ_METRICS } from './scrape';

export type EventKind = 'endpoint' | 'failover' | 'config' | 'certificate' | 'policy' | 'pod';

export interface MeshEvent {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly kind: EventKind;
  readonly severity: 'info' | 'good' | 'bad';
  /** The service that it happened to. */
  readonly service: ServiceId;
  readonly text: string;
}

/** A happening at one proxy; those that are told alike become one event with a count. */
interface Happening extends Omit<MeshEvent, 'at'> {
  /** Who says so. */
  readonly teller: ServiceId;
}

export function eventsBetween(before: MeshScrape, after: MeshScrape): MeshEvent[] {
  const directory = new Directory([before, after]);
  const happenings: Happening[] = [];
  for (const [id, proxy] of after.proxies) {
    const old = before.proxies.get(id);
    if (old) happenings.push(...proxyEvents(old, proxy, directory));
    else if (!before.silent.has(id)) happenings.push(podEvent(proxy, 'info', `${proxy.proxy.pod} is there`));
  }
  for (const [id, proxy] of before.proxies) {
    if (after.proxies.has(id)) continue;
    happenings.push(after.silent.has(id)
      ? podEvent(proxy, 'bad', `the proxy of ${proxy.proxy.pod} does not answer any more: ${after.silent.get(id)}`)
      : podEvent(proxy, 'info', `${proxy.proxy.pod} is gone`));
  }
  return joined(happenings, after.wallTime);
}

function podEvent({ config }: ProxyScrape, severity: MeshEvent['severity'], text: string): Happening {
  const service = serviceIdOf(config.document.node);
  return { kind: 'pod', severity, service, teller: service, text };
}

function proxyEvents(old: ProxyScrape, proxy: ProxyScrape, directory: Directory): Happening[] {
  return [...clusterEvents(old, proxy, directory), ...counterEvents(old, proxy)];
}

function clusterEvents(old: ProxyScrape, { clusters, config: { document } }: ProxyScrape, directory: Directory): Happening[] {
  const teller = serviceIdOf(document.node);
  return clusters.flatMap((cluster) => {
    const oldCluster = old.clusters.find(({ name }) => name === cluster.name);
    const declared = document.clusters.find(({ name }) => name === cluster.name);
    if (!oldCluster || !declared) return [];
    const callee = directory.behind(declared, cluster.endpoints.map(({ address }) => address)).service;
    const events: Happening[] = [];
    for (const { address, state, stateReason } of cluster.endpoints) {
      const was = oldCluster.endpoints.find((endpoint) => endpoint.address === address)?.state;
      if (was === undefined || was === state) continue;
      const who = directory.proxyAt(address)?.proxy.pod ?? address;
      const change = CHANGES[state] ?? { severity: 'bad', text: `is ${state}` };
      events.push({ kind: 'endpoint', severity: change.severity, service: callee, teller, text: `${who} ${change.text}${stateReason ? `: ${stateReason}` : ''}` });
    }
    const { choice } = cluster;
    if (choice && oldCluster.choice && choice.policy !== oldCluster.choice.policy) {
      events.push({ kind: 'policy', severity: 'info', service: callee, teller, text: `the policy for ${cluster.name} is ${choice.policy} now: ${choice.reason}` });
    }
    return events;
  });
}

const CHANGES: Readonly<Record<string, { readonly severity: MeshEvent['severity']; readonly text: string }>> = {
  ready: { severity: 'good', text: 'takes requests again' },
  probing: { severity: 'info', text: 'gets one request to prove itself' },
  unhealthy: { severity: 'bad', text: 'fails its health checks' },
  ejected: { severity: 'bad', text: 'is ejected' },
  draining: { severity: 'info', text: 'is draining' },
};

/** Events that a counter tells of. */
const COUNTED: readonly {
  readonly metric: string; readonly result?: string; readonly kind: EventKind; readonly severity: MeshEvent['severity'];
  text(proxy: ProxyScrape, labels: Readonly<Record<string, string>>): string;
}[] = [
  { metric: READ_METRICS.failovers, kind: 'failover', severity: 'bad', text: (_, { route, listener }) => `requests of route ${route} (${listener}) go to a fallback: too few endpoints are left` },
  { metric: READ_METRICS.reloads, result: 'applied', kind: 'config', severity: 'info', text: ({ config }) => `a new configuration is in force (${config.hash})` },
  {
    metric: READ_METRICS.reloads, result: 'rejected', kind: 'config', severity: 'bad',
    text: ({ config }) => `a configuration was refused, and the last one stays: ${config.lastRejected?.problems.join('; ') ?? 'its log says why'}`,
  },
  { metric: READ_METRICS.identityReloads, result: 'applied', kind: 'certificate', severity: 'info', text: () => 'the identity was renewed' },
  { metric: READ_METRICS.identityReloads, result: 'rejected', kind: 'certificate', severity: 'bad', text: () => 'a renewed identity was refused, and the last one stays in use' },
  { metric: READ_METRICS.certificateReloads, result: 'applied', kind: 'certificate', severity: 'info', text: () => 'a certificate was renewed' },
  { metric: READ_METRICS.certificateReloads, result: 'rejected', kind: 'certificate', severity: 'bad', text: () => 'a renewed certificate was refused, and the last one stays in use' },
];

function counterEvents(old: ProxyScrape, proxy: ProxyScrape): Happening[] {
  const service = serviceIdOf(proxy.config.document.node);
  return COUNTED.flatMap(({ metric, result, kind, severity, text }) =>
    [...proxy.metrics.get(metric) ?? []].flatMap(([key, { labels, value }]): Happening[] => {
      if (result !== undefined && labels['result'] !== result) return [];
      const grown = value > (old.metrics.get(metric)?.get(key)?.value ?? 0);
      return grown ? [{ kind, severity, service, teller: service, text: text(proxy, labels) }] : [];
    }));
}

/** `catalog-v1-x is ejected: 5 errors in a row (said by 2 pods of shop/web)`. */
function joined(happenings: readonly Happening[], at: number): MeshEvent[] {
  const groups = new Map<string, { readonly first: Happening; count: number }>();
  for (const happening of happenings) {
    const { service, teller, text } = happening;
    const key = JSON.stringify([service, teller, text]);
    const group = groups.get(key);
    if (group) group.count += 1;
    else groups.set(key, { first: happening, count: 1 });
  }
  return [...groups.values()].map(({ first: { kind, severity, service, teller, text }, count }) => ({
    at, kind, severity, service,
    text: teller === service ? `${text}${count > 1 ? ` (${count} pods)` : ''}` : `${text} (${count === 1 ? 'a pod' : `${count} pods`} of ${teller} ${count === 1 ? 'says' : 'say'} so)`,
  }));
}
