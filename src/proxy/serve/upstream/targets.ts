/** Where the attempts of one request go: which endpoints were tried, and which one is next. */
import type { FailedRequest, FailureKind } from '../../../balancing';
import type { Cluster } from '../../cluster/cluster';
import type { Endpoint } from '../../cluster/endpoint';
import type { Session } from '../../session/session-persistence';
import type { Route } from '../route/route';

/** Where an attempt goes. */
export interface Target {
  readonly cluster: Cluster;
  readonly endpoint: Endpoint;
}

/** Where one goes that follows a failure. */
export interface NextTarget extends Target {
  /** To be waited before; 0 is at once. */
  readonly waitMs: number;
}

export class Targets {
  /** What policies may know of the request. */
  readonly pick: { hash: number | undefined; attempt: number } = { hash: undefined, attempt: 0 };
  private readonly tried: Endpoint[] = [];

  /** Forgets the request before this one. */
  reset(): void {
    // Shortening an array by its length gives its memory back, and the next request takes it anew.
    while (this.tried.length > 0) this.tried.pop();
    this.pick.attempt = 0;
  }

  /** An attempt goes there. The one after it, a retry or a hedge, is the next of its key: policies by hash take the key's next place. */
  try(endpoint: Endpoint): void {
    this.tried.push(endpoint);
    this.pick.attempt = this.tried.length;
  }

  /** The endpoint for the first attempt at a cluster: the one that the request's session is kept with, while that takes requests. */
  first(cluster: Cluster, session: Session | undefined): Endpoint | undefined {
    const kept = session?.endpoint;
    return kept && cluster.takes(kept) ? kept : cluster.pick(this.pick);
  }

  /** Another endpoint of the cluster, for an attempt beside the one that is under way. */
  beside(cluster: Cluster): Endpoint | undefined {
    return cluster.pickOther(this.tried, this.pick);
  }

  /**
   * Where and when a request is sent again, if that may be and there is somebody to send it to. It was taken out of the budget then.
   *
   * @param cluster where the request was
   * @param askedMs how long the answer asks to wait
   */
  afterFailure(route: Route, cluster: Cluster, failure: FailureKind, request: FailedRequest, askedMs: number): NextTarget | undefined {
    const { retry } = route;
    const next = retry.afterFailure(failure, request, askedMs);
    const target = next && this.next(route, cluster, next.sameEndpoint, request.retries === retry.maxRetries - 1);
    if (!target || !(next.free ? takeFree(target.cluster) : takeRetry(target.cluster))) return undefined;
    return { ...target, waitMs: next.waitMs };
  }

  /**
   * Where to go after a failure: another endpoint, one of another version when there is none, one of a fallback, or else the
   * same. Where nobody could be reached, the last attempt goes to a fallback: more of the same would most likely fail the same way.
   *
   * @param cluster where the request was
   * @param isLast  there will be no other attempt
   */
  next(route: Route, cluster: Cluster, allowSame: boolean, isLast: boolean): Target | undefined {
    const { pick } = this;
    const found = (!allowSame && isLast ? this.untried(route.chooseBehind(cluster, pick.hash)) : undefined)
      ?? (cluster.available ? this.untried(cluster) : undefined) ?? this.untried(route.chooseBeside(cluster, pick.hash))
      ?? this.untried(route.chooseBehind(cluster, pick.hash)) ?? this.untried(route.choose(pick.hash));
    if (found || !allowSame) return found;
    // Of its own version, or, when that has no endpoint any more, of whichever has.
    const again = cluster.usable ? cluster : route.choose(pick.hash);
    const same = again?.pick(pick);
    return again && same && { cluster: again, endpoint: same };
  }

  /** An endpoint of the cluster that was not tried. */
  private untried(cluster: Cluster | undefined): Target | undefined {
    const endpoint = cluster && this.beside(cluster);
    return cluster && endpoint && { cluster, endpoint };
  }
}

/** Takes a retry out of the budget. */
export function takeRetry(cluster: Cluster): boolean {
  const verdict = cluster.retryBudget.take();
  if (verdict === 'none') return true;
  cluster.instruments.retriesDenied(verdict).value += 1;
  return false;
}

/** The same for one that adds to nobody's load. */
export function takeFree(cluster: Cluster): boolean {
  if (cluster.retryBudget.takeFree()) return true;
  cluster.instruments.retriesDenied('in_flight').value += 1;
  return false;
}
