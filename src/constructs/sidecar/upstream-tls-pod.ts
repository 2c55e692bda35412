/**
 * The files of TLS to what is outside of the mesh, in the pod of a caller: one volume for all of them, mounted in the sidecar only. The pod does
 * not start before its ConfigMaps and Secrets are there, as with any volume.
 */
import { UPSTREAM_TLS_DIR, UPSTREAM_TLS_VOLUME, upstreamTlsFile } from '../../contract';
import { besides } from '../calls/call-routes';
import { Call } from '../calls/dependencies';
import { DestinationInfo } from '../destinations/destination-info';
import { ContainerManifest, PodSpecManifest } from '../kubernetes/patches';
import { ValidationErrors } from '../props/validation-errors';

/** What calls lead to outside of the mesh by TLS, fallbacks and routes included. */
function externalsOf(calls: readonly Call[]): DestinationInfo[] {
  return calls.flatMap((call) => [call.info, ...besides(call).map((destination) => destination._info())]).filter(({ tls }) => tls !== undefined);
}

/** Mounts what the calls need, if they need anything. */
export function mountUpstreamTls(spec: PodSpecManifest, proxy: ContainerManifest, calls: readonly Call[]): void {
  const needed = new Map<string, { readonly kind: 'configmap' | 'secret'; readonly name: string; readonly keys: Set<string> }>();
  for (const { kind, name, keys } of externalsOf(calls).flatMap(({ tls }) => tls!.files)) {
    const place = `${kind}/${name}`;
    const object = needed.get(place) ?? { kind, name, keys: new Set<string>() };
    keys.forEach((key) => object.keys.add(key));
    needed.set(place, object);
  }
  if (needed.size === 0) {
    return;
  }
  const sources = [...needed].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { kind, name, keys }]) => ({
    [kind === 'secret' ? 'secret' : 'configMap']: {
      name, items: [...keys].sort().map((key) => ({ key, path: upstreamTlsFile(kind, name, key).slice(UPSTREAM_TLS_DIR.length + 1) })),
    },
  }));
  spec.volumes = [...(spec.volumes ?? []), { name: UPSTREAM_TLS_VOLUME, projected: { sources } }];
  proxy.volumeMounts = [...(proxy.volumeMounts ?? []), { name: UPSTREAM_TLS_VOLUME, mountPath: UPSTREAM_TLS_DIR, readOnly: true }];
}

/** Notes what a caller's pod could not mount. */
export function checkUpstreamTls(errors: ValidationErrors, calls: readonly Call[], callerNamespace: string): void {
  const told = new Set<string>();
  for (const { name, tls } of externalsOf(calls)) {
    for (const file of tls!.files) {
      if (file.namespace === undefined || file.namespace === callerNamespace || told.has(`${name}/${file.name}`)) {
        continue;
      }
      told.add(`${name}/${file.name}`);
      errors.add(`calls(${name})`, file.name, `the Secret that its 'tls' shows is in namespace '${file.namespace}', and pods can mount those of their own, '${callerNamespace}', only; `
        + `make one of that name in '${callerNamespace}' and give it by Secret.fromSecretName()`);
    }
  }
}
