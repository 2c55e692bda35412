/** Routes of callers: what share each cluster was to get by the documents, and what it got. */
import type { ResolvedProxyConfig } from '../../contract';
import { ServiceId } from './directory';
import { ProxyScrape, READ_METRICS } from './scrape';
import type { RouteView, SplitView } from './snapshot';
import type { Measured } from './measured';
import { calleesOf, keyOf } from './traffic';

type Listener = ResolvedProxyConfig['listeners'][number];
type Route = Listener['routes'][number];

export function routesOf({ callers, ...measured }: Measured): RouteView[] {
  return [...callers].flatMap(([from, proxies]) => {
    // Pods of one caller may have different documents while one replaces the other; the last one's holds.
    const routes = new Map<string, RouteView>();
    for (const proxy of proxies) {
      for (const listener of proxy.config.document.listeners.filter(({ direction }) => direction === 'outbound')) {
        for (const route of listener.routes) routes.set(keyOf(listener.name, route.name), routeOf(from, listener, route, proxies, proxy, measured));
      }
    }
    return [...routes.values()];
  });
}

function routeOf(
  from: ServiceId, { name: listener }: Listener, route: Route, proxies: readonly ProxyScrape[], proxy: ProxyScrape,
  { directory, traffic }: Omit<Measured, 'callers'>,
): RouteView {
  const callees = calleesOf(proxy, directory);
  const weights = new Map((route.split ?? []).map(({ cluster, weight }) => [cluster, weight]));
  const weightSum = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  const clusters = [...new Set([...weights.keys(), ...route.fallback.flatMap(({ split }) => split).map(({ cluster }) => cluster)])];
  const parts = clusters.map((cluster) => ({ cluster, rate: traffic.parts.figuresOf(keyOf(from, listener, route.name, cluster)).rate }));
  const sent = parts.reduce((sum, { rate }) => sum + rate, 0);
  const split = parts.map(({ cluster, rate }): SplitView => ({
    cluster, rate,
    ...(callees.get(cluster) ?? { service: cluster }),
    declared: weightSum === 0 ? 0 : (weights.get(cluster) ?? 0) / weightSum,
    ...(sent > 0 && { measured: rate / sent }),
  }));
  return {
    from, listener, split,
    name: route.name,
    isRest: (route.matches ?? []).length === 0,
    figures: traffic.routes.figuresOf(keyOf(from, listener, route.name)),
    fallbackShare: Math.max(0, ...proxies.map((one) => fallbackShareOf(one, listener, route.name))),
  };
}

function fallbackShareOf({ metrics }: ProxyScrape, listener: string, route: string): number {
  return [...metrics.get(READ_METRICS.fallbackShare)?.values() ?? []]
    .filter(({ labels }) => labels['listener'] === listener && labels['route'] === route)
    .reduce((sum, { value }) => sum + value, 0);
}
