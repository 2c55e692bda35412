/**
 * The certificate that a listener shows, renewed when its files change (cert-manager and its like write a new one in good
 * time). Files that can't be used change nothing but a metric: the certificate in use stays.
 */
import type { Clock } from '../runtime/clock';
import { FileWatcher } from '../runtime/file-watcher';
import type { TlsInstruments } from '../telemetry/instruments';
import { checkKeyPair, KeyFiles, KeyPair, readKeyPair } from './key-pair';

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

  /** Reads the files, or says why they can't be used. */
  static async load(
    files: KeyFiles, clock: Clock, instruments: TlsInstruments, onChange: (problems: readonly string[]) => void,
  ): Promise<CertificateResult> {
    const result = await readKeyPair(files);
    return result.ok ? { ok: true, certificate: new Certificate(files, result.pair, clock, instruments, onChange) } : result;
  }

  private constructor(
    private readonly files: KeyFiles,
    private pair: KeyPair,
    clock: Clock,
    private readonly instruments: TlsInstruments,
    private readonly onChange: (problems: readonly string[]) => void,
  ) {
    const paths = [files.certificateFile, files.keyFile];
    this.watcher = new FileWatcher(paths, [pair.cert, pair.key], clock, (texts) => this.onTexts(texts), (error) => this.reject([error.message]));
  }

  /** It is in force: follows its files from now on. */
  start(): void {
    this.instruments.expiry.value = this.pair.expiresAt;
    this.watcher.start();
  }

  close(): void {
    this.watcher.close();
    this.users.clear();
  }

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
    this.instruments.expiry.value = pair.expiresAt;
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
