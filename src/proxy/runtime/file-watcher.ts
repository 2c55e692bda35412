/**
 * Watches mounted files: the configuration, certificates. Kubernetes replaces the files of a ConfigMap or Secret by swapping
 * a symlink beside them, so their folders are watched rather than the files; and because notices can be lost (overlay and
 * network file systems), the files are also looked at every few seconds. Content decides, not time stamps.
 */
import { FSWatcher, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Cancel, Clock } from './clock';

/** How often the files are looked at without a notice. */
export const POLL_MS = 5_000;

/** A notice often comes before the last of several changes: it looks when there was none for so long. */
export const SETTLE_MS = 20;

/**
 * Others may write to the same folder all the time, as a log does: notices put a look off for so long at most, and looks are so far apart
 * at least.
 */
export const REST_MS = 200;

/** How often files that change while they are read are read again. */
const MAX_READS = 5;

/**
 * The contents of files that belong together, as they were at one moment: they are read again until two readings are alike, so that a
 * certificate is never paired with the key of the one before. An error in place of what can't be read.
 */
export async function readTogether(paths: readonly string[]): Promise<readonly (string | NodeJS.ErrnoException)[]> {
  const read = (): Promise<(string | NodeJS.ErrnoException)[]> => Promise.all(
    paths.map((path) => readFile(path, 'utf8').catch((error: unknown) => error as NodeJS.ErrnoException)),
  );
  let texts = await read();
  for (let reads = 1; paths.length > 1 && reads < MAX_READS; reads += 1) {
    const again = await read();
    if (again.every((text, i) => text === texts[i] || typeof text !== 'string')) return again;
    texts = again;
  }
  return texts;
}

export class FileWatcher {
  private readonly watchers: FSWatcher[] = [];
  private cancel: Cancel | undefined;
  private last: readonly string[];
  private closed = false;
  private reading = false;
  private again = false;
  private lookedAt = -Infinity;
  /** Time of the first notice since the last look; undefined when there was none. */
  private noticedAt: number | undefined;

  /**
   * @param paths   the files; those that belong together change together
   * @param current their contents in force
   * @param onTexts called with the contents whenever one differs from the one before; the next call waits until this one is
   *   settled. When it resolves to false, it is called again with the same contents at the next look.
   */
  constructor(
    private readonly paths: readonly string[],
    current: readonly string[],
    private readonly clock: Clock,
    private readonly onTexts: (texts: readonly string[]) => Promise<boolean>,
    private readonly onError: (error: NodeJS.ErrnoException) => void,
  ) {
    this.last = current;
  }

  start(): void {
    for (const folder of new Set(this.paths.map(dirname))) {
      try {
        const watcher = watch(folder, { persistent: false }, () => this.onNotice());
        watcher.on('error', () => watcher.close());
        this.watchers.push(watcher);
      } catch (error) {
        this.onError(error as NodeJS.ErrnoException);
      }
    }
    this.schedule(POLL_MS);
  }

  close(): void {
    this.closed = true;
    for (const watcher of this.watchers) watcher.close();
    this.cancel?.();
  }

  private onNotice(): void {
    const now = this.clock.now();
    this.noticedAt ??= now;
    const settled = Math.min(now + SETTLE_MS, this.noticedAt + REST_MS);
    this.schedule(Math.max(settled, this.lookedAt + REST_MS) - now);
  }

  private schedule(ms: number): void {
    this.cancel?.();
    this.cancel = this.clock.after(ms, () => void this.look());
  }

  private async look(): Promise<void> {
    this.noticedAt = undefined;
    this.lookedAt = this.clock.now();
    if (this.reading) {
      this.again = true;
      return;
    }
    this.reading = true;
    try {
      const texts = await readTogether(this.paths);
      const error = texts.find((text) => typeof text !== 'string');
      if (error !== undefined) throw error;
      if (!this.closed && texts.some((text, i) => text !== this.last[i])) {
        this.last = texts as readonly string[];
        // What may succeed later is looked at again, like something new.
        if (!await this.onTexts(this.last)) this.last = [];
      }
    } catch (error) {
      this.onError(error as NodeJS.ErrnoException);
    }
    this.reading = false;
    // What was noticed meanwhile has its own time.
    if (!this.closed && this.noticedAt === undefined) this.schedule(this.again ? REST_MS : POLL_MS);
    this.again = false;
  }
}
