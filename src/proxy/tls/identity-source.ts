/** Where an identity comes from: files, or an agent. What was last found good stays in use, whatever becomes of the source. */
import type { IdentityConfig } from '../../contract';
import type { IdentityMaterial } from './identity-files';

export interface IdentitySource {
  /** What was last found good; undefined when nothing has been. */
  readonly current: IdentityMaterial | undefined;
  /** Why there is nothing newer that is good. */
  readonly problems: readonly string[];
  /** Tells of changes from now on. */
  start(): void;
  close(): void;
}

/** Hears of changes. */
export interface IdentitySourceListener {
  /** @param before what was in use; undefined when nothing was */
  onApplied(material: IdentityMaterial, before: IdentityMaterial | undefined): void;
  onRejected(problems: readonly string[]): void;
}

/** Opens what a configuration names, and resolves when it has been asked once. */
export type OpenIdentitySource = (config: IdentityConfig, listener: IdentitySourceListener) => Promise<IdentitySource>;
