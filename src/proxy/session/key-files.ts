/**
 * The key files of the document in force. A file is read when a document that names it is staged, so that a document whose keys can't be
 * had is refused whole; from then on it is watched, because a Secret changes without a new document. A file that turns bad later changes
 * nothing: the last good keys stay, and it is told.
 */
import { readFileSync } from 'node:fs';
import type { ResolvedProxyConfig } from '../../contract';
import type { Clock } from '../runtime/clock';
import { FileWatcher } from '../runtime/file-watcher';
import type { Instruments } from '../telemetry/instruments';
import { ReadKeys, readKeys } from './keys';
import { Recent } from './recent';
import type { SessionClaim } from './seal';

/** Cookies that are remembered as good, for each file: twice as many at most, which take a MiB. */
export const MAX_RECENT_COOKIES = 2_048;

/** The keys of one file as they are now. Code that derives something from them checks whether they are still the same. */
export class KeyRing {
  /** Cookies that they opened: opening one takes some microseconds, finding it here less than one. */
  recent: Recent<SessionClaim>;

  constructor(public keys: readonly Buffer[], private readonly onFull: () => void) {
    this.recent = new Recent(MAX_RECENT_COOKIES, onFull);
  }

  /** Other keys: what the ones before opened is forgotten, for one of them may be gone. */
  change(keys: readonly Buffer[]): void {
    this.keys = keys;
    this.recent = new Recent(MAX_RECENT_COOKIES, this.onFull);
  }
}

/** Hears of changes of a key file: a problem when the keys before stay. */
export type KeyFileListener = (file: string, problem: string | undefined) => void;

/** Where the keys of a file are looked up. */
export interface KeyRings {
  ring(file: string): KeyRing;
}

/** Key files of a document that is not in force yet. */
export type StagedKeyFiles =
  | KeyRings & { readonly ok: true; commit(): void }
  | { readonly ok: false; readonly problems: readonly string[] };

interface Watched {
  readonly ring: KeyRing;
  readonly watcher: FileWatcher;
}

export class KeyFiles {
  private readonly watched = new Map<string, Watched>();
  /** What is wrong with a file at the moment. */
  private readonly problems = new Map<string, string>();

  constructor(
    private readonly clock: Clock,
    private readonly instruments: Pick<Instruments, 'limitReached' | 'sessionKeyReload'>,
    private readonly onChange: KeyFileListener,
  ) {}

  /** Reads what `document` adds; nothing is watched before it is committed. */
  stage(document: ResolvedProxyConfig): StagedKeyFiles {
    const files = new Set(document.listeners.flatMap(({ routes }) => routes.flatMap(({ session }) => (session ? [session.keyFile] : []))));
    const rings = new Map<string, KeyRing>();
    const contents = new Map<string, string>();
    const problems: string[] = [];
    for (const file of files) {
      const present = this.watched.get(file);
      if (present) {
        rings.set(file, present.ring);
        continue;
      }
      const loaded = load(file);
      if (!loaded.ok) {
        problems.push(inWords(file, loaded.problem));
        continue;
      }
      rings.set(file, new KeyRing(loaded.keys, () => this.instruments.limitReached('recentSessions')));
      contents.set(file, loaded.content);
    }
    if (problems.length > 0) return { ok: false, problems };
    return { ok: true, ring: (file) => rings.get(file)!, commit: () => this.commit(rings, contents) };
  }

  close(): void {
    for (const { watcher } of this.watched.values()) watcher.close();
    this.watched.clear();
  }

  private commit(rings: ReadonlyMap<string, KeyRing>, contents: ReadonlyMap<string, string>): void {
    for (const [file, { watcher }] of this.watched) {
      if (rings.has(file)) continue;
      watcher.close();
      this.watched.delete(file);
      this.problems.delete(file);
    }
    for (const [file, ring] of rings) {
      if (!this.watched.has(file)) this.watched.set(file, { ring, watcher: this.watch(file, ring, contents.get(file)!) });
    }
  }

  private watch(file: string, ring: KeyRing, current: string): FileWatcher {
    const watcher = new FileWatcher([file], [current], this.clock, ([text]) => {
      const read = readKeys(text!);
      if (read.ok) this.applied(file, ring, read.keys);
      else this.rejected(file, read.problem);
      return Promise.resolve(true);
    }, (error) => this.rejected(file, whyUnreadable(error)));
    watcher.start();
    return watcher;
  }

  private applied(file: string, ring: KeyRing, keys: readonly Buffer[]): void {
    this.problems.delete(file);
    ring.change(keys);
    this.instruments.sessionKeyReload('applied');
    this.onChange(file, undefined);
  }

  /** The same problem is told once, however often the file is looked at. */
  private rejected(file: string, problem: string): void {
    if (this.problems.get(file) === problem) return;
    this.problems.set(file, problem);
    this.instruments.sessionKeyReload('rejected');
    this.onChange(file, inWords(file, problem));
  }
}

function load(file: string): ReadKeys & { readonly content: string } {
  try {
    const content = readFileSync(file, 'utf8');
    return { ...readKeys(content), content };
  } catch (error) {
    return { ok: false, problem: whyUnreadable(error as NodeJS.ErrnoException), content: '' };
  }
}

function whyUnreadable({ code, message }: NodeJS.ErrnoException): string {
  return code === 'ENOENT' ? 'isn\'t there; mount the Secret that holds the keys' : `can't be read: ${message}`;
}

function inWords(file: string, problem: string): string {
  return `the file with the keys of session cookies, '${file}', ${problem}`;
}
