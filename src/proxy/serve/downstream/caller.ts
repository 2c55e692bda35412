/**
 * Who has opened a connection by mutual TLS, and for how long that holds. A rule about callers finds the id here, which has been verified.
 */
import { callerField } from '../../http1/mesh-fields';
import type { Identity } from '../../tls/identity';
import type { Assurance } from '../../tls/upstream-security';

export class Caller {
  /** The field `x-mesh-caller`, with its CRLF. */
  readonly field: Buffer;

  /** @param id SPIFFE id */
  constructor(readonly id: string, private readonly assurance: Assurance, private readonly identity: Identity) {
    this.field = callerField(id);
  }

  /** Its certificate, or the proxy's own, has expired since, or the root that it was verified by is no longer trusted: it has to connect anew. */
  get lapsed(): boolean {
    const { trust, clock } = this.identity;
    return trust !== this.assurance.trust || clock.wallTime() / 1_000 >= this.assurance.until;
  }
}
