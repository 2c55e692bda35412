/**
 * Who a service is, and where its sidecars get the certificate that proves it. The mesh issues none: it mounts what the cluster's own
 * issuer writes into files, in the sidecar only, and the proxy reads them again whenever they change. Of SPIRE it mounts the agent's socket, and the
 * proxy asks there.
 */
import { IDENTITY_DIR, IDENTITY_VOLUME, IdentityConfig, TRUST_BUNDLE_DIR, TRUST_BUNDLE_FILE, TRUST_BUNDLE_VOLUME } from '../../contract';
import { ContainerManifest, PodSpecManifest } from '../kubernetes/patches';
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';
import { Account } from './account';
import { checkCertManager, checkFiles, checkPodCertificate, checkSpiffe, checkSpire, checkTrustDomain } from './identity-checks';
import { CertManagerOptions, CertManagerSpiffeOptions, IdentityFilesOptions, PodCertificateOptions, SpireOptions } from './identity-options';
import { certManagerVolume, CREDENTIALS_FILE, filesVolume, podCertificateVolume, secretNameOf, spiffeVolume, SPIRE_DRIVER, spireVolume } from './identity-volumes';
import { TrustBundle } from './trust-bundle';

const DEFAULT_TRUST_DOMAIN = 'cluster.local';
const DEFAULT_KEY = 'tls.key';
const DEFAULT_SOCKET = 'spire-agent.sock';

type Source =
  | { readonly kind: 'none' }
  | { readonly kind: 'certManagerSpiffe'; readonly options: CertManagerSpiffeOptions }
  | { readonly kind: 'certManager'; readonly options: CertManagerOptions }
  | { readonly kind: 'podCertificate'; readonly options: PodCertificateOptions }
  | { readonly kind: 'spire'; readonly options: SpireOptions }
  | { readonly kind: 'files'; readonly options: IdentityFilesOptions };

/**
 * Where sidecars get the certificates by which they prove who they are. With one, calls between sidecars are mutual TLS, and only the callers
 * that are declared are let in.
 *
 * The id of a service is `spiffe://<trust domain>/ns/<namespace>/sa/<ServiceAccount>`.
 */
export class Identity {
  /**
   * No identity: calls are not encrypted, and nobody is asked who they are.
   */
  public static none(): Identity {
    return new Identity({ kind: 'none' });
  }

  /**
   * Certificates of cert-manager's driver for SPIFFE (`spiffe.csi.cert-manager.io`), which makes the ids by itself. The key never leaves the
   * node. The file with the roots is there only when the driver has `sourceCABundle`; name a `trustBundle` otherwise.
   */
  public static certManagerSpiffe(options: CertManagerSpiffeOptions = {}): Identity {
    return new Identity({ kind: 'certManagerSpiffe', options });
  }

  /**
   * Certificates of cert-manager's general driver (`csi.cert-manager.io`), which asks for the id that is written in the pod. A pod can ask for
   * any id there, so the cluster needs an approver that grants a ServiceAccount its own id only: docs/security.md has a
   * CertificateRequestPolicy for that.
   */
  public static certManager(options: CertManagerOptions): Identity {
    return new Identity({ kind: 'certManager', options });
  }

  /**
   * Certificates that the kubelet asks for (`podCertificate` volumes). Needs Kubernetes 1.37, and a signer in the cluster.
   */
  public static podCertificate(options: PodCertificateOptions): Identity {
    return new Identity({ kind: 'podCertificate', options });
  }

  /**
   * Certificates of a SPIRE agent, by SPIFFE's Workload API. Its CSI driver (`csi.spiffe.io`) mounts the agent's socket in the sidecar, which keeps
   * the key in memory only. SPIRE has to know the workloads: `register` writes an object for that. docs/security.md says what else there is.
   */
  public static spire(options: SpireOptions = {}): Identity {
    return new Identity({ kind: 'spire', options });
  }

  /**
   * Certificates from a Secret for each service, which somebody else writes and renews. The keys are in the cluster's database: anybody who
   * can read Secrets there can act as any service.
   */
  public static files(options: IdentityFilesOptions = {}): Identity {
    return new Identity({ kind: 'files', options });
  }

  private constructor(private readonly source: Source) {}

  /** @internal */
  public get _isNone(): boolean {
    return this.source.kind === 'none';
  }

  /** @internal */
  public get _trustDomain(): string {
    return this.options.trustDomain ?? DEFAULT_TRUST_DOMAIN;
  }

  /**
   * Whether the driver creates CertificateRequests in the name of the pod's account.
   *
   * @internal
   */
  public get _asksInTheNameOfThePod(): boolean {
    return this.source.kind === 'certManagerSpiffe' && this.source.options.grantRequests !== false;
  }

  /**
   * What the cluster must have that other features need not; undefined when that is nothing.
   *
   * @internal
   */
  public get _minimumKubernetes(): string | undefined {
    const bundle = this.bundle._source();
    return this.source.kind === 'podCertificate' || (bundle && 'clusterTrustBundle' in bundle) ? '1.37' : undefined;
  }

  /** @internal */
  public _config(id: string): IdentityConfig {
    const { source } = this;
    const { certificate = 'tls.crt', privateKey = DEFAULT_KEY } = source.kind === 'files' ? source.options : {};
    const common = {
      trustDomain: this._trustDomain,
      id,
    };
    if (source.kind === 'spire') {
      return { ...common, workloadApiSocket: `${IDENTITY_DIR}/${source.options.socket ?? DEFAULT_SOCKET}` };
    }
    return {
      ...common,
      ...(source.kind === 'podCertificate'
        ? { credentialBundleFile: `${IDENTITY_DIR}/${CREDENTIALS_FILE}` }
        : { certificateFile: `${IDENTITY_DIR}/${certificate}`, keyFile: `${IDENTITY_DIR}/${privateKey}` }),
      trustBundleFile: this.bundle._source() ? TRUST_BUNDLE_FILE : `${IDENTITY_DIR}/ca.crt`,
    };
  }

  /**
   * Mounts the files in the sidecar.
   *
   * @param group of the sidecar, which has to read the key; undefined when the cluster chooses it
   * @internal
   */
  public _mount(spec: PodSpecManifest, sidecar: ContainerManifest, account: Account, group: number | undefined): void {
    const bundle = this.bundle._source();
    spec.volumes = [
      ...spec.volumes ?? [],
      { name: IDENTITY_VOLUME, ...this.volumeOf(account, group) },
      ...(bundle ? [{ name: TRUST_BUNDLE_VOLUME, projected: { sources: [bundle] } }] : []),
    ];
    sidecar.volumeMounts = [
      ...sidecar.volumeMounts ?? [],
      { name: IDENTITY_VOLUME, mountPath: IDENTITY_DIR, readOnly: true },
      ...(bundle ? [{ name: TRUST_BUNDLE_VOLUME, mountPath: TRUST_BUNDLE_DIR, readOnly: true }] : []),
    ];
  }

  /** @internal */
  public _check(errors: ValidationErrors, prop: string): void {
    const { source } = this;
    if (source.kind === 'none') {
      return;
    }
    const at = `${prop}.${source.kind}`;
    if (typeof source.options !== 'object' || source.options === null) {
      errors.add(at, source.options, 'give an object with its options');
      return;
    }
    checkTrustDomain(errors, `${at}.trustDomain`, this._trustDomain);
    switch (source.kind) {
      case 'certManagerSpiffe': checkSpiffe(errors, at, source.options); break;
      case 'certManager': checkCertManager(errors, at, source.options); break;
      case 'podCertificate': checkPodCertificate(errors, at, source.options); break;
      case 'spire': checkSpire(errors, at, source.options); break;
      default: checkFiles(errors, at, source.options);
    }
  }

  /**
   * The Secret that an account's private key is in, and under which key of its data, if it is in one.
   *
   * @internal
   */
  public _secretOf(account: Account): { readonly name: string; readonly privateKey: string } | undefined {
    const { source } = this;
    return source.kind === 'files' ? { name: secretNameOf(source.options, account), privateKey: source.options.privateKey ?? DEFAULT_KEY } : undefined;
  }

  /**
   * How workloads are registered with SPIRE; undefined when they are not, or there is none.
   *
   * @internal
   */
  public get _registration(): Pick<SpireOptions, 'className'> | undefined {
    const { source } = this;
    return source.kind === 'spire' && source.options.register ? source.options : undefined;
  }

  /**
   * The CSI driver by whose volumes other containers of the pod could get the same identity; undefined when none could.
   *
   * @internal
   */
  public get _sharedDriver(): string | undefined {
    return this.source.kind === 'spire' && !this.source.options.register ? SPIRE_DRIVER : undefined;
  }

  private get options(): { readonly trustDomain?: string; readonly trustBundle?: TrustBundle } {
    return this.source.kind === 'none' ? {} : this.source.options ?? {};
  }

  private get bundle(): TrustBundle {
    return this.options.trustBundle ?? TrustBundle.withCertificate();
  }

  private volumeOf(account: Account, group: number | undefined): object {
    const { source } = this;
    switch (source.kind) {
      case 'certManagerSpiffe': return spiffeVolume(group);
      case 'certManager': return certManagerVolume(source.options, this._trustDomain, group);
      case 'podCertificate': return podCertificateVolume(source.options);
      case 'spire': return spireVolume();
      case 'files': return filesVolume(source.options, account, this.bundle._source() === undefined);
      default: throw new Error('no identity has no files');
    }
  }
}

mark(Identity);
