/** What makes no sense together in a cluster's TLS to what is outside of the mesh. */
import type { ClusterConfig } from './cluster-config';

/** What is wrong with TLS to the endpoints of a cluster, at a pointer below the part of the document. */
export function errorsOfUpstreamTls(
  { name, tls, mutualTls, discovery }: ClusterConfig, at: string,
): { readonly path: string; readonly message: string }[] {
  if (!tls) return [];
  const errors: { readonly path: string; readonly message: string }[] = [];
  const path = `${at}/tls`;
  if (mutualTls) errors.push({ path, message: `cluster '${name}' has tls, for what is outside of the mesh, and mutualTls, for sidecars; remove one of the two` });
  if (discovery.type === 'static') {
    discovery.endpoints.forEach((endpoint, e) => {
      if (!endpoint.mutualTls) return;
      errors.push({ path: `${at}/discovery/endpoints/${e}/mutualTls`, message: `cluster '${name}' has tls, so its endpoints are no sidecars; remove mutualTls here, or tls` });
    });
  }
  if ((tls.certificateFile === undefined) !== (tls.keyFile === undefined)) {
    errors.push({ path, message: `tls of cluster '${name}' has ${tls.keyFile === undefined ? 'a certificateFile without its keyFile' : 'a keyFile without its certificateFile'}; give both or none` });
  }
  return errors;
}
