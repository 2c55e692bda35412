/**
 * The files with keys of issuers of the document in force. A file is read when a document that names it is staged, so that a document whose
 * keys can't be had is refused whole; from then on it is watched. A file that turns bad later changes nothing: the last good keys stay, and it
 * is told.
 */
import { readFileSync } from 'node:fs';
import type { ResolvedProxyConfig } from '../../contract';
import type { Clock } from '../runtime/clock';
import { FileWatcher } from '../runtime/file-watcher';
import type { Instruments } from '../telemetry/instruments';
import { KeySet, ReadKeySet, readKeySet } from './jwks';
import type { CurrentKeys } from './token-verifier';

/** Hears of changes of a file: a problem when the keys before stay. */
export type JwksListener = (file: string, problem: string | undefined) => void;

/** Where the keys of a file are looked up. */
export interface JwksSource {
  keysOf(file: string): CurrentKeys;
}

/** Files of a document that is not in force yet. */
export type StagedJwks =
  | JwksSource & { readonly ok: true; commit(): void }
  | { readonly ok: false; readonly problems: readonly string[] };

/** The keys of one file. */
interface Held {
  keys: KeySet;
}

interface Watched {
  readonly held: Held;
  readonly watcher: FileWatcher;
}

export class JwksFiles {
  private readonly watched = new Map<string, Watched>();
  /** What is wrong with a file at the moment. */
  private readonly problems = new Map<string, string>();

  constructor(private readonly clock: Clock, private readonly instruments: Pick<Instruments, 'jwksReload'>, private readonly onChange: JwksListener) {}

  /** Reads what `document` adds; nothing is watched before it is committed. */
  stage({ listeners }: ResolvedProxyConfig): StagedJwks {
    const held = new Map<string, Held>();
    const contents = new Map<string, string>();
    const problems: string[] = [];
    for (const file of new Set(listeners.flatMap(({ jwt = [] }) => jwt.map(({ jwksFile }) => jwksFile)))) {
      const present = this.watched.get(file)?.held;
      if (present) {
        held.set(file, present);
        continue;
      }
      const loaded = load(file);
      if (loaded.ok) {
        held.set(file, { keys: loaded.keys });
        contents.set(file, loaded.content);
      } else {
        problems.push(inWords(file, loaded.problem));
      }
    }
    if (problems.length > 0) return { ok: false, problems };
    return { ok: true, keysOf: (file) => held.get(file)!, commit: () => this.commit(held, contents) };
  }

  close(): void {
    for (const { watcher } of this.watched.values()) watcher.close();
    this.watched.clear();
  }

  private commit(held: ReadonlyMap<string, Held>, contents: ReadonlyMap<string, string>): void {
    for (const [file, { watcher }] of this.watched) {
      if (held.has(file)) continue;
      watcher.close();
      this.watched.delete(file);
      this.problems.delete(file);
    }
    for (const [file, keys] of held) {
      if (!this.watched.has(file)) this.watched.set(file, { held: keys, watcher: this.watch(file, keys, contents.get(file)!) });
    }
  }

  private watch(file: string, held: Held, current: string): FileWatcher {
    const watcher = new FileWatcher([file], [current], this.clock, ([text]) => {
      const read = readKeySet(text!);
      if (read.ok) this.applied(file, held, read.keys);
      else this.rejected(file, read.problem);
      return Promise.resolve(true);
    }, (error) => this.rejected(file, whyUnreadable(error)));
    watcher.start();
    return watcher;
  }

  private applied(file: string, held: Held, keys: KeySet): void {
    this.problems.delete(file);
    held.keys = keys;
    this.instruments.jwksReload('applied');
    this.onChange(file, undefined);
  }

  /** The same problem is told once, however often the file is looked at. */
  private rejected(file: string, problem: string): void {
    if (this.problems.get(file) === problem) return;
    this.problems.set(file, problem);
    this.instruments.jwksReload('rejected');
    this.onChange(file, inWords(file, problem));
  }
}

function load(file: string): ReadKeySet & { readonly content: string } {
  try {
    const content = readFileSync(file, 'utf8');
    return { ...readKeySet(content), content };
  } catch (error) {
    return { ok: false, problem: whyUnreadable(error as NodeJS.ErrnoException), content: '' };
  }
}

function whyUnreadable({ code, message }: NodeJS.ErrnoException): string {
  return code === 'ENOENT' ? 'isn\'t there; mount the ConfigMap that has it' : `can't be read: ${message}`;
}

function inWords(file: string, problem: string): string {
  return `the file with keys of tokens, '${file}', ${problem}`;
}
