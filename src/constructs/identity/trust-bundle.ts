/**
 * Where a proxy gets the root certificates that it trusts. Roots that come with each certificate are replaced together with it, so there
 * is no time in which both the old and the new ones are trusted; a bundle of its own can hold both, and then roots rotate without a failure.
 */
import { isName, NAME_RULES } from '../props/name-rules';
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';
import { checkSignerName } from './signer-name';

/** Name of the file in its volume. */
const FILE = 'ca.crt';

/**
 * Root certificates that are trusted: by sidecars of each other, or of a service outside of the mesh.
 */
export class TrustBundle {
  /**
   * A ConfigMap in the namespace of each pod, as trust-manager writes it.
   *
   * @param name name of the ConfigMap
   * @param key key of its data with the certificates in PEM form
   */
  public static configMap(name: string, key: string = FILE): TrustBundle {
    return new TrustBundle({ kind: 'configMap', name, key });
  }

  /**
   * A Secret in the namespace of each pod. Only the sidecar can read it.
   *
   * @param name name of the Secret
   * @param key key of its data with the certificates in PEM form
   */
  public static secret(name: string, key: string = FILE): TrustBundle {
    return new TrustBundle({ kind: 'secret', name, key });
  }

  /**
   * A `ClusterTrustBundle` by its name. Needs Kubernetes 1.37, where it is on by default.
   *
   * @param name name of the ClusterTrustBundle
   */
  public static clusterTrustBundle(name: string): TrustBundle {
    return new TrustBundle({ kind: 'clusterTrustBundle', name });
  }

  /**
   * All `ClusterTrustBundle` objects of a signer. Needs Kubernetes 1.37, where they are on by default.
   *
   * @param signerName name of the signer, such as `example.com/mesh`
   * @param labels labels that they have
   */
  public static signer(signerName: string, labels: { readonly [key: string]: string } = {}): TrustBundle {
    return new TrustBundle({ kind: 'signer', signerName, labels });
  }

  /**
   * The file `ca.crt` beside the certificate. When the root is replaced, there may be failures until all pods have new certificates.
   */
  public static withCertificate(): TrustBundle {
    return new TrustBundle({ kind: 'withCertificate' });
  }

  private constructor(private readonly from: From) {}

  /**
   * Where a projected volume has it from; undefined when it is beside the certificate.
   *
   * @internal
   */
  public _source(): object | undefined {
    const { from } = this;
    switch (from.kind) {
      case 'configMap':
      case 'secret': return { [from.kind]: { name: from.name, items: [{ key: from.key, path: FILE }] } };
      case 'clusterTrustBundle': return { clusterTrustBundle: { name: from.name, path: FILE } };
      case 'signer': return { clusterTrustBundle: { signerName: from.signerName, labelSelector: { matchLabels: from.labels }, path: FILE } };
      default: return undefined;
    }
  }

  /**
   * The object in a pod's namespace that it is in; undefined when it is elsewhere.
   *
   * @internal
   */
  public get _object(): { readonly kind: 'configmap' | 'secret'; readonly name: string; readonly key: string } | undefined {
    const { from } = this;
    return from.kind === 'configMap' || from.kind === 'secret' ? { kind: from.kind === 'secret' ? 'secret' : 'configmap', name: from.name, key: from.key } : undefined;
  }

  /** @internal */
  public _check(errors: ValidationErrors, prop: string): void {
    const { from } = this;
    if (from.kind === 'configMap' || from.kind === 'secret') {
      errors.name(`${prop}.name`, from.name, NAME_RULES.subdomain);
      errors.name(`${prop}.key`, from.key, NAME_RULES.dataKey);
    } else if (from.kind === 'clusterTrustBundle') {
      // Those of a signer have its name before their own, with colons.
      if (!isName(NAME_RULES.subdomain, String(from.name).replace(/:/g, '.'))) {
        errors.add(`${prop}.name`, from.name, 'use the name of a ClusterTrustBundle, such as mesh-roots or example.com:mesh:roots');
      }
    } else if (from.kind === 'signer') {
      checkSignerName(errors, `${prop}.signerName`, from.signerName);
      for (const [key, value] of Object.entries(from.labels)) {
        errors.name(`${prop}.labels`, key, NAME_RULES.qualified);
        errors.name(`${prop}.labels['${key}']`, value, NAME_RULES.labelValue);
      }
    }
  }
}

type From =
  | { readonly kind: 'configMap' | 'secret'; readonly name: string; readonly key: string }
  | { readonly kind: 'clusterTrustBundle'; readonly name: string }
  | { readonly kind: 'signer'; readonly signerName: string; readonly labels: { readonly [key: string]: string } }
  | { readonly kind: 'withCertificate' };

mark(TrustBundle);
