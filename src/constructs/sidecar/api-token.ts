/**
 * The token with which a sidecar reads EndpointSlices. It is a projected volume of the sidecar, so no other container of the pod sees it.
 */
import { TOKEN_DIR, TOKEN_FILE, TOKEN_VOLUME } from '../../contract';
import { ContainerManifest, PodSpecManifest } from '../kubernetes/patches';

/** The ConfigMap that Kubernetes keeps in each namespace. Its one file has the name that the sidecar looks for. */
const ROOT_CERTIFICATE = 'kube-root-ca.crt';

/** Mounts a token, which is valid for an hour and renewed by the kubelet, and the certificate of the API server's CA. */
export function mountToken(spec: PodSpecManifest, sidecar: ContainerManifest): void {
  const file = (path: string) => path.slice(TOKEN_DIR.length + 1);
  spec.volumes = [...(spec.volumes ?? []), {
    name: TOKEN_VOLUME,
    projected: {
      sources: [
        { serviceAccountToken: { path: file(TOKEN_FILE) } },
        { configMap: { name: ROOT_CERTIFICATE } },
      ],
    },
  }];
  sidecar.volumeMounts = [...(sidecar.volumeMounts ?? []), { name: TOKEN_VOLUME, mountPath: TOKEN_DIR, readOnly: true }];
}
