/**
 * Writes log lines to standard output without ever waiting for it and without growing: one write is under way at a time,
 * what comes meanwhile is collected for the next one, and above {@link MAX_BUFFERED_CHARACTERS} lines are dropped and
 * counted. Losing log lines is bad; a proxy that stands still or dies because its log is not read is worse.
 *
 * Events are written at once. A line for each request would be a system call for each request, which costs more than all else about it:
 * such lines wait up to {@link COLLECT_MS} for others. A process that is killed loses what waits.
 */
import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Cancel, Clock } from '../runtime/clock';

/** Most characters that wait for the write under way to end. */
export const MAX_BUFFERED_CHARACTERS = 1024 * 1024;

/** How long a line of a request waits for others at most, and how many characters of them are written together at least. */
export const COLLECT_MS = 100;
export const COLLECT_CHARACTERS = 64 * 1024;

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
  private timer: Cancel | undefined;
  private readonly onTime = (): void => this.send();

  constructor(private readonly sink: LineSink, private readonly maxBuffered = MAX_BUFFERED_CHARACTERS) {}

  /** Writes a line, given without its end, and what waits; false when it was dropped. */
  write(line: string): boolean {
    const taken = this.take(line);
    if (taken && !this.busy) this.send();
    return taken;
  }

  /** The same for one of many lines: it may wait for others. */
  collect(line: string, clock: Pick<Clock, 'after'>): boolean {
    const taken = this.take(line);
    if (!taken || this.busy) return taken;
    if (this.waiting.length >= COLLECT_CHARACTERS) this.send();
    else this.timer ??= clock.after(COLLECT_MS, this.onTime);
    return true;
  }

  /** Resolves when all lines are written, or can't be, or `timeoutMs` is over. */
  flush(clock: Clock, timeoutMs: number): Promise<void> {
    if (!this.busy && this.waitingLines > 0) this.send();
    if (!this.busy) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel: Cancel = clock.after(timeoutMs, resolve);
      this.flushed.push(() => {
        cancel();
        resolve();
      });
    });
  }

  private take(line: string): boolean {
    if (this.broken || this.waiting.length + line.length >= this.maxBuffered) {
      this.dropped += 1;
      return false;
    }
    this.waiting += `${line}\n`;
    this.waitingLines += 1;
    return true;
  }

  private send(): void {
    this.timer?.();
    this.timer = undefined;
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
