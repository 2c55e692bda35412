/**
 * Where the requests of an inbound connection come from: from a sidecar, from a pod past its sidecar, or from a client that has none.
 *
 * A connection is looked at with its first request, for what is true of one is true of all. It is looked at again now and then: one
 * that keeps passing by may have been opened before its pod's sidecar was known, and the address of one that passes is to stay
 * known. So a request costs one comparison.
 *
 * One that passes by is ended with a response after some seconds, as a look-up of the name may find the sidecar again. Not at once: an app
 * that never finds it would connect for each request.
 */
import { isSentBySidecar } from '../../../http1/mesh-via';
import { isHealthCheck } from '../../../http1/health-check-agent';
import type { RequestHead } from '../../../http1/request-head';
import type { KnownSidecars } from './known-sidecars';

/** When a connection is looked at again. */
const RECHECK_MS = 1_000;
/** The same for one that passes its sidecar. */
const REFRESH_MS = 60_000;
/** How long a connection that passes by is kept, and up to as long again by chance: those of many pods are not to end together. */
export const KEEP_MS = 5_000;

export class Origin {
  private nextCheckAt = -Infinity;
  /** When the connection is to end; infinite unless it passes by. */
  private endsAt = Infinity;

  /** @param count hears of each request that passes by */
  constructor(
    private readonly address: string, private readonly known: KnownSidecars, private readonly random: () => number,
    private readonly count: () => void,
  ) {}

  /** Looks at a request. True: the connection is to end with its response. */
  ends(buffer: Buffer, head: RequestHead, now: number): boolean {
    if (now >= this.nextCheckAt) this.check(buffer, head, now);
    if (this.endsAt === Infinity) return false;
    this.count();
    this.known.count(this.address, now);
    return now >= this.endsAt;
  }

  private check(buffer: Buffer, head: RequestHead, now: number): void {
    if (head.hasMeshVia && isSentBySidecar(buffer, head.fields)) {
      this.known.note(this.address, now);
      this.nextCheckAt = now + REFRESH_MS;
    } else if (isHealthCheck(buffer, head.fields)) {
      // Not marked, and no request of an app. It says nothing of requests: a route with a fallback outside of the mesh sends no marks.
      this.nextCheckAt = now + REFRESH_MS;
    } else if (this.known.has(this.address, now)) {
      this.endsAt = now + KEEP_MS * (1 + this.random());
      this.nextCheckAt = Infinity;
    } else {
      this.nextCheckAt = now + RECHECK_MS;
    }
  }
}
