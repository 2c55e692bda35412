/**
 * The clients: an open loop, so that a stall is felt by every request that would have come in the meantime. Arrivals (Poisson)
 * and methods follow from the seed. Every request has an id, and everything that became of it is kept: requests are counted
 * one by one here, and nothing is a sample.
 */
import type { SocketAddress } from '../../src/cli/up/network';
import { type Client, clientOf } from './clients';
import { isIdempotent, Method, METHODS, Protocol } from './message';

/** One request and what became of it. Times are ms since the load began. */
export interface Sent {
  readonly id: string;
  readonly method: Method;
  readonly idempotent: boolean;
  readonly dueMs: number;
  endedMs: number;
  status: number;
  /** Who answered, as far as the answer says. */
  pod: string | undefined;
  /** Why it counts as failed; undefined when it does not. */
  failure: string | undefined;
  /** The reason code with which the proxy answered by itself. */
  reason: string | undefined;
  /** The answer was to something else. */
  foreign: boolean;
}

export interface LoadOptions {
  readonly random: () => number;
  /** Requests a second. */
  readonly rate: number;
  readonly protocol: Protocol;
  readonly host: string;
  /** Distinguishes the ids of this load. */
  readonly prefix: string;
  /** Where the next request goes; undefined when there is nowhere. */
  target(): SocketAddress | undefined;
}

/** Requests under way at a time; one more counts as failed. */
const MOST_IN_FLIGHT = 5_000;
/** Of the requests with a body, how many do not say how long it is. */
const CHUNKED_SHARE = 0.3;

export class Load {
  readonly sent: Sent[] = [];
  private readonly client: Client;
  private readonly began = performance.now();
  private due = 0;
  private timer: NodeJS.Timeout | undefined;
  private inFlight = 0;
  private stopped = false;
  private settle!: () => void;
  private readonly finished = new Promise<void>((resolve) => { this.settle = resolve; });

  constructor(private readonly options: LoadOptions) {
    this.client = clientOf(options.protocol, options.host);
    this.tick();
  }

  /** Time since the load began. */
  get now(): number { return performance.now() - this.began; }

  /** Sends no more, and settles when every request has come to its end. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    this.settleWhenIdle();
    await this.finished;
    this.client.close();
  }

  private tick(): void {
    if (this.stopped) return;
    while (this.due <= this.now) {
      this.send(this.due);
      this.due += -Math.log(1 - this.options.random()) * (1_000 / this.options.rate);
    }
    this.timer = setTimeout(() => this.tick(), Math.max(0, this.due - this.now));
  }

  private send(dueMs: number): void {
    const { options } = this;
    const method = this.drawMethod();
    const chunked = options.random() < CHUNKED_SHARE;
    const id = `${options.prefix}${this.sent.length}`;
    const sent: Sent = {
      id, method, idempotent: isIdempotent(method, options.protocol), dueMs, endedMs: 0, status: 0,
      pod: undefined, failure: undefined, reason: undefined, foreign: false,
    };
    this.sent.push(sent);
    const place = options.target();
    if (!place || this.inFlight >= MOST_IN_FLIGHT) {
      this.end(sent, place ? 'not sent: too many under way' : 'not sent: no pod to call from');
      return;
    }
    this.inFlight += 1;
    const done = (failure: string | undefined): void => {
      if (sent.endedMs > 0) return;
      this.end(sent, failure);
      this.inFlight -= 1;
      this.settleWhenIdle();
    };
    this.client.send({ sent, place, chunked }, done);
  }

  private drawMethod(): Method {
    let rest = this.options.random() * 100;
    for (const [method, share] of Object.entries(METHODS)) {
      rest -= share;
      if (rest < 0) return method as Method;
    }
    return 'GET';
  }

  private end(sent: Sent, failure: string | undefined): void {
    sent.endedMs = this.now;
    sent.failure = failure;
  }

  private settleWhenIdle(): void {
    if (this.stopped && this.inFlight === 0) this.settle();
  }
}
