/**
 * TLS of the listeners of the configuration in force, by their names. The files of a document are read before anything of it
 * is in force, so that files that can't be used refuse it whole. A listener about whose TLS nothing has changed keeps its
 * certificate as it is, with what was renewed since.
 */
import type { ResolvedProxyConfig, ResolvedTls } from '../../contract';
import type { Clock } from '../runtime/clock';
import type { Instruments } from '../telemetry/instruments';
import type { TlsInstruments } from '../telemetry/tls-instruments';
import { Certificate, CertificateListener } from './certificate';
import { CertificateSet } from './certificate-set';
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

interface Loaded {
  readonly problems: readonly string[];
  /** Undefined when there are problems. */
  readonly certificates: CertificateSet | undefined;
}

export class TlsSet {
  private inForce: ReadonlyMap<string, Entry> = new Map();

  constructor(private readonly clock: Clock, private readonly instruments: Instruments, private readonly onCertificate: CertificateListener) {}

  async stage({ listeners, limits: { tlsHandshakeTimeoutMs } }: ResolvedProxyConfig): Promise<StagedTls> {
    const next = new Map<string, Entry>();
    const added: Entry[] = [];
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
      const loaded = await this.load(name, tls, instruments);
      failures.push(...loaded.problems.map((problem) => `listener '${name}' can't have TLS: ${problem}`));
      if (!loaded.certificates) continue;
      const { minimumVersion, requireSni, requireHostMatch } = tls;
      const entry = {
        key,
        settings: {
          certificates: loaded.certificates, minimumVersion, requireSni, requireHostMatch, handshakeTimeoutMs: tlsHandshakeTimeoutMs, instruments,
        },
      };
      added.push(entry);
      next.set(name, entry);
    }
    const rollback = (): void => added.forEach(({ settings }) => settings.certificates.close());
    if (failures.length > 0) {
      rollback();
      return { ok: false, failures };
    }
    return {
      ok: true,
      of: (listener) => next.get(listener)?.settings,
      rollback,
      commit: () => {
        for (const [name, entry] of this.inForce) if (next.get(name) !== entry) entry.settings.certificates.close();
        this.inForce = next;
        added.forEach(({ settings }) => begin(settings));
      },
    };
  }

  close(): void {
    for (const { settings } of this.inForce.values()) settings.certificates.close();
    this.inForce = new Map();
  }

  /** All certificates of a listener, or what is wrong with them. */
  private async load(name: string, { certificates }: ResolvedTls, instruments: TlsInstruments): Promise<Loaded> {
    const onChange = (problems: readonly string[]): void => this.onCertificate(name, problems);
    const results = await Promise.all(certificates.map((files) => (
      Certificate.load(files, this.clock, instruments.certificate(files.certificateFile), onChange))));
    const loaded = results.flatMap((result) => (result.ok ? [result.certificate] : []));
    const [first, ...others] = loaded;
    if (first && loaded.length === results.length) return { problems: [], certificates: new CertificateSet([first, ...others]) };
    loaded.forEach((certificate) => certificate.close());
    return { problems: results.flatMap((result) => (result.ok ? [] : result.problems)), certificates: undefined };
  }
}

/** In force from now on. */
function begin({ certificates, instruments }: TlsSettings): void {
  certificates.start();
  instruments.observeExpiry(() => Math.min(...certificates.all.map(({ expiresAt }) => expiresAt)));
}
