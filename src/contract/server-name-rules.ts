/**
 * What a listener can't have that takes connections of TLS by their server name (`tcp.readServerName`). It sees a client's first message and nothing
 * else, so conditions can only be about the name in it. The callee's sidecar reads no name: it has a connection to its app before it takes a byte.
 */
import { parseAddress } from './cidr';
import type { ListenerConfig } from './listener-config';
import type { ProxyConfig } from './proxy-config';

/** Something that is wrong, at a pointer below the document. */
interface Wrong {
  readonly path: string;
  readonly message: string;
}

/** Whether its connections are TLS that passes through, by the name that clients ask for. */
export function readsServerName({ protocol, tcp }: Pick<ListenerConfig, 'protocol' | 'tcp'>): boolean {
  return protocol === 'tcp' && tcp?.readServerName === true;
}

/** What is wrong with such listeners in a document. */
export function errorsOfServerNames({ listeners, clusters }: Pick<ProxyConfig, 'listeners' | 'clusters'>): Wrong[] {
  const withTls = new Set(clusters.filter(({ tls }) => tls).map(({ name }) => name));
  return listeners.flatMap((listener, l) => (
    readsServerName(listener) ? [...errorsOfListener(listener, `/listeners/${l}`), ...errorsOfRoutes(listener, withTls, `/listeners/${l}`)] : []
  ));
}

function errorsOfListener({ name, direction, tls }: ListenerConfig, at: string): Wrong[] {
  const owner = `listener '${name}' has 'tcp.readServerName'`;
  return [
    ...(direction === 'inbound' ? [{
      path: `${at}/tcp/readServerName`,
      message: `${owner} and direction 'inbound', where a connection leads to one app; remove it: the app gets the bytes of TLS as they are`,
    }] : []),
    ...(tls ? [{ path: `${at}/tls`, message: `${owner}, by which the client's TLS passes through, and 'tls', by which it would end here; remove one of the two` }] : []),
  ];
}

function errorsOfRoutes({ name: listener, routes }: ListenerConfig, withTls: ReadonlySet<string>, at: string): Wrong[] {
  return routes.flatMap(({ name, matches = [], split = [], fallback = [] }, r) => {
    const owner = `route '${name}' of listener '${listener}', which has 'tcp.readServerName',`;
    const conditions = matches.flatMap((match, m) => Object.keys(match).filter((field) => field !== 'hosts').map((field) => ({
      path: `${at}/routes/${r}/matches/${m}/${field}`,
      message: `${owner} has a condition of '${field}', which the client's TLS hides; use 'hosts' alone`,
    })));
    const addresses = matches.flatMap(({ hosts = [] }, m) => hosts.flatMap((host, h) => (parseAddress(host) ? [{
      path: `${at}/routes/${r}/matches/${m}/hosts/${h}`,
      message: `${owner} has the host '${host}', and clients of TLS never ask for an address (RFC 6066); use a host name, or a route without conditions`,
    }] : [])));
    const parts = [
      ...split.map(({ cluster }, s) => ({ cluster, path: `split/${s}/cluster` })),
      ...fallback.flatMap((level, f) => level.split.map(({ cluster }, s) => ({ cluster, path: `fallback/${f}/split/${s}/cluster` }))),
    ];
    const twice = parts.filter(({ cluster }) => withTls.has(cluster)).map(({ cluster, path }) => ({
      path: `${at}/routes/${r}/${path}`,
      message: `${owner} leads to cluster '${cluster}', which has 'tls'; the client's own TLS would be within it; remove 'tls' of the cluster`,
    }));
    return [...conditions, ...addresses, ...twice];
  });
}
