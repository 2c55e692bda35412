/**
 * Asks a Prometheus by its HTTP API (https://prometheus.io/docs/prometheus/latest/querying/api/). Whoever answers is not trusted: an answer has a
 * bound in bytes and in time, a redirect is not followed, and what it says goes into messages cut short.
 */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { codeOf, messageOf, UserError } from '../command-line/errors';
import { printable } from '../terminal/printable';

/** A series at one moment. */
export interface PromSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface PrometheusOptions {
  /** Address of the Prometheus, with its path if it has one. */
  readonly url: string;
  /** File with the token that goes with each query. It is read each time, for tokens are renewed. */
  readonly tokenFile?: string | undefined;
}

export const PROMETHEUS_LIMITS = { answerBytes: 32 << 20, timeoutMs: 15_000 } as const;

/** Of what somebody else says, so much is shown. */
const SHOWN = 120;

export class PrometheusClient {
  private readonly base: URL;
  private readonly tokenFile: string | undefined;

  constructor({ url, tokenFile }: PrometheusOptions) {
    this.base = addressOf(url);
    this.tokenFile = tokenFile;
    if (tokenFile !== undefined && this.base.protocol === 'http:' && !isLoopback(this.base.hostname)) {
      throw new UserError(`--prometheus-token-file needs an address with https, got '${url}': anybody on the way could read the token`);
    }
  }

  /** In words. */
  get title(): string {
    return this.base.host;
  }

  /** What an expression yields now. Fails in words for the user. */
  async query(expr: string): Promise<PromSample[]> {
    const text = await this.get(`api/v1/query?${new URLSearchParams({ query: expr }).toString()}`);
    let answer: Answer;
    try {
      answer = JSON.parse(text) as Answer;
    } catch {
      throw this.fault(`the answer is no JSON, but ${shown(text)}; is it the address of a Prometheus?`);
    }
    if (answer?.status === 'error') throw this.fault(`it says ${shown(String(answer.error))}`);
    const { resultType, result } = answer?.data ?? {};
    if (answer?.status !== 'success' || resultType !== 'vector' || !Array.isArray(result)) {
      throw this.fault(`the answer is none to a query, but ${shown(text)}; is it the address of a Prometheus?`);
    }
    return result.flatMap((series) => {
      const { metric, value } = series ?? {};
      return metric && Array.isArray(value) ? [{ labels: cleaned(metric), value: Number(value[1]) }] : [];
    });
  }

  private async get(path: string): Promise<string> {
    const signal = AbortSignal.timeout(PROMETHEUS_LIMITS.timeoutMs);
    const headers = { accept: 'application/json', ...(this.tokenFile !== undefined && { authorization: `Bearer ${readToken(this.tokenFile)}` }) };
    try {
      const response = await fetch(new URL(path, this.base), { headers, signal, redirect: 'manual' });
      const text = await this.textOf(response);
      if (response.ok || isAnswer(text)) return text;
      throw this.fault(refusalOf(response, text, this.tokenFile !== undefined));
    } catch (error) {
      if (error instanceof UserError) throw error;
      if (signal.aborted) throw this.fault(`there was no answer within ${PROMETHEUS_LIMITS.timeoutMs / 1_000} s`);
      throw this.fault(`it does not answer: ${reasonOf(error)}`);
    }
  }

  private async textOf({ body }: Response): Promise<string> {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of body ?? []) {
      bytes += chunk.length;
      if (bytes > PROMETHEUS_LIMITS.answerBytes) {
        throw this.fault(`the answer has more than ${PROMETHEUS_LIMITS.answerBytes >> 20} MiB; choose a namespace with --namespace`);
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  private fault(what: string): UserError {
    return new UserError(`Prometheus at ${this.base.origin}${this.base.pathname === '/' ? '' : this.base.pathname}: ${what}`);
  }
}

/** What the API answers. */
interface Answer {
  readonly status?: string;
  readonly error?: string;
  readonly data?: {
    readonly resultType?: string;
    readonly result?: readonly ({ readonly metric?: Readonly<Record<string, string>>; readonly value?: readonly [number, string] } | null)[];
  };
}

/** Names from there are shown in terminals. */
function cleaned(labels: PromSample['labels']): PromSample['labels'] {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, printable(String(value))]));
}

function addressOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new UserError(`--prometheus must be an address such as http://127.0.0.1:9090, got '${text}'`);
  }
  if (url.username !== '' || url.password !== '') throw new UserError('--prometheus has a password in it, which others could see; give a token with --prometheus-token-file FILE');
  if (url.search !== '' || url.hash !== '') throw new UserError(`--prometheus must be an address without '?' and '#', got '${text}'`);
  // What is relative to a path without a slash at its end would lose the last part.
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || (isIP(hostname) === 4 && hostname.startsWith('127.'));
}

function readToken(file: string): string {
  let token: string;
  try {
    token = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new UserError(`--prometheus-token-file: can't read ${file}: ${messageOf(error)}`);
  }
  if (!/^[\x21-\x7e]+$/.test(token)) throw new UserError(`--prometheus-token-file: ${file} is to have a token and nothing else, in one line`);
  return token;
}

/** Errors of the API itself are JSON, with any status. */
function isAnswer(text: string): boolean {
  return text.startsWith('{"status":');
}

function refusalOf({ status, headers }: Response, text: string, hasToken: boolean): string {
  if (status === 401 || status === 403) {
    return `it refuses the query with ${status}; ${hasToken ? 'look at the token in --prometheus-token-file' : 'give a token with --prometheus-token-file FILE'}`;
  }
  if (status >= 300 && status < 400) return `it sends elsewhere (${status}), to ${shown(headers.get('location') ?? '')}; give that address, if it is the right one`;
  return `it answers with ${status}: ${shown(text)}`;
}

/** Node hides the cause of a failed request behind its own error. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return codeOf(cause) || messageOf(cause ?? error);
}

/** Cut short, in quotes, without control characters: JSON writes some of them as they are. */
function shown(text: string): string {
  return printable(JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text));
}
