/**
 * TLS to the outside of the clusters in force. That of a cluster whose configuration has not changed stays, with what was renewed since. A first
 * document is taken over even when files can't be used yet, for other clusters work without them; a document that would replace something that works
 * by files that can't be used is refused.
 */
import type { ResolvedProxyConfig } from '../../contract';
import type { Clock } from '../runtime/clock';
import type { Instruments } from '../telemetry/instruments';
import { ExternalListener, ExternalSecurity } from './external-security';

/** Where the TLS of a cluster is looked up. */
export interface ExternalLookup {
  of(cluster: string): ExternalSecurity | undefined;
}

/** Those of a document that is not in force yet. */
export type StagedExternals =
  | ExternalLookup & { readonly ok: true; commit(): void; rollback(): void }
  | { readonly ok: false; readonly problems: readonly string[] };

interface Entry {
  readonly key: string;
  readonly security: ExternalSecurity;
}

export class ExternalKeeper {
  private hasDocument = false;
  private inForce: ReadonlyMap<string, Entry> = new Map();

  constructor(private readonly clock: Clock, private readonly instruments: Pick<Instruments, 'upstreamTls'>, private readonly onChange: ExternalListener) {}

  async stage({ clusters }: Pick<ResolvedProxyConfig, 'clusters'>): Promise<StagedExternals> {
    const next = new Map<string, Entry>();
    const added: Entry[] = [];
    for (const { name, tls } of clusters) {
      if (!tls) continue;
      const key = JSON.stringify(tls);
      const present = this.inForce.get(name);
      const entry = present?.key === key ? present
        : { key, security: await ExternalSecurity.load(name, tls, this.clock, this.instruments.upstreamTls(name), this.onChange) };
      next.set(name, entry);
      if (entry !== present) added.push(entry);
    }
    const rollback = (): void => added.forEach(({ security }) => security.close());
    const problems = this.hasDocument
      ? [...next].flatMap(([name, entry]) => (added.includes(entry) ? entry.security.whyUnusable.map((problem) => `cluster '${name}' can't have TLS: ${problem}`) : [])) : [];
    if (problems.length > 0) {
      rollback();
      return { ok: false, problems };
    }
    return {
      ok: true,
      of: (cluster) => next.get(cluster)?.security,
      rollback,
      commit: () => {
        for (const [name, entry] of this.inForce) if (next.get(name) !== entry) entry.security.close();
        this.inForce = next;
        this.hasDocument = true;
        added.forEach(({ security }) => security.start());
      },
    };
  }

  close(): void {
    for (const { security } of this.inForce.values()) security.close();
    this.inForce = new Map();
  }
}
