/**
 * Collects spans and sends them in batches. Bounded: what comes while the queue is full is dropped and counted, since a proxy that stands
 * still or dies for its traces is worse than a trace with a gap. A batch that can't be delivered is tried again with growing, jittered
 * waits, and given up after {@link MAX_TRIES}; while the collector is away the queue holds what came first.
 */
import type { Cancel, Clock } from '../runtime/clock';
import type { ByteLine } from '../telemetry/byte-line';
import type { Collector, Delivery } from './collector';
import { SpanBatch } from './span-batch';

/** How often a batch is sent at most. */
export const MAX_TRIES = 5;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

/** What became of a span. */
export type SpanResult = 'exported' | 'queue_full' | 'rejected' | 'undelivered';

export interface ExporterOptions {
  readonly maxQueuedSpans: number;
  readonly maxBatchSpans: number;
  readonly exportIntervalMs: number;
}

export interface ExporterDependencies {
  readonly clock: Clock;
  readonly random: () => number;
  readonly collector: Collector;
  /** What is before and behind the spans of a batch. */
  readonly envelope: readonly [before: string, after: string];
  count(result: SpanResult, spans: number): void;
  /** The collector can't be reached, or takes no spans; told once until it does again. */
  onProblem(problem: string): void;
}

export class SpanExporter {
  /** Takes what comes. */
  private open: SpanBatch;
  /** Full ones, in order. */
  private full: SpanBatch[] = [];
  /** The batch under way. */
  private batch: SpanBatch | undefined;
  /** Empty, to be used again. */
  private spare: SpanBatch | undefined;
  private tries = 0;
  private timer: Cancel | undefined;
  private sending = false;
  private troubled = false;
  private closed = false;
  private onIdle: (() => void) | undefined;

  constructor(private readonly options: ExporterOptions, private readonly dependencies: ExporterDependencies) {
    this.open = new SpanBatch(dependencies.envelope);
  }

  /** Spans that wait, or are under way. */
  get queued(): number {
    return this.open.spans + this.full.length * this.options.maxBatchSpans + (this.batch?.spans ?? 0);
  }

  /** There is room for so many spans; what has none is counted. None has when it is closed. */
  hasRoom(spans: number): boolean {
    if (this.closed) return false;
    if (this.queued + spans <= this.options.maxQueuedSpans) return true;
    this.dependencies.count('queue_full', spans);
    return false;
  }

  /** Returns where to write the next span, for which there is room. Write it whole, then call {@link added}. */
  next(): ByteLine {
    return this.open.next();
  }

  /** The span is written. */
  added(): void {
    if (this.open.spans >= this.options.maxBatchSpans) this.full.push(this.takeOpen());
    if (this.batch) return;
    if (this.full.length > 0) this.sendNext();
    else this.timer ??= this.dependencies.clock.after(this.options.exportIntervalMs, () => this.sendNext());
  }

  /** Sends what there is, without waiting for more; resolves when it is sent, or after so long. What is left then is dropped. */
  async close(withinMs: number): Promise<void> {
    if (this.queued > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.dependencies.clock.after(withinMs, resolve);
        this.onIdle = () => {
          cancel();
          resolve();
        };
        if (!this.sending) this.sendNext();
      });
    }
    this.drop();
  }

  /** Stops at once. */
  drop(): void {
    if (this.closed) return;
    this.closed = true;
    this.timer?.();
    if (this.queued > 0) this.dependencies.count('undelivered', this.queued);
    this.open.restart();
    this.full = [];
    this.spare = undefined;
    this.batch = undefined;
    this.dependencies.collector.close();
  }

  private sendNext(): void {
    this.timer?.();
    this.timer = undefined;
    if (this.closed) return;
    if (!this.batch) {
      this.batch = this.full.shift() ?? (this.open.spans > 0 ? this.takeOpen() : undefined);
      this.tries = 0;
    }
    if (!this.batch) {
      this.onIdle?.();
      return;
    }
    this.tries += 1;
    this.sending = true;
    this.dependencies.collector.send(this.batch.body(), (delivery) => this.onDelivery(delivery));
  }

  private takeOpen(): SpanBatch {
    const taken = this.open;
    this.open = this.spare ?? new SpanBatch(this.dependencies.envelope);
    this.spare = undefined;
    return taken;
  }

  private onDelivery(delivery: Delivery): void {
    this.sending = false;
    if (this.closed) return;
    const { clock, random, count } = this.dependencies;
    if (delivery.problem !== undefined) this.tell(delivery.problem);
    if (delivery.result === 'failed' && this.tries < MAX_TRIES) {
      const backoff = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.tries - 1)) * (0.5 + random() / 2);
      this.timer = clock.after(Math.max(Math.min(delivery.retryAfterMs ?? 0, LONGEST_WAIT_MS), backoff), () => this.sendNext());
      return;
    }
    const batch = this.batch!;
    const length = batch.spans;
    const rejected = delivery.result === 'refused' ? length : delivery.result === 'delivered' ? Math.min(delivery.rejectedSpans, length) : 0;
    if (rejected > 0) count('rejected', rejected);
    if (delivery.result === 'failed') count('undelivered', length);
    else if (length > rejected) count('exported', length - rejected);
    if (delivery.result === 'delivered' && delivery.problem === undefined) this.troubled = false;
    this.batch = undefined;
    batch.restart();
    // The memory of a batch that failed may still be on its way into a socket.
    if (delivery.result === 'delivered') this.spare = batch;
    if (this.full.length > 0 || this.onIdle) this.sendNext();
    else if (this.open.spans > 0) this.timer = clock.after(this.options.exportIntervalMs, () => this.sendNext());
  }

  private tell(problem: string): void {
    if (this.troubled) return;
    this.troubled = true;
    this.dependencies.onProblem(problem);
  }
}
