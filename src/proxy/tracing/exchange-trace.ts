/**
 * What is kept of one request while it is traced: its context, and an id and a time for each attempt. A client connection has one of these
 * and uses it again, so that a request that is not recorded costs a few random numbers and a line in its head. Everything else is made
 * when the request is over and its spans are recorded.
 */
import type { RequestHead } from '../http1/request-head';
import { KeptText } from '../runtime/kept-text';
import type { TraceIdSource } from '../telemetry/trace-id-source';
import { MAX_ATTRIBUTE_LENGTH } from './otlp';
import type { RandomWords } from './random-words';
import { TraceContext } from './trace-context';
import { drawId, Id, newSpanId, textOfId, writeId } from './trace-ids';

/** What decides about new traces. */
export interface Sampling {
  readonly usesB3: boolean;
  /** For ids. */
  readonly words: RandomWords;
  /** Whether a trace that begins here is sampled. */
  samples(traceId: Id): boolean;
}

/** One attempt, as it is kept until the request is over. */
export interface TracedAttempt {
  readonly spanId: Id;
  cluster: string;
  /** Address and port. */
  endpoint: string;
  /** Monotonic milliseconds. */
  startedAt: number;
  endedAt: number;
  /** Status of its response, or why there was none that counted. */
  outcome: number | string;
  isHedge: boolean;
}

export class ExchangeTrace implements TraceIdSource {
  readonly context = new TraceContext();
  /** Attempts of this request; those behind are of requests before it. */
  count = 0;
  private readonly kept: TracedAttempt[] = [];
  private words!: RandomWords;
  /** Method and target as they came, one space between. */
  readonly description = new KeptText(MAX_ATTRIBUTE_LENGTH);

  /** @param trusted the caller's decision holds */
  begin(sampling: Sampling, buffer: Buffer, head: RequestHead, trusted: boolean): void {
    this.words = sampling.words;
    this.count = 0;
    this.context.read(buffer, head, sampling.usesB3, this.words);
    if (!this.context.decided || !trusted) this.context.decide(sampling.samples(this.context.traceId));
    this.description.clear();
    this.description.add(buffer, head.methodStart, head.targetEnd);
  }

  /** An attempt begins. Its head has the lines of `linesOf`. */
  attempt(cluster: string, endpoint: string, now: number, isHedge: boolean): TracedAttempt {
    let attempt = this.kept[this.count];
    if (!attempt) {
      attempt = { spanId: newSpanId(), cluster, endpoint, startedAt: now, endedAt: now, outcome: 0, isHedge };
      this.kept.push(attempt);
    }
    this.count += 1;
    drawId(attempt.spanId, this.words);
    attempt.cluster = cluster;
    attempt.endpoint = endpoint;
    attempt.startedAt = now;
    attempt.endedAt = now;
    attempt.outcome = 0;
    attempt.isHedge = isHedge;
    return attempt;
  }

  ended(attempt: TracedAttempt, outcome: TracedAttempt['outcome'], now: number): void {
    attempt.outcome = outcome;
    attempt.endedAt = now;
  }

  /** The id of a trace that is sampled, by which a histogram shows an example. */
  get exemplar(): string | undefined {
    return this.context.sampled ? this.traceId : undefined;
  }

  /** Its digits. */
  get traceId(): string { return textOfId(this.context.traceId); }

  writeTraceId(target: Buffer, start: number): void {
    writeId(this.context.traceId, target, start);
  }

  /** Its field lines: these, and those that continue the trace. Valid until the next call. */
  linesOf(attempt: TracedAttempt, others: Buffer): Buffer {
    return this.context.lines(attempt.spanId, others);
  }

  attemptAt(index: number): TracedAttempt { return this.kept[index]!; }
}
