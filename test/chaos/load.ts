/**
 * The clients: an open loop, so that a stall is felt by every request that would have come in the meantime. Arrivals (Poisson)
 * and methods follow from the seed. Every request has an id, and everything that became of it is kept: requests are counted
 * one by one here, and nothing is a sample.
 */
import { Agent, IncomingMessage, request } from 'node:http';
import { failureOf } from '../../src/cli/up/traffic/sender';
import type { SocketAddress } from '../../src/cli/up/network';
import { POISON } from './backend/behaviours';
import { answerTo, isIdempotent, Method, METHODS, pathOf, POD_FIELD } from './message';

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
  readonly host: string;
  /** Distinguishes the ids of this load. */
  readonly prefix: string;
  /** Where the next request goes; undefined when there is nowhere. */
  target(): SocketAddress | undefined;
}

/** Longer than any timeout of a proxy here: a client that has to give up by itself was forgotten. */
const PATIENCE_MS = 20_000;
/** A client takes no more of an answer than this. */
const MOST_BYTES = 256 * 1024;
/** Requests under way at a time; one more counts as failed. */
const MOST_IN_FLIGHT = 5_000;
const BODY = 'p'.repeat(200);
const WITH_BODY: ReadonlySet<Method> = new Set<Method>(['PUT', 'POST']);
/** Of the requests with a body, how many do not say how long it is. */
const CHUNKED_SHARE = 0.3;

export const FORGOTTEN = `no answer in ${PATIENCE_MS / 1_000} s`;

export class Load {
  readonly sent: Sent[] = [];
  private readonly agent = new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 256 });
  private readonly began = performance.now();
  private due = 0;
  private timer: NodeJS.Timeout | undefined;
  private inFlight = 0;
  private stopped = false;
  private settle!: () => void;
  private readonly finished = new Promise<void>((resolve) => { this.settle = resolve; });

  constructor(private readonly options: LoadOptions) {
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
    this.agent.destroy();
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
    const { options, agent } = this;
    const method = this.drawMethod();
    const chunked = options.random() < CHUNKED_SHARE;
    const id = `${options.prefix}${this.sent.length}`;
    const sent: Sent = {
      id, method, idempotent: isIdempotent(method), dueMs, endedMs: 0, status: 0,
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
    const { address, port } = place;
    const call = request({ host: address, port, method, path: pathOf(id), agent, headers: { host: options.host } });
    call.on('response', (response) => this.receive(sent, response, done));
    const patience = setTimeout(() => {
      done(FORGOTTEN);
      call.destroy();
    }, PATIENCE_MS);
    call.on('close', () => clearTimeout(patience)).on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    if (!WITH_BODY.has(method)) call.end();
    else if (!chunked) call.setHeader('content-length', BODY.length).end(BODY);
    else {
      call.write(BODY.slice(0, 100));
      call.end(BODY.slice(100));
    }
  }

  private receive(sent: Sent, response: IncomingMessage, done: (failure: string | undefined) => void): void {
    sent.status = response.statusCode!;
    sent.pod = response.headers[POD_FIELD] as string | undefined;
    const failure = failureOf(sent.status, response.headers);
    if (response.headers['proxy-status'] !== undefined) sent.reason = failure;
    let body = '';
    response.on('data', (chunk) => {
      body += chunk;
      if (body.length <= MOST_BYTES) return;
      done('an answer without end');
      response.destroy();
    });
    response.on('end', () => {
      const expected = answerTo(sent.id);
      if (sent.status === 200 && body !== expected) {
        sent.foreign = POISON.endsWith(body) || !body.startsWith(expected.slice(0, body.length));
        done(sent.foreign ? 'the answer to something else' : 'a shortened answer');
      } else {
        done(failure);
      }
    });
    response.on('error', () => done('cut off'));
    response.on('close', () => done('cut off'));
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
