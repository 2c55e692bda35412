/**
 * Sends a batch of spans to the collector, over a connection that is kept. `node:http` is good enough here: one request is under way at a
 * time, off the data path. Headers of redirects are not followed: a collector that moves is a change of the configuration.
 */
import { Agent, request as httpRequest } from 'node:http';
import { https } from '../runtime/on-demand';

/** Longest answer that is read. */
const MAX_ANSWER_BYTES = 65_536;

const DEFAULT_PATH = '/v1/traces';

export type Delivery =
  | { readonly result: 'delivered'; readonly rejectedSpans: number; readonly problem: string | undefined }
  /** Another try may succeed, after so long when the collector says so. */
  | { readonly result: 'failed'; readonly problem: string; readonly retryAfterMs: number | undefined }
  /** Another try would fail alike. */
  | { readonly result: 'refused'; readonly problem: string };

export interface Collector {
  /** @param body is not touched any more when `done` is called with `delivered` */
  send(body: Buffer, done: (delivery: Delivery) => void): void;
  close(): void;
}

/** Statuses after which OTLP wants another try. */
const RETRYABLE = new Set([429, 502, 503, 504]);

export class HttpCollector implements Collector {
  private readonly url: URL;
  private readonly agent: Agent;

  constructor(endpoint: string, private readonly timeoutMs: number) {
    this.url = new URL(endpoint);
    if (this.url.pathname === '/') this.url.pathname = DEFAULT_PATH;
    const options = { keepAlive: true, maxSockets: 1 };
    this.agent = this.url.protocol === 'https:' ? new (https().Agent)(options) : new Agent(options);
  }

  send(body: Buffer, done: (delivery: Delivery) => void): void {
    const send = this.url.protocol === 'https:' ? https().request : httpRequest;
    let over = false;
    const end = (delivery: Delivery): void => {
      if (over) return;
      over = true;
      done(delivery);
    };
    const fail = (problem: string): void => end({ result: 'failed', problem, retryAfterMs: undefined });
    const request = send(this.url, {
      method: 'POST', agent: this.agent, signal: AbortSignal.timeout(this.timeoutMs),
      headers: { 'content-type': 'application/json', 'content-length': body.length, 'user-agent': 'cdk8s-mesh' },
    }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => { if (text.length < MAX_ANSWER_BYTES) text += chunk; });
      response.on('end', () => {
        const told = (): void => end(deliveryOf(response.statusCode!, response.headers['retry-after'], text));
        // A collector may answer before it has read the body, whose memory is used again when this is over.
        if (request.writableFinished || request.closed) told();
        else request.once('finish', told).once('close', told);
      });
      response.on('error', (error) => fail(error.message));
    });
    request.on('error', (error) => fail(error.message));
    request.end(body);
  }

  close(): void {
    this.agent.destroy();
  }
}

function deliveryOf(status: number, retryAfter: string | undefined, text: string): Delivery {
  if (status >= 200 && status < 300) return { result: 'delivered', ...outcomeOf(text) };
  const problem = `status ${status}`;
  if (!RETRYABLE.has(status)) return { result: 'refused', problem };
  const seconds = Number(retryAfter);
  return { result: 'failed', problem, retryAfterMs: retryAfter !== undefined && seconds >= 0 ? seconds * 1_000 : undefined };
}

/** What of a batch was not accepted, if the collector says so. It is not to be sent again. */
function outcomeOf(text: string): { rejectedSpans: number; problem: string | undefined } {
  try {
    const { partialSuccess } = JSON.parse(text) as { partialSuccess?: { rejectedSpans?: number | string; errorMessage?: string } };
    const rejectedSpans = Number(partialSuccess?.rejectedSpans ?? 0);
    const problem = partialSuccess?.errorMessage;
    return { rejectedSpans: rejectedSpans > 0 ? rejectedSpans : 0, problem: problem === undefined ? undefined : String(problem) };
  } catch {
    return { rejectedSpans: 0, problem: undefined };
  }
}
