/** What can't be together with the protocol that a listener or a cluster speaks. */
import type { ClusterConfig } from './cluster-config';
import type { ListenerConfig } from './listener-config';
import type { ProxyConfig } from './proxy-config';
import { errorsOfTcp } from './tcp-rules';

/** Something that is wrong, at a pointer below the document. */
interface Wrong {
  readonly path: string;
  readonly message: string;
}

/** What is wrong with protocols in a document. */
export function errorsOfProtocols({ listeners, clusters }: Pick<ProxyConfig, 'listeners' | 'clusters'>): Wrong[] {
  return [
    ...errorsOfTcp({ listeners, clusters }),
    ...listeners.flatMap((listener, l) => errorsOfListener(listener, `/listeners/${l}/protocol`)),
    ...clusters.flatMap((cluster, c) => errorsOfCluster(cluster, `/clusters/${c}`)),
  ];
}

function errorsOfListener({ name, protocol, tls }: ListenerConfig, path: string): Wrong[] {
  if (protocol !== 'alpn' || tls) return [];
  return [{ path, message: `listener '${name}' has protocol 'alpn', which a TLS handshake agrees on, but no tls; give it tls, or say 'http1' or 'http2'` }];
}

function errorsOfCluster({ name, protocol, healthCheck }: ClusterConfig, at: string): Wrong[] {
  if (protocol === 'http2' || healthCheck?.type !== 'grpc') return [];
  return [{
    path: `${at}/healthCheck/type`,
    message: `cluster '${name}' speaks HTTP/1.1, and health checks of type 'grpc' are calls of gRPC; say protocol 'http2', or use a check of type 'http' or 'tcp'`,
  }];
}
