/**
 * The certificates of a listener, and which of them is for a host name: the one that names it, before one with `*` for its first label. Of
 * two with the same name the first in the configuration counts. Looked up in a map, which is made anew when a certificate is renewed, for
 * the names may be others then.
 */
import type { SecureContext } from 'node:tls';
import type { Certificate } from './certificate';
import { normalized, wildcardOf } from './host-names';

export class CertificateSet {
  private byName: ReadonlyMap<string, Certificate> = new Map();

  /** @param all in the order of the configuration; the first one is the default */
  constructor(readonly all: readonly [Certificate, ...Certificate[]]) {
    for (const certificate of all) certificate.use(() => this.index());
  }

  get default(): Certificate { return this.all[0]; }

  /** The certificate for a normalized host name; undefined when none names it. */
  choose(name: string): Certificate | undefined {
    const exact = this.byName.get(name);
    if (exact) return exact;
    const wildcard = wildcardOf(name);
    return wildcard === undefined ? undefined : this.byName.get(wildcard);
  }

  /** For the name that a client asks for in its handshake; undefined: the default one, or none at all. */
  contextFor(servername: string, make: (certificate: Certificate) => SecureContext): SecureContext | undefined {
    const certificate = this.choose(normalized(servername));
    return certificate && make(certificate);
  }

  /**
   * Whether a request may come by a connection: it would have been shown the same certificate.
   *
   * @param servername what the client has asked for in the handshake; undefined: nothing
   */
  belongs(host: string, servername: string | undefined): boolean {
    const shown = servername === undefined ? undefined : this.choose(normalized(servername));
    const own = this.choose(host);
    return own === shown || (shown === undefined && own === this.default);
  }

  start(): void {
    for (const certificate of this.all) certificate.start();
  }

  close(): void {
    for (const certificate of this.all) certificate.close();
  }

  private index(): void {
    const byName = new Map<string, Certificate>();
    for (const certificate of this.all) for (const name of certificate.hosts) if (!byName.has(name)) byName.set(name, certificate);
    this.byName = byName;
  }
}
