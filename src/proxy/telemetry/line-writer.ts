/**
 * Writes log lines to standard output without ever waiting for it and without growing: one write is under way at a time,
 * what comes meanwhile is collected for the next one, and above {@link MAX_BUFFERED_CHARACTERS} lines are dropped and
 * counted. Losing log lines is bad; a proxy that stands still or dies because its log is not read is worse.
 *
 * Collecting while a write is under way also makes batches of just the right size: none when there is little to log, large
 * ones when there is much.
 */
import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Cancel, Clock } from '../runtime/clock';

/** Most characters that wait for the write under way to end. */
export const MAX_BUFFERED_CHARACTERS = 1024 * 1024;

/** Takes one text at a time. */
export interface LineSink {
  /** Writes a text; `done` is called once, when another one can come or with what went wrong for good. */
  write(text: string, done: (error?: Error | null) => void): unknown;
}

export class LineWriter {
  /** Lines lost so far. */
  dropped = 0;
  private waiting = '';
  private waitingLines = 0;
  private busy = false;
  private broken = false;
  private flushed: (() => void)[] = [];

  constructor(private readonly sink: LineSink, private readonly maxBuffered = MAX_BUFFERED_CHARACTERS) {}

  /** Writes a line, given without its end; false when it was dropped. */
  write(line: string): boolean {
    if (this.broken || this.waiting.length + line.length >= this.maxBuffered) {
      this.dropped += 1;
      return false;
    }
    this.waiting += `${line}\n`;
    this.waitingLines += 1;
    if (!this.busy) this.send();
    return true;
  }

  /** Resolves when all lines are written, or can't be, or `timeoutMs` is over. */
  flush(clock: Clock, timeoutMs: number): Promise<void> {
    if (!this.busy) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel: Cancel = clock.after(timeoutMs, resolve);
      this.flushed.push(() => {
        cancel();
        resolve();
      });
    });
  }

  private send(): void {
    const text = this.waiting;
    const lines = this.waitingLines;
    this.waiting = '';
    this.waitingLines = 0;
    this.busy = true;
    this.sink.write(text, (error) => this.onDone(error, lines));
  }

  private onDone(error: Error | null | undefined, lines: number): void {
    this.busy = false;
    if (error) {
      this.broken = true;
      this.dropped += lines + this.waitingLines;
      this.waiting = '';
      this.waitingLines = 0;
    }
    if (this.waitingLines > 0) {
      this.send();
      return;
    }
    for (const resolve of this.flushed.splice(0)) resolve();
  }
}

/**
 * Standard output as a sink. Node writes to pipes synchronously, so a reader that stops would stop the whole proxy: a pipe
 * is opened as a socket instead, which does not block. (A write in the thread pool would not either, but a process can't
 * exit while one of its threads hangs in it.) Files and terminals are left to Node.
 */
export function openStandardOutput(fd = 1): LineSink {
  const stat = fstatSync(fd);
  const stream = stat.isFIFO() || stat.isSocket() ? new Socket({ fd, readable: false, writable: true }) : process.stdout;
  // Failures come to the call-back of the write, too; without a listener they would end the process.
  stream.on('error', () => undefined);
  return stream;
}
