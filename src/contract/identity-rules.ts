/** What can't be, or makes no sense together, in the identity of a document and in where it asks for mutual TLS. */
import { parseCidr } from './cidr';
import type { ClusterConfig } from './cluster-config';
import type { IdentityConfig, MetricsMutualTlsConfig, UpstreamMutualTlsConfig } from './identity-config';
import type { ListenerConfig } from './listener-config';
import type { ProxyConfig } from './proxy-config';

/** Something that is wrong, at a pointer below the part of the document. */
interface Wrong {
  readonly path: string;
  readonly message: string;
}

/** What is wrong with identity and mutual TLS in a document. */
export function errorsOfIdentity(config: Pick<ProxyConfig, 'identity' | 'admin' | 'listeners' | 'clusters'>): Wrong[] {
  const { identity, admin, listeners, clusters } = config;
  return [
    ...identity ? errorsOfFiles(identity) : [],
    ...admin?.metricsMutualTls ? errorsOfMetrics(admin.metricsMutualTls, identity) : [],
    ...listeners.flatMap((listener, l) => errorsOfListener(listener, identity, `/listeners/${l}`)),
    ...clusters.flatMap((cluster, c) => errorsOfCluster(cluster, identity, `/clusters/${c}`)),
  ];
}

function errorsOfFiles(identity: IdentityConfig): Wrong[] {
  const { certificateFile, keyFile, credentialBundleFile, workloadApiSocket, trustBundleFile, trustDomain, id } = identity;
  const errors: Wrong[] = [];
  const one = certificateFile !== undefined || keyFile !== undefined;
  const ways = [one, credentialBundleFile !== undefined, workloadApiSocket !== undefined].filter(Boolean).length;
  if (ways !== 1 || (one && (certificateFile === undefined || keyFile === undefined))) {
    errors.push({
      path: '/identity',
      message: 'the identity needs a certificate and its key: give certificateFile and keyFile, or credentialBundleFile alone, or workloadApiSocket alone',
    });
  }
  if (workloadApiSocket === undefined && trustBundleFile === undefined) {
    errors.push({ path: '/identity', message: 'the identity trusts nobody; give trustBundleFile' });
  }
  if (workloadApiSocket !== undefined && trustBundleFile !== undefined) {
    errors.push({ path: '/identity/trustBundleFile', message: 'the roots come from workloadApiSocket; remove trustBundleFile' });
  }
  if (id !== undefined && domainOf(id) !== trustDomain) errors.push(foreignId(id, trustDomain, '/identity/id'));
  return errors;
}

function errorsOfMetrics({ clientIds }: MetricsMutualTlsConfig, identity: IdentityConfig | undefined): Wrong[] {
  const path = '/admin/metricsMutualTls';
  if (!identity) return [{ path, message: 'metrics are to be had by mutual TLS, for which the proxy needs a certificate; give the document an identity, or remove metricsMutualTls' }];
  return clientIds.flatMap((id, i) => (domainOf(id) === identity.trustDomain ? [] : [foreignId(id, identity.trustDomain, `${path}/clientIds/${i}`)]));
}

function errorsOfListener(listener: ListenerConfig, identity: IdentityConfig | undefined, at: string): Wrong[] {
  const { name, direction, mutualTls, tls, proxyProtocol } = listener;
  if (!mutualTls) return [];
  const path = `${at}/mutualTls`;
  const owner = `listener '${name}' has mutualTls`;
  const errors: Wrong[] = [];
  if (!identity) errors.push({ path, message: `${owner}, for which the proxy needs a certificate; give the document an identity` });
  if (direction === 'outbound') errors.push({ path, message: `${owner}, but it is outbound: its clients are the app beside it; give it to the clusters that are called` });
  if (tls) errors.push({ path, message: `${owner} and tls, which is for clients outside of the mesh; remove one of the two` });
  if (proxyProtocol) errors.push({ path, message: `${owner} and proxyProtocol, which sidecars don't speak; remove one of the two` });
  if (mutualTls.plainFrom && mutualTls.mode !== 'permissive') {
    errors.push({ path: `${path}/plainFrom`, message: `${owner} with plainFrom, but lets in nothing plain; set its mode to 'permissive', or remove plainFrom` });
  }
  mutualTls.plainFrom?.forEach((cidr, i) => {
    if (!parseCidr(cidr)) errors.push({ path: `${path}/plainFrom/${i}`, message: `'${cidr}' is no network; write it as 10.0.0.0/8 or 2001:db8::/32` });
  });
  return errors;
}

function errorsOfCluster({ name, discovery, mutualTls }: ClusterConfig, identity: IdentityConfig | undefined, at: string): Wrong[] {
  const own = discovery.type === 'static' ? discovery.endpoints : [];
  const asked: { readonly said: UpstreamMutualTlsConfig | undefined; readonly path: string }[] = [
    { said: mutualTls, path: `${at}/mutualTls` }, ...own.map((endpoint, e) => ({ said: endpoint.mutualTls, path: `${at}/discovery/endpoints/${e}/mutualTls` })),
  ];
  return asked.flatMap(({ said, path }) => {
    if (!said) return [];
    if (!identity) return [{ path, message: `cluster '${name}' has mutualTls, for which the proxy needs a certificate; give the document an identity` }];
    return said.serverIds.flatMap((id, i) => (domainOf(id) === identity.trustDomain ? [] : [foreignId(id, identity.trustDomain, `${path}/serverIds/${i}`)]));
  });
}

function foreignId(id: string, trustDomain: string, path: string): Wrong {
  return { path, message: `'${id}' is not of the trust domain '${trustDomain}' of the identity, whose roots are the only ones that are trusted` };
}

function domainOf(id: string): string {
  return id.split('/')[2] ?? '';
}
