/** What a proxy records of its identity. */
import { FAMILIES } from './catalog';
import type { Counter } from './metrics';
import type { MetricRegistry } from './registry';

/** What is looked at of an identity. Times in seconds since 1970, NaN while there is nothing. */
export interface ObservedIdentity {
  expiresAt(): number;
  rootsExpireAt(): number;
  usable(): boolean;
  rejected(): boolean;
}

const CERTIFICATE = { file: 'certificate' } as const;
const ROOTS = { file: 'trust_bundle' } as const;

export class IdentityInstruments {
  constructor(private readonly registry: MetricRegistry) {}

  reload(result: 'applied' | 'rejected'): Counter {
    return this.registry.counter(FAMILIES.identityReloads, { result });
  }

  observe(identity: ObservedIdentity): void {
    const { registry } = this;
    registry.observe(FAMILIES.identityExpiry, CERTIFICATE, () => identity.expiresAt());
    registry.observe(FAMILIES.identityExpiry, ROOTS, () => identity.rootsExpireAt());
    registry.observe(FAMILIES.identityUsable, {}, () => (identity.usable() ? 1 : 0));
    registry.observe(FAMILIES.identityRejected, {}, () => (identity.rejected() ? 1 : 0));
  }

  forget(): void {
    for (const family of [FAMILIES.identityExpiry, FAMILIES.identityUsable, FAMILIES.identityRejected]) this.registry.removeFrom(family, {});
  }
}
