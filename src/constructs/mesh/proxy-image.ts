/**
 * Which image the sidecar runs. The default is the one released with this version of the package, because the document
 * that the constructs write and the proxy that reads it are built from the same sources.
 */
import { mark } from '../synthesis/copies';
import { ownVersion } from '../synthesis/own-version';

/** Where released images are. */
const RELEASED = 'ghcr.io/cdk8s-mesh/proxy';

/**
 * The container image of the proxy.
 */
export class ProxyImage {
  /**
   * The image released with this version of the package.
   *
   * @param repository another repository to pull it from, for example a mirror; the tag stays
   */
  public static released(repository: string = RELEASED): ProxyImage {
    return new ProxyImage(`${repository}:${ownVersion()}`);
  }

  /**
   * An image of your own, for example one built from `image/Dockerfile`.
   *
   * @param reference the full reference: repository with a tag or a digest
   */
  public static of(reference: string): ProxyImage {
    return new ProxyImage(reference);
  }

  private constructor(
    /**
     * The full reference.
     */
    public readonly reference: string,
  ) {}
}

mark(ProxyImage);
