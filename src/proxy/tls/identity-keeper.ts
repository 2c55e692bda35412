/**
 * The identity of the configuration in force. One whose configuration has not changed stays, with what was renewed since. A first document is
 * taken over even when its files can't be used yet, and the proxy is not ready until they can; one that would replace an identity
 * that works is refused, and so is one for a proxy that works without any: pods that run when a mesh is given identities.
 */
import type { ResolvedProxyConfig } from '../../contract';
import type { Clock } from '../runtime/clock';
import type { CredentialInstruments, ObservedIdentity } from '../telemetry/credential-instruments';
import { Identity, IdentityListener } from './identity';
import type { OpenIdentitySource } from './identity-source';

/** The identity of a document that is not in force yet. */
export type StagedIdentity =
  | { readonly ok: true; readonly identity: Identity | undefined; commit(): void; rollback(): void }
  | { readonly ok: false; readonly problems: readonly string[] };

export class IdentityKeeper {
  private hasDocument = false;
  private present: { readonly key: string; readonly identity: Identity } | undefined;

  constructor(
    private readonly clock: Clock, private readonly instruments: CredentialInstruments<ObservedIdentity>, private readonly onChange: IdentityListener,
    private readonly openAgent: OpenIdentitySource,
  ) {}

  get identity(): Identity | undefined { return this.present?.identity; }

  async stage({ identity: config }: Pick<ResolvedProxyConfig, 'identity'>): Promise<StagedIdentity> {
    const { present } = this;
    const key = JSON.stringify(config);
    if (key === undefined) return { ok: true, identity: undefined, rollback: () => {}, commit: () => this.replace(undefined) };
    if (present?.key === key) return { ok: true, identity: present.identity, rollback: () => {}, commit: () => {} };
    const identity = await Identity.load(config!, this.clock, this.instruments, this.onChange, this.openAgent);
    // A pod that was made without these files never gets them; what it has works.
    if (!identity.usable && (present ? present.identity.usable : this.hasDocument)) {
      identity.close();
      return { ok: false, problems: identity.whyUnusable.map((problem) => `the identity can't be used: ${problem}`) };
    }
    return {
      ok: true,
      identity,
      rollback: () => identity.close(),
      commit: () => {
        this.replace({ key, identity });
        identity.start();
      },
    };
  }

  close(): void {
    this.replace(undefined);
  }

  private replace(next: IdentityKeeper['present']): void {
    this.present?.identity.close();
    this.present = next;
    this.hasDocument = true;
  }
}
