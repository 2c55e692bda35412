/**
 * TLS of the listeners of the configuration in force, by their names. The files of a document are read before anything of it
 * is in force, so that files that can't be used refuse it whole. A listener about whose TLS nothing has changed keeps its
 * certificate as it is, with what was renewed since.
 */
import type { ResolvedProxyConfig } from '../../contract';
import type { Clock } from '../runtime/clock';
import type { Instruments } from '../telemetry/instruments';
import { Certificate, CertificateListener } from './certificate';
import type { TlsSettings } from './handshakes';

/** TLS of a document that is not in force yet. */
export type StagedTls =
  | { readonly ok: true; of(listener: string): TlsSettings | undefined; commit(): void; rollback(): void }
  | { readonly ok: false; readonly failures: string[] };

interface Entry {
  /** What it was made of. */
  readonly key: string;
  readonly settings: TlsSettings;
}

export class TlsSet {
  private inForce: ReadonlyMap<string, Entry> = new Map();

  constructor(private readonly clock: Clock, private readonly instruments: Instruments, private readonly onCertificate: CertificateListener) {}

  async stage({ listeners, limits: { tlsHandshakeTimeoutMs } }: ResolvedProxyConfig): Promise<StagedTls> {
    const next = new Map<string, Entry>();
    const added: Certificate[] = [];
    const failures: string[] = [];
    for (const { name, tls } of listeners) {
      if (!tls) continue;
      const key = JSON.stringify([tls, tlsHandshakeTimeoutMs]);
      const present = this.inForce.get(name);
      if (present?.key === key) {
        next.set(name, present);
        continue;
      }
      const instruments = this.instruments.tls(name);
      const loaded = await Certificate.load(tls, this.clock, instruments, (problems) => this.onCertificate(name, problems));
      if (!loaded.ok) {
        failures.push(...loaded.problems.map((problem) => `listener '${name}' can't have TLS: ${problem}`));
        continue;
      }
      added.push(loaded.certificate);
      const { certificate } = loaded;
      next.set(name, { key, settings: { certificate, minimumVersion: tls.minimumVersion, handshakeTimeoutMs: tlsHandshakeTimeoutMs, instruments } });
    }
    const rollback = (): void => added.forEach((certificate) => certificate.close());
    if (failures.length > 0) {
      rollback();
      return { ok: false, failures };
    }
    return {
      ok: true,
      of: (listener) => next.get(listener)?.settings,
      rollback,
      commit: () => {
        for (const [name, entry] of this.inForce) if (next.get(name) !== entry) entry.settings.certificate.close();
        this.inForce = next;
        added.forEach((certificate) => certificate.start());
      },
    };
  }

  close(): void {
    for (const { settings } of this.inForce.values()) settings.certificate.close();
    this.inForce = new Map();
  }
}
