/**
 * Where the app beside a sidecar listens. Without a mesh callers reach what listens at the pod's address, so the sidecar asks there
 * first: apps that let loopback do more than others don't take callers for their own pod. What listens on loopback alone is reached,
 * too.
 */
import { StaticEndpoint } from '../../contract';
import { refusalOfOwn } from '../props/ip-addresses';
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';

const LOOPBACK = ['127.0.0.1', '::1'];

/**
 * The address at which the sidecar reaches the app.
 */
export class AppAddress {
  /**
   * The first address that accepts a connection: the pod's own addresses, then 127.0.0.1, then ::1. The sidecar remembers it, and tries the
   * others only when nothing listens there any more.
   */
  public static any(): AppAddress {
    return new AppAddress(['pod', ...LOOPBACK]);
  }

  /**
   * The pod's own addresses. An app that listens on all addresses is reached here; an app that listens on loopback only is not.
   *
   * An app that listens on the pod's address only may listen at a port at which it calls a service, and synthesis allows this here. One
   * that listens on all addresses would not start then: the sidecar has that port of a loopback address.
   */
  public static pod(): AppAddress {
    return new AppAddress(['pod']);
  }

  /**
   * 127.0.0.1, then ::1. The app sees all requests come from loopback. Make sure that it does not trust loopback clients more than others.
   * Probes of the kubelet go to the pod's address: give such an app probes by a command (`Probe.fromCommand()`).
   *
   * An app that listens on loopback only may listen at a port at which it calls a service, and synthesis allows this here. One
   * that listens on all addresses would not start then: the sidecar has that port of another loopback address.
   */
  public static loopback(): AppAddress {
    return new AppAddress(LOOPBACK);
  }

  /**
   * One address. The port of the app may then be one at which it calls a service, if it listens on this address only.
   *
   * @param address an IP address that the pod always has, for example `127.0.0.2`: a private address, or a loopback address outside of
   * `127.64.0.0/10`
   */
  public static of(address: string): AppAddress {
    return new AppAddress([address]);
  }

  private constructor(private readonly places: readonly string[]) {}

  /**
   * Whether it is one place of several at which the app could listen, so that the app leaves the other addresses alone.
   *
   * @internal
   */
  public get _isSingle(): boolean {
    return !(this.places.includes('pod') && this.places.length > 1);
  }

  /** @internal */
  public _check(errors: ValidationErrors, prop: string): void {
    for (const place of this.places) {
      const refusal = place === 'pod' ? undefined : refusalOfOwn(place);
      if (refusal !== undefined) {
        errors.add(prop, place, refusal);
      }
    }
  }

  /** @internal */
  public _endpoint(port: number): StaticEndpoint {
    const [first, ...others] = this.places;
    return first !== 'pod' && others.length === 0 ? { address: first, port } : { address: LOOPBACK[0], listensAt: [...this.places], port };
  }
}

mark(AppAddress);
