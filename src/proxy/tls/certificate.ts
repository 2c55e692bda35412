/**
 * The certificate that a listener shows, renewed when its files change (cert-manager and its like write a new one in good
 * time). Files that can't be used change nothing but a metric: the certificate in use stays.
 */
import type { Clock } from '../runtime/clock';
import { FileWatcher } from '../runtime/file-watcher';
import type { CertificateConfig } from '../../contract';
import type { CertificateInstruments } from '../telemetry/tls-instruments';
import { checkKeyPair, KeyPair, readKeyPair } from './key-pair';

/** Told that a listener's files have changed: without problems it shows the new certificate. */
export type CertificateListener = (listener: string, problems: readonly string[]) => void;

export type CertificateResult =
  | { readonly ok: true; readonly certificate: Certificate }
  | { readonly ok: false; readonly problems: readonly string[] };

export class Certificate {
  private readonly watcher: FileWatcher;
  private readonly users = new Set<(pair: KeyPair) => void>();
  /** What is wrong with the files as they are; told and counted once. */
  private problem = '';
  private started = false;

  /** Reads the files, or says why they can't be used. */
  static async load(
    files: CertificateConfig, clock: Clock, instruments: CertificateInstruments, onChange: (problems: readonly string[]) => void,
  ): Promise<CertificateResult> {
    const result = await readKeyPair(files);
    return result.ok ? { ok: true, certificate: new Certificate(files, result.pair, clock, instruments, onChange) } : result;
  }

  private constructor(
    private readonly files: CertificateConfig,
    private pair: KeyPair,
    private readonly clock: Clock,
    private readonly instruments: CertificateInstruments,
    private readonly onChange: (problems: readonly string[]) => void,
  ) {
    const paths = [files.certificateFile, files.keyFile];
    this.watcher = new FileWatcher(paths, [pair.cert, pair.key], clock, (texts) => this.onTexts(texts), (error) => this.reject([error.message]));
  }

  /** Host names that it is for: those of the configuration, or its own. */
  get hosts(): readonly string[] { return this.files.hosts ?? this.pair.hosts; }
  /** The pair in use. */
  get keyPair(): Pick<KeyPair, 'cert' | 'key'> { return { cert: this.pair.cert, key: this.pair.key }; }

  /** It is in force: follows its files from now on. */
  start(): void {
    this.started = true;
    this.instruments.observe({
      secondsLeft: () => this.pair.expiresAt - this.clock.wallTime() / 1_000,
      secondsToValid: () => this.pair.validFrom - this.clock.wallTime() / 1_000,
      rejected: () => this.problem !== '',
    });
    this.watcher.start();
  }

  close(): void {
    if (this.started) this.instruments.forget();
    this.watcher.close();
    this.users.clear();
  }

  get expiresAt(): number { return this.pair.expiresAt; }

  /** Calls `user` with the pair in use, now and whenever there is another; returns what ends that. */
  use(user: (pair: KeyPair) => void): () => void {
    this.users.add(user);
    user(this.pair);
    return () => this.users.delete(user);
  }

  private onTexts([cert, key]: readonly string[]): Promise<boolean> {
    const result = checkKeyPair(this.files, cert!, key!);
    if (result.ok) this.renew(result.pair);
    else this.reject(result.problems);
    return Promise.resolve(true);
  }

  private renew(pair: KeyPair): void {
    this.problem = '';
    this.pair = pair;
    this.instruments.reload('applied').value += 1;
    for (const user of this.users) user(pair);
    this.onChange([]);
  }

  private reject(problems: readonly string[]): void {
    const problem = problems.join('\n');
    if (problem === this.problem) return;
    this.problem = problem;
    this.instruments.reload('rejected').value += 1;
    this.onChange(problems);
  }
}
