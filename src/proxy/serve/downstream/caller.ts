/**
 * Who has opened a connection by mutual TLS, and for how long that holds. A rule about callers finds the id here, which has been verified.
 */
import { joined } from '../../http1/bytes';
import { callerField, clientCertField } from '../../http1/mesh-fields';
import type { Identity } from '../../tls/identity';
import type { Assurance } from '../../tls/upstream-security';

export class Caller {
  /** The lines that tell the app of it, each with its CRLF. */
  readonly field: Buffer;

  /**
   * @param id          SPIFFE id
   * @param certificate the fingerprint (SHA-256) of its certificate, where the app gets `x-forwarded-client-cert`, too
   */
  constructor(readonly id: string, private readonly assurance: Assurance, private readonly identity: Identity, certificate?: string) {
    const own = callerField(id);
    this.field = certificate === undefined ? own : joined(own, clientCertField(identity.usable?.id ?? '', certificate, id));
  }

  /** Its certificate, or the proxy's own, has expired since, or the root that it was verified by is no longer trusted: it has to connect anew. */
  get lapsed(): boolean {
    const { trust, clock } = this.identity;
    return trust !== this.assurance.trust || clock.wallTime() / 1_000 >= this.assurance.until;
  }
}
