/**
 * Drives requests at a fixed rate, whatever the answers do: an open loop. They are evenly spaced, or come at random as those of many clients do.
 * Latency counts from the moment at which a request was due and not from the moment at which it was sent, so that a stall is seen by all the
 * requests that would have come in the meantime (Gil Tene's coordinated omission). How late this process itself was is kept beside it.
 */
import { performance } from 'node:perf_hooks';
import { POD_FIELD, SERVICE_FIELD, VERSION_FIELD } from '../../stand-in/server';
import type { Flow } from './flow';
import { Http1Sender } from './http1-sender';
import { Http2Sender } from './http2-sender';
import { Answer, Sender, single } from './sender';
import { TcpSender } from './tcp-sender';

/** What became of one request. */
export interface Outcome {
  /** From the moment it was due to the last byte of its answer. */
  readonly latencyMs: number;
  /** How long after that moment it was sent. */
  readonly lateMs: number;
  /** Who answered, when it said so. */
  readonly pod: string | undefined;
  /** Its service, when that is a fallback of the one called. */
  readonly fallback?: string | undefined;
  readonly version: string | undefined;
  /** Why it counts as failed; undefined when it did not. */
  readonly failure: string | undefined;
}

export interface TrafficOptions {
  readonly flow: Flow;
  /** Requests a second. */
  readonly rate: number;
  readonly path: string;
  /** The authority of the certificates that it is shown, in PEM form. Absent: certificates are not checked. */
  readonly trusted?: string | undefined;
  /** Header fields besides Host. Absent: none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Absent: until `stop`. */
  readonly durationMs?: number;
  onOutcome(outcome: Outcome): void;
  /** From 0 to 1: then requests come at random, a Poisson process. Absent: evenly. */
  random?(): number;
  /** Called at the moment that a request is due, before it is sent. */
  onDue?(): void;
}

/** Requests under way at a time; one more is given up at once, so that a stall does not take all memory. */
const MAX_IN_FLIGHT = 10_000;

export class Traffic {
  private readonly sender: Sender;
  private readonly started = performance.now();
  private due = this.started;
  private timer: NodeJS.Timeout | undefined;
  private inFlight = 0;
  private stopped = false;
  private settleFinished!: () => void;
  /** Settles when no request is due any more and the last was answered. */
  readonly finished = new Promise<void>((resolve) => { this.settleFinished = resolve; });

  constructor(private readonly options: TrafficOptions) {
    const { flow, trusted } = options;
    const isSecure = flow.isSecure === true;
    this.sender = flow.speaks === undefined ? new Http1Sender(isSecure, trusted)
      : flow.speaks === 'tcp' ? new TcpSender(isSecure, trusted) : new Http2Sender(flow.speaks === 'grpc', isSecure, trusted);
    this.tick();
  }

  /** No further requests; settles when those under way are answered. */
  stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    this.finishIfIdle();
    return this.finished;
  }

  private tick(): void {
    const now = performance.now();
    const end = this.options.durationMs === undefined ? Infinity : this.started + this.options.durationMs;
    while (this.due <= now && this.due < end) {
      this.send(this.due);
      this.due += this.interval();
    }
    if (this.due >= end) {
      void this.stop();
      return;
    }
    this.timer = setTimeout(() => this.tick(), Math.max(0, this.due - performance.now()));
  }

  private interval(): number {
    const { rate, random } = this.options;
    return (random ? -Math.log(1 - random()) : 1) * 1_000 / rate;
  }

  private send(due: number): void {
    const { flow, path, headers, onOutcome, onDue } = this.options;
    onDue?.();
    const lateMs = performance.now() - due;
    const target = flow.target();
    if (!target || this.inFlight >= MAX_IN_FLIGHT) {
      onOutcome({
        latencyMs: lateMs, lateMs, pod: undefined, version: undefined,
        failure: target ? `not sent: ${MAX_IN_FLIGHT} requests are under way` : 'not sent: no pod is ready to',
      });
      return;
    }
    this.inFlight++;
    this.sender.send({ target, host: flow.host, path, headers: headers ?? {} }, ({ headers: fields, failure, at }: Answer) => {
      this.inFlight--;
      // An app that passes on the answer of another says who that one was; it counts as not saying who it is.
      const service = single(fields[SERVICE_FIELD]);
      const fallback = service !== undefined && service !== flow.service && flow.fallbacks?.has(service) ? service : undefined;
      const known = service === flow.service || fallback !== undefined;
      onOutcome({
        latencyMs: (at ?? performance.now()) - due, lateMs, failure, fallback,
        pod: known ? single(fields[POD_FIELD]) : undefined,
        version: known ? single(fields[VERSION_FIELD]) : undefined,
      });
      this.finishIfIdle();
    });
  }

  private finishIfIdle(): void {
    if (!this.stopped || this.inFlight > 0) return;
    this.sender.close();
    this.settleFinished();
  }
}
