/** What a caller's sidecar must know of TLS to a service outside of the mesh. None of it is public. */
import { UpstreamTlsConfig } from '../../contract';

/** Something in a pod's namespace, of which a sidecar needs some keys. */
export interface TlsFiles {
  readonly kind: 'configmap' | 'secret';
  readonly name: string;
  readonly keys: readonly string[];
  /** Where it is by its author's word; absent when that isn't known. */
  readonly namespace?: string;
}

/** What a caller's sidecar must know. */
export interface ExternalTlsInfo {
  readonly config: UpstreamTlsConfig;
  readonly files: readonly TlsFiles[];
}
