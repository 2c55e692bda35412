/** What a proxy records of files by which it proves who it is and knows others: those of its identity, and of each cluster's TLS. */
import { FAMILIES } from './catalog';
import type { Counter } from './metrics';
import type { MetricRegistry } from './registry';

/** What is looked at. Times in seconds since 1970, NaN while there is nothing. */
export interface ObservedCredentials {
  expiresAt(): number;
  rootsExpireAt(): number;
  usable(): boolean;
  rejected(): boolean;
}

/** What is looked at of an identity besides. */
export interface ObservedIdentity extends ObservedCredentials {
  /** The certificate leads to the roots. */
  trusted(): boolean;
}

export interface CredentialInstruments<T = ObservedCredentials> {
  reload(result: 'applied' | 'rejected'): Counter;
  observe(credentials: T): void;
  forget(): void;
}

const CERTIFICATE = { file: 'certificate' } as const;
const ROOTS = { file: 'trust_bundle' } as const;

export class IdentityInstruments implements CredentialInstruments<ObservedIdentity> {
  constructor(private readonly registry: MetricRegistry) {}

  reload(result: 'applied' | 'rejected'): Counter {
    return this.registry.counter(FAMILIES.identityReloads, { result });
  }

  observe({ expiresAt, rootsExpireAt, usable, rejected, trusted }: ObservedIdentity): void {
    const { registry } = this;
    registry.observe(FAMILIES.identityExpiry, CERTIFICATE, expiresAt);
    registry.observe(FAMILIES.identityExpiry, ROOTS, rootsExpireAt);
    registry.observe(FAMILIES.identityUsable, {}, () => (usable() ? 1 : 0));
    registry.observe(FAMILIES.identityRejected, {}, () => (rejected() ? 1 : 0));
    registry.observe(FAMILIES.identityTrusted, {}, () => (trusted() ? 1 : 0));
  }

  forget(): void {
    const { identityExpiry, identityUsable, identityRejected, identityTrusted } = FAMILIES;
    for (const family of [identityExpiry, identityUsable, identityRejected, identityTrusted]) this.registry.removeFrom(family, {});
  }
}

export class UpstreamTlsInstruments implements CredentialInstruments {
  constructor(private readonly registry: MetricRegistry, private readonly cluster: string) {}

  reload(result: 'applied' | 'rejected'): Counter {
    return this.registry.counter(FAMILIES.upstreamTlsReloads, { cluster: this.cluster, result });
  }

  observe({ expiresAt, rootsExpireAt, usable, rejected }: ObservedCredentials): void {
    const { registry, cluster } = this;
    registry.observe(FAMILIES.upstreamTlsExpiry, { cluster, ...CERTIFICATE }, expiresAt);
    registry.observe(FAMILIES.upstreamTlsExpiry, { cluster, ...ROOTS }, rootsExpireAt);
    registry.observe(FAMILIES.upstreamTlsUsable, { cluster }, () => (usable() ? 1 : 0));
    registry.observe(FAMILIES.upstreamTlsRejected, { cluster }, () => (rejected() ? 1 : 0));
  }

  forget(): void {
    const { registry, cluster } = this;
    const { upstreamTlsExpiry, upstreamTlsUsable, upstreamTlsRejected } = FAMILIES;
    for (const family of [upstreamTlsExpiry, upstreamTlsUsable, upstreamTlsRejected]) registry.removeFrom(family, { cluster });
  }
}
