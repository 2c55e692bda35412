/**
 * Who the sidecar runs as. Most clusters take any number that isn't root; some give each namespace a range of its own, and refuse pods that
 * name a user outside of it.
 */
import { Mistakes } from '../props/mistakes';
import { mark } from '../synthesis/copies';

/** User and group of the proxy's image: `nonroot` of the distroless images. */
const IMAGE_USER = 65_532;

/** Largest number that Linux takes for a user or group. */
const LARGEST_ID = 2_147_483_647;

/**
 * The user and group of the sidecar's processes. Never root.
 */
export class ProxyUser {
  /**
   * A user and a group by their numbers.
   *
   * @param user from 1
   * @param group from 1; that of the user's number unless said
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
   * None is named, so that the cluster chooses: OpenShift gives one out of the namespace's range. Where nobody chooses, it is the image's.
   */
  public static assigned(): ProxyUser {
    return new ProxyUser();
  }

  private constructor(
    /**
     * Number of the user; none when the cluster chooses.
     */
    public readonly user?: number,
    /**
     * Number of the group; none when the cluster chooses.
     */
    public readonly group?: number,
  ) {}

  /** @internal */
  public _check(mistakes: Mistakes, prop: string): void {
    for (const [name, id] of Object.entries({ user: this.user, group: this.group })) {
      if (id !== undefined) {
        mistakes.wholeNumber(`${prop}.${name}`, id, 1, LARGEST_ID);
      }
    }
  }
}

mark(ProxyUser);
