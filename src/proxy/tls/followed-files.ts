/**
 * Files that belong together, such as a certificate, its key and roots, for as long as a configuration names them. What was last found good in
 * them stays in use: files that can't be used change nothing but a metric, and are told once.
 */
import type { Clock } from '../runtime/clock';
import { FileWatcher, readTogether } from '../runtime/file-watcher';
import type { Counter } from '../telemetry/metrics';
import { unreadable } from './key-pair';

/** What is found in files: something that can be used, or what is wrong with them. */
export type Found<T> = { readonly ok: true; readonly material: T } | { readonly ok: false; readonly problems: readonly string[] };

/** Files as they were at one moment. `texts` is empty when one can't be read. */
export interface FirstReading<T> {
  readonly texts: readonly string[];
  readonly found: Found<T>;
}

/** A file, by the field of the document that names it. */
export interface NamedFile {
  readonly field: string;
  readonly path: string;
}

/** Hears of changes. */
export interface FilesListener<T> {
  /** @param before what was in use; undefined when nothing was */
  onApplied(material: T, before: T | undefined): void;
  onRejected(problems: readonly string[]): void;
}

/** Reads files for the first time. */
export async function readFirst<T>(files: readonly NamedFile[], check: (texts: readonly string[]) => Found<T>): Promise<FirstReading<T>> {
  const read = await readTogether(files.map(({ path }) => path));
  const problems = read.flatMap((text, i) => (typeof text === 'string' ? [] : [unreadable(files[i]!.field, files[i]!.path, text)]));
  if (problems.length > 0) return { texts: [], found: { ok: false, problems } };
  return { texts: read as readonly string[], found: check(read as readonly string[]) };
}

export class FollowedFiles<T> {
  private material: T | undefined;
  private wrong: readonly string[] = [];
  private readonly watcher: FileWatcher;

  constructor(
    files: readonly NamedFile[], { texts, found }: FirstReading<T>, clock: Clock,
    private readonly check: (texts: readonly string[]) => Found<T>,
    private readonly instruments: { reload(result: 'applied' | 'rejected'): Counter },
    private readonly listener: FilesListener<T>,
  ) {
    if (found.ok) this.material = found.material;
    else this.wrong = found.problems;
    const paths = files.map(({ path }) => path);
    this.watcher = new FileWatcher(paths, texts, clock, (read) => this.onTexts(read), (error) => this.reject([error.message]));
  }

  /** What was last found good; undefined when nothing has been. */
  get current(): T | undefined { return this.material; }
  /** What is wrong with the files as they are. */
  get problems(): readonly string[] { return this.wrong; }

  /** Follows the files from now on. */
  start(): void {
    this.watcher.start();
  }

  close(): void {
    this.watcher.close();
  }

  private onTexts(texts: readonly string[]): Promise<boolean> {
    const found = this.check(texts);
    if (found.ok) this.apply(found.material);
    else this.reject(found.problems);
    return Promise.resolve(true);
  }

  private apply(material: T): void {
    const before = this.material;
    this.wrong = [];
    this.material = material;
    this.instruments.reload('applied').value += 1;
    this.listener.onApplied(material, before);
  }

  private reject(problems: readonly string[]): void {
    if (problems.join('\n') === this.wrong.join('\n')) return;
    this.wrong = problems;
    this.instruments.reload('rejected').value += 1;
    this.listener.onRejected(problems);
  }
}
