/** Puts the public keys of issuers where a proxy finds them: one volume for all ConfigMaps and Secrets, mounted in the proxy's container only. */
import { JWKS_DIR, JWKS_VOLUME } from '../../contract';
import { ContainerManifest, PodSpecManifest } from '../kubernetes/patches';
import { Jwt } from './jwt';

export function mountJwtKeys(spec: PodSpecManifest, proxy: ContainerManifest, jwts: readonly Jwt[]): void {
  const sources = new Map<string, object>();
  for (const { _holder: holder, _file: file, _key: key } of jwts) {
    if (holder) {
      const source = { name: holder.object.name, items: [{ key, path: file.slice(JWKS_DIR.length + 1) }] };
      sources.set(file, holder.kind === 'secret' ? { secret: source } : { configMap: source });
    }
  }
  if (sources.size === 0) {
    return;
  }
  const all = [...sources].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, source]) => source);
  spec.volumes = [...(spec.volumes ?? []), { name: JWKS_VOLUME, projected: { sources: all } }];
  proxy.volumeMounts = [...(proxy.volumeMounts ?? []), { name: JWKS_VOLUME, mountPath: JWKS_DIR, readOnly: true }];
}
