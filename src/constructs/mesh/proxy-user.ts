/**
 * Who the sidecar runs as. Most clusters take any number that isn't root; some give each namespace a range of its own, and refuse pods that
 * name a user outside of it.
 */
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';

/** User and group of the proxy's image: `nonroot` of the distroless images. */
const IMAGE_USER = 65_532;

/** Largest number that Linux takes for a user or group. */
const LARGEST_ID = 2_147_483_647;

/**
 * The user and group of the sidecar's processes. Root is refused.
 */
export class ProxyUser {
  /**
   * A user and a group by their IDs.
   *
   * @param user ID of the user, at least 1
   * @param group ID of the group, at least 1; the same as the user by default
   */
  public static of(user: number, group: number = user): ProxyUser {
    return new ProxyUser(user, group);
  }

  /**
   * The user and group of the image, 65532.
   */
  public static image(): ProxyUser {
    return new ProxyUser(IMAGE_USER, IMAGE_USER);
  }

  /**
   * Sets no user and no group, so that the cluster assigns them: OpenShift takes them from the namespace's range. A cluster that assigns
   * none uses those of the image.
   */
  public static assigned(): ProxyUser {
    return new ProxyUser();
  }

  private constructor(
    /**
     * ID of the user; undefined when the cluster assigns it.
     */
    public readonly user?: number,
    /**
     * ID of the group; undefined when the cluster assigns it.
     */
    public readonly group?: number,
  ) {}

  /** @internal */
  public _check(errors: ValidationErrors, prop: string): void {
    for (const [name, id] of Object.entries({ user: this.user, group: this.group })) {
      if (id !== undefined) {
        errors.wholeNumber(`${prop}.${name}`, id, 1, LARGEST_ID);
      }
    }
  }
}

mark(ProxyUser);
