/**
 * Watches the mounted configuration file. Kubernetes replaces a ConfigMap's files by swapping a symlink beside them, so
 * the folder is watched rather than the file; and because notices can be lost (overlay and network file systems), the
 * file is also looked at every few seconds. Content decides, not time stamps.
 */
import { FSWatcher, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Cancel, Clock } from '../clock';

/** How often the file is looked at without a notice. */
export const POLL_MS = 5_000;

/** A notice often comes before the last of several changes; this waits for the others. */
const SETTLE_MS = 20;

export class ConfigWatcher {
  private watcher: FSWatcher | undefined;
  private cancel: Cancel | undefined;
  private last: string | undefined;
  private closed = false;
  private reading = false;
  private again = false;

  /**
   * @param current the content in force
   * @param onText  called with every content that differs from the one before; the next waits until it is settled. When it
   *   resolves to false, it is called again with the same content at the next look.
   */
  constructor(
    private readonly path: string,
    current: string,
    private readonly clock: Clock,
    private readonly onText: (text: string) => Promise<boolean>,
    private readonly onError: (error: NodeJS.ErrnoException) => void,
  ) {
    this.last = current;
  }

  start(): void {
    try {
      this.watcher = watch(dirname(this.path), { persistent: false }, () => this.schedule(SETTLE_MS));
      this.watcher.on('error', () => this.watcher?.close());
    } catch (error) {
      this.onError(error as NodeJS.ErrnoException);
    }
    this.schedule(POLL_MS);
  }

  close(): void {
    this.closed = true;
    this.watcher?.close();
    this.cancel?.();
  }

  private schedule(ms: number): void {
    this.cancel?.();
    this.cancel = this.clock.after(ms, () => void this.look());
  }

  private async look(): Promise<void> {
    if (this.reading) {
      this.again = true;
      return;
    }
    this.reading = true;
    try {
      const text = await readFile(this.path, 'utf8');
      if (!this.closed && text !== this.last) {
        this.last = text;
        // What may succeed later is looked at again, like something new.
        if (!await this.onText(text)) this.last = undefined;
      }
    } catch (error) {
      this.onError(error as NodeJS.ErrnoException);
    }
    this.reading = false;
    if (this.closed) return;
    this.schedule(this.again ? SETTLE_MS : POLL_MS);
    this.again = false;
  }
}
