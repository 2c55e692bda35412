/**
 * Writes log lines to standard output without ever waiting for it and without growing: one write is under way at a time,
 * what comes meanwhile is collected for the next one, and above {@link MAX_BUFFERED_CHARACTERS} lines are dropped and
 * counted. Losing log lines is bad; a proxy that stands still or dies because its log is not read is worse.
 *
 * Events are written at once. A line for each request would be a system call for each request, which costs more than all else about it:
 * such lines wait up to {@link COLLECT_MS} for others. They wait at their source, as what it needs to make them, and then as bytes in fixed
 * memory, since texts that live for a while are copied by each collection of garbage. A process that is killed loses what waits.
 */
import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Cancel, Clock } from '../runtime/clock';
import type { ByteLine } from './byte-line';

/** Most characters that wait for the write under way to end. */
export const MAX_BUFFERED_CHARACTERS = 1024 * 1024;

/** How long a line of a request waits for others at most, and how many bytes of them are written together at most. */
export const COLLECT_MS = 100;
export const COLLECT_BYTES = 64 * 1024;

/** Most bytes of a character, as a line may have them. */
const CHARACTER_BYTES = 3;
const LF = 0x0a;

/** Takes one text at a time. */
export interface LineSink {
  /**
   * Writes a text; `done` is called once, when another one can come or with what went wrong for good.
   *
   * @param text bytes are valid until then
   */
  write(text: string | Uint8Array, done: (error?: Error | null) => void): unknown;
}

/** Has lines to write, and makes them when they are written. */
export interface LineSource {
  /** Makes all of its lines, and has the writer {@link LineWriter.collect | collect} them. */
  giveLines(): void;
}

/** Lines as bytes, up to a number of them. */
class Batch {
  lines = 0;
  private bytes: Buffer | undefined;
  private length = 0;

  /** Takes a line, given without its end; false when there is no room. */
  add(line: string | ByteLine): boolean {
    const bytes = this.bytes ??= Buffer.allocUnsafeSlow(COLLECT_BYTES);
    const isText = typeof line === 'string';
    if (this.length + (isText ? line.length * CHARACTER_BYTES : line.length) >= COLLECT_BYTES) return false;
    this.length += isText ? bytes.write(line, this.length) : line.bytes.copy(bytes, this.length, 0, line.length);
    bytes[this.length] = LF;
    this.length += 1;
    this.lines += 1;
    return true;
  }

  /** What it has, which is valid until something is added to it. */
  take(): Uint8Array {
    const taken = this.bytes!.subarray(0, this.length);
    this.length = 0;
    this.lines = 0;
    return taken;
  }
}

export class LineWriter {
  /** Lines lost so far. */
  dropped = 0;
  private waiting = '';
  private waitingLines = 0;
  /** Lines that may wait; they are written before those of `waiting`. And where they go while the one before is being written. */
  private batch = new Batch();
  private other = new Batch();
  private busy = false;
  private broken = false;
  private flushed: (() => void)[] = [];
  private timer: Cancel | undefined;
  /** Those that have lines. */
  private sources: LineSource[] = [];
  private readonly onTime = (): void => {
    this.timer = undefined;
    this.gather();
    if (!this.busy && this.hasLines) this.send();
  };

  constructor(private readonly sink: LineSink, private readonly maxBuffered = MAX_BUFFERED_CHARACTERS) {}

  /** Writes a line, given without its end, and what waits; false when it was dropped. */
  write(line: string): boolean {
    this.gather();
    if (this.broken || this.waiting.length + line.length >= this.maxBuffered) {
      this.dropped += 1;
      return false;
    }
    this.waiting += `${line}\n`;
    this.waitingLines += 1;
    if (!this.busy) this.send();
    return true;
  }

  /** This source has lines that may wait for others. */
  expect(source: LineSource, clock: Pick<Clock, 'after'>): void {
    if (!this.sources.includes(source)) this.sources.push(source);
    this.timer ??= clock.after(COLLECT_MS, this.onTime);
  }

  /** The same as `write` for one of many lines: it may wait for others. */
  collect(line: string | ByteLine, clock: Pick<Clock, 'after'>): boolean {
    if (this.broken || this.waitingLines > 0 || !this.addToBatch(line)) return this.write(line.toString());
    if (!this.busy) this.timer ??= clock.after(COLLECT_MS, this.onTime);
    return true;
  }

  /** Resolves when all lines are written, or can't be, or `timeoutMs` is over. */
  flush(clock: Clock, timeoutMs: number): Promise<void> {
    this.gather();
    if (!this.busy && this.hasLines) this.send();
    if (!this.busy) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel: Cancel = clock.after(timeoutMs, resolve);
      this.flushed.push(() => {
        cancel();
        resolve();
      });
    });
  }

  private get hasLines(): boolean { return this.waitingLines > 0 || this.batch.lines > 0; }

  /** Has all sources make their lines. */
  gather(): void {
    if (this.sources.length === 0) return;
    const sources = this.sources;
    this.sources = [];
    for (const source of sources) source.giveLines();
  }

  private addToBatch(line: string | ByteLine): boolean {
    if (this.batch.add(line)) return true;
    if (this.busy || this.batch.lines === 0) return false;
    this.send();
    return this.batch.add(line);
  }

  private send(): void {
    // Sources still wait for it.
    if (this.sources.length === 0) {
      this.timer?.();
      this.timer = undefined;
    }
    this.busy = true;
    const lines = this.batch.lines > 0 ? this.batch.lines : this.waitingLines;
    this.sink.write(this.next(), (error) => this.onDone(error, lines));
  }

  private next(): string | Uint8Array {
    if (this.batch.lines > 0) {
      const { batch } = this;
      this.batch = this.other;
      this.other = batch;
      return batch.take();
    }
    const text = this.waiting;
    this.waiting = '';
    this.waitingLines = 0;
    return text;
  }

  private onDone(error: Error | null | undefined, lines: number): void {
    this.busy = false;
    if (error) {
      this.broken = true;
      this.dropped += lines + this.waitingLines + this.batch.lines;
      this.waiting = '';
      this.waitingLines = 0;
      this.batch = new Batch();
    }
    // Requests may have ended since somebody began to wait.
    if (this.flushed.length > 0) this.gather();
    if (this.busy) return;
    if (this.hasLines) {
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
