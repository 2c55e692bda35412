/**
 * Where the app beside a sidecar listens. Without a mesh callers reach what listens at the pod's address, so the sidecar asks there
 * first: apps that let loopback do more than others don't take callers for their own pod. What listens on loopback alone is reached,
 * too.
 */
import { StaticEndpoint } from '../../contract';
import { refusalOfOwn } from '../props/ip-addresses';
import { Mistakes } from '../props/mistakes';
import { mark } from '../synthesis/copies';

const LOOPBACK = ['127.0.0.1', '::1'];

/**
 * The address that an app listens on, as its sidecar tries it.
 */
export class AppAddress {
  /**
   * Wherever it answers: at the pod's own addresses, else on 127.0.0.1, else on ::1. The sidecar remembers which one accepted, and
   * tries others only where nothing listens.
   */
  public static any(): AppAddress {
    return new AppAddress(['pod', ...LOOPBACK]);
  }

  /**
   * The pod's own addresses, which also an app has that listens on all addresses. One that listens on loopback alone is not reached.
   */
  public static pod(): AppAddress {
    return new AppAddress(['pod']);
  }

  /**
   * 127.0.0.1, else ::1. The app sees requests come from loopback; be sure that it doesn't let that do more than others.
   */
  public static loopback(): AppAddress {
    return new AppAddress(LOOPBACK);
  }

  /**
   * One address.
   *
   * @param address an IP address that the pod has whatever the cluster gives it, for example `127.0.0.2`: of loopback but not in
   * `127.64.0.0/10`, or a private one
   */
  public static of(address: string): AppAddress {
    return new AppAddress([address]);
  }

  private constructor(private readonly places: readonly string[]) {}

  /** @internal */
  public _check(mistakes: Mistakes, prop: string): void {
    for (const place of this.places) {
      const refusal = place === 'pod' ? undefined : refusalOfOwn(place);
      if (refusal !== undefined) {
        mistakes.add(prop, place, refusal);
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
