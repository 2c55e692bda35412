/**
 * Which image the sidecar runs. The default is the one released with this version of the package, because the document
 * that the constructs write and the proxy that reads it are built from the same sources.
 */
import { PodSpecManifest } from '../kubernetes/patches';
import { NAME_RULES } from '../props/name-rules';
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';
import { ownVersion } from '../synthesis/own-version';

/** Where released images are. */
const RELEASED = 'ghcr.io/cdk8s-mesh/proxy';

/**
 * Options of `ProxyImage`.
 */
export interface ProxyImageOptions {
  /**
   * Names of the Secrets with the passwords of its registry. Each namespace with sidecars or gateways needs one of that name. Pods get them besides
   * the `imagePullSecrets` that they have.
   *
   * @default - none
   */
  readonly pullSecrets?: string[];
}

const OPTIONS = { pullSecrets: true } as const satisfies Record<keyof ProxyImageOptions, true>;

/**
 * The container image of the proxy.
 */
export class ProxyImage {
  /**
   * The image released with this version of the package.
   *
   * @param repository another repository to pull it from, for example a mirror; the tag stays
   * @param options how it is pulled
   */
  public static released(repository: string = RELEASED, options: ProxyImageOptions = {}): ProxyImage {
    return new ProxyImage(`${repository}:${ownVersion()}`, options);
  }

  /**
   * An image of your own, for example one built from `image/Dockerfile`.
   *
   * @param reference the full reference: repository with a tag or a digest
   * @param options how it is pulled
   */
  public static of(reference: string, options: ProxyImageOptions = {}): ProxyImage {
    return new ProxyImage(reference, options);
  }

  private constructor(
    /**
     * The full reference.
     */
    public readonly reference: string,
    private readonly options: ProxyImageOptions,
  ) {}

  /** @internal */
  public _check(errors: ValidationErrors, prop: string): void {
    errors.name(prop, this.reference, NAME_RULES.image);
    errors.unknownProps(this.options, OPTIONS, `${prop}.`);
    const { pullSecrets = [] } = this.options;
    if (!Array.isArray(pullSecrets)) {
      errors.add(`${prop}.pullSecrets`, pullSecrets, 'list names of Secrets, such as [\'registry-login\']');
      return;
    }
    pullSecrets.forEach((name, index) => errors.name(`${prop}.pullSecrets[${index}]`, name, NAME_RULES.subdomain));
  }

  /**
   * Lets a pod pull it.
   *
   * @internal
   */
  public _letPull(spec: PodSpecManifest): void {
    const known = spec.imagePullSecrets ?? [];
    const added = (this.options.pullSecrets ?? []).filter((name) => !known.some((secret) => secret.name === name));
    if (added.length > 0) {
      spec.imagePullSecrets = [...known, ...added.map((name) => ({ name }))];
    }
  }
}

mark(ProxyImage);
