/** Certificates that a gateway shows to its clients. Their keys stay in Secrets; a document names files. */
import * as kplus from '../kubernetes/kplus';
import { mark } from '../synthesis/copies';

/**
 * Options of `GatewayCertificate`.
 */
export interface CertificateOptions {
  /**
   * Host names that it is for; `*.example.com` is any name with one label more than `example.com`. When all certificates of a gateway name
   * their hosts, synthesis fails for a route whose host none of them is for.
   *
   * @default - the names in the certificate itself (subject alternative names), which synthesis doesn't know
   */
  readonly hosts?: string[];
}

/**
 * A certificate and its key, in a Secret of type `kubernetes.io/tls` in the gateway's namespace. When it is renewed, as cert-manager does,
 * new connections use the new certificate.
 */
export class GatewayCertificate {
  /**
   * That of a Secret.
   */
  public static fromSecret(secret: kplus.ISecret, options: CertificateOptions = {}): GatewayCertificate {
    return new GatewayCertificate(secret?.name, (secret as Partial<kplus.Secret> | undefined)?.metadata?.namespace, options);
  }

  /**
   * That of a Secret that is made elsewhere, such as by cert-manager.
   */
  public static fromSecretName(name: string, options: CertificateOptions = {}): GatewayCertificate {
    return new GatewayCertificate(name, undefined, options);
  }

  private constructor(
    /** @internal */
    public readonly _secretName: string,
    /** @internal */
    public readonly _namespace: string | undefined,
    /** @internal */
    public readonly _options: CertificateOptions,
  ) {}
}

mark(GatewayCertificate);
