/** The port of the app beside a proxy. */
import { APP_CLUSTER, ProxyConfig } from '../../contract';

/** Where the document expects the app; undefined when it has none to forward to. */
export function appPortOf(config: ProxyConfig): number | undefined {
  const discovery = config.clusters.find((cluster) => cluster.name === APP_CLUSTER)?.discovery;
  return discovery?.type === 'static' ? discovery.endpoints[0]?.port : undefined;
}
