/**
 * The token with which a sidecar reads EndpointSlices. It is a projected volume of the sidecar, so no other container of the pod sees it.
 */
import { CA_FILE, TOKEN_DIR, TOKEN_FILE, TOKEN_VOLUME } from '../../contract';
import { ContainerManifest, PodSpecManifest } from '../kubernetes/patches';

/**
 * How long a token is valid; kubelet renews it in time. It is Kubernetes' default, and said all the same: the list that it is in is replaced as a
 * whole, so a second `kubectl apply` would find it missing.
 */
const TOKEN_SECONDS = 3_600;

/** Mounts a token and the certificate of the API server's CA. */
export function mountToken(spec: PodSpecManifest, sidecar: ContainerManifest): void {
  const file = (path: string) => path.slice(TOKEN_DIR.length + 1);
  spec.volumes = [...(spec.volumes ?? []), {
    name: TOKEN_VOLUME,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: file(TOKEN_FILE) } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: file(CA_FILE) }] } },
      ],
    },
  }];
  sidecar.volumeMounts = [...(sidecar.volumeMounts ?? []), { name: TOKEN_VOLUME, mountPath: TOKEN_DIR }];
}
