/**
 * The proxy's access to the Kubernetes API, shared by all clusters: one keep-alive pool, the pod's own token, the
 * cluster's certificate authority. It does one thing, GET as a stream of bytes, and tells how the stream ended.
 *
 * Token and authority are read from their files for every request rather than kept: requests are rare (a watch lasts
 * minutes), the files are in memory (tmpfs), and so a token that the kubelet renewed is used at once. When a request is
 * refused with 401 and the file has changed meanwhile, it is sent once more.
 *
 * A peer that vanished without a word is found by TCP keep-alive (idle 30 s, then libuv's ten probes, one a second), long
 * before a watch's own timeout would.
 */
import { readFileSync } from 'node:fs';
import { Agent as HttpAgent, ClientRequest, get as httpGet, IncomingMessage } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import { KubernetesApiConfig } from '../../contract';
import { Cancel, Clock } from '../runtime/clock';
import { https, tls } from '../runtime/on-demand';
import { fieldsOf, listOf } from './slices';

/** Most bytes read of a response that says no. */
export const MAX_ERROR_BYTES = 65_536;

const KEEP_ALIVE_PROBE_MS = 30_000;
const MAX_IDLE_CONNECTIONS = 2;

/** Why a request did not succeed. */
export interface ApiFailure {
  /** In words for a log. */
  readonly message: string;
  /** HTTP status, when there was a response. */
  readonly status?: number;
  /** What was asked for is not remembered any more, or not there yet: read everything anew, from the newest. */
  readonly gone: boolean;
}

/** Told about one request. No method is called before `stream` returns, none after `onEnd` or a cancel. */
export interface StreamHandler {
  /** The server said 200; the body follows. */
  onOpen(): void;
  onData(chunk: Buffer): void;
  /** The body is complete, or it failed. */
  onEnd(failure: ApiFailure | undefined): void;
}

/** What the discovery of EndpointSlices needs of the Kubernetes API. */
export interface ApiAccess {
  /**
   * GETs a path (with query). The returned function stops it without another call-back.
   *
   * @param answerMs longest wait for the head of the response
   */
  stream(path: string, handler: StreamHandler, answerMs: number): Cancel;
}

export class KubernetesApi implements ApiAccess {
  private agent: HttpAgent | undefined;
  private agentCa: string | undefined;

  /** `env` is where the address of the API server is found when the configuration doesn't name one. */
  constructor(
    private readonly config: KubernetesApiConfig,
    private readonly env: Readonly<Record<string, string | undefined>>,
    private readonly clock: Clock,
  ) {}

  stream(path: string, handler: StreamHandler, answerMs: number): Cancel {
    let cancelled = false;
    let abort: Cancel = () => undefined;
    const end = (failure: ApiFailure | undefined) => {
      if (cancelled) return;
      cancelled = true;
      handler.onEnd(failure);
    };
    const attempt = (refusedToken: string | undefined) => {
      let prepared: Prepared;
      try {
        prepared = this.prepare(path);
      } catch (error) {
        end({ message: (error as Error).message, gone: false });
        return;
      }
      const { token } = prepared;
      abort = send(prepared, this.clock, answerMs, {
        onOpen: () => handler.onOpen(),
        onData: (chunk) => handler.onData(chunk),
        onReset: () => attempt(refusedToken),
        onEnd: (failure) => {
          if (failure?.status === 401 && refusedToken === undefined && this.tokenDiffers(token)) attempt(token);
          else end(failure);
        },
      });
    };
    queueMicrotask(() => { if (!cancelled) attempt(undefined); });
    return () => {
      cancelled = true;
      abort();
    };
  }

  /** Closes all connections. */
  close(): void {
    this.agent?.destroy();
    this.agent = undefined;
  }

  private tokenDiffers(token: string): boolean {
    try {
      return this.readToken() !== token;
    } catch {
      return false;
    }
  }

  private readToken(): string {
    const token = read(this.config.tokenFile, 'the token').trim();
    if (token === '') throw new Error(`the token file ${this.config.tokenFile} is empty`);
    return token;
  }

  private prepare(path: string): Prepared {
    const base = this.baseUrl();
    const token = this.readToken();
    const headers = { authorization: `Bearer ${token}`, accept: 'application/json', 'user-agent': 'cdk8s-mesh-proxy' };
    const url = new URL(base.pathname.replace(/\/$/, '') + path, base);
    if (url.protocol === 'http:') {
      this.agent ??= new HttpAgent(AGENT_OPTIONS);
      return { token, begin: (onResponse) => httpGet(url, { agent: this.agent as HttpAgent, headers }, onResponse) };
    }
    const agent = this.secureAgent();
    return { token, begin: (onResponse) => https().get(url, { agent, headers }, onResponse) };
  }

  /** The pool for the present certificate authority. A changed one gets a new pool; watches on the old one run to their end. */
  private secureAgent(): HttpsAgent {
    const ca = read(this.config.caFile, 'the certificate authority');
    if (!this.agent || ca !== this.agentCa) {
      if (!ca.includes('-----BEGIN')) throw new Error(`the certificate authority file ${this.config.caFile} holds no PEM certificate`);
      const secureContext = tls().createSecureContext({ ca });
      if (this.agent) retire(this.agent);
      this.agent = new (https().Agent)({ ...AGENT_OPTIONS, secureContext });
      this.agentCa = ca;
    }
    return this.agent as HttpsAgent;
  }

  private baseUrl(): URL {
    if (this.config.server !== undefined) {
      const url = URL.canParse(this.config.server) ? new URL(this.config.server) : undefined;
      if (url?.protocol === 'https:' || url?.protocol === 'http:') return url;
      throw new Error(`kubernetes.server '${this.config.server}' is not an http or https URL`);
    }
    const host = this.env['KUBERNETES_SERVICE_HOST'];
    const port = this.env['KUBERNETES_SERVICE_PORT'];
    if (!host || !port) {
      throw new Error('kubernetes.server is not set, and there is no KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT in the environment');
    }
    return new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`);
  }
}

const AGENT_OPTIONS = { keepAlive: true, keepAliveMsecs: KEEP_ALIVE_PROBE_MS, maxFreeSockets: MAX_IDLE_CONNECTIONS };

/** Lets no connection of a pool be used again. */
function retire(agent: HttpAgent): void {
  agent.maxFreeSockets = 0;
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}

interface Prepared {
  readonly token: string;
  begin(onResponse: (response: IncomingMessage) => void): ClientRequest;
}

interface Attempt extends StreamHandler {
  /** The server had closed the kept connection before it saw the request: send it again. */
  onReset(): void;
}

function send(prepared: Prepared, clock: Clock, answerMs: number, attempt: Attempt): Cancel {
  let over = false;
  const finish = (report: () => void) => {
    if (over) return;
    over = true;
    cancelTimer();
    report();
  };
  const broke = (error: Error) => finish(() => attempt.onEnd({ message: `the connection to the API server failed: ${error.message}`, gone: false }));

  let responded = false;
  const request = prepared.begin((response) => {
    responded = true;
    const status = response.statusCode ?? 0;
    response.on('error', broke);
    if (status === 200) {
      cancelTimer();
      response.on('data', (chunk: Buffer) => { if (!over) attempt.onData(chunk); });
      response.on('end', () => finish(() => attempt.onEnd(undefined)));
      if (!over) attempt.onOpen();
      return;
    }
    const body: Buffer[] = [];
    let length = 0;
    response.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= MAX_ERROR_BYTES) body.push(chunk);
    });
    response.on('end', () => finish(() => attempt.onEnd(failureOf(status, Buffer.concat(body).toString('utf8')))));
  });
  const cancelTimer = clock.after(answerMs, () => {
    // In the same words for every wait, or each try would be news for the log.
    broke(new Error('no response in time'));
    request.destroy();
  });
  request.on('error', (error: NodeJS.ErrnoException) => {
    if (request.reusedSocket && error.code === 'ECONNRESET' && !responded) finish(() => attempt.onReset());
    else broke(error);
  });
  return () => {
    over = true;
    cancelTimer();
    request.destroy();
  };
}

function failureOf(status: number, body: string): ApiFailure {
  let object: unknown;
  try {
    object = JSON.parse(body);
  } catch {
    object = undefined;
  }
  return statusFailure(fieldsOf(object), status);
}

/** The failure that a Kubernetes `Status` object tells of. */
export function statusFailure(object: Readonly<Record<string, unknown>>, httpStatus?: number): ApiFailure {
  const status = httpStatus ?? (typeof object['code'] === 'number' ? object['code'] : 0);
  const tooLarge = listOf(fieldsOf(object['details'])['causes']).some((cause) => cause['reason'] === 'ResourceVersionTooLarge');
  const words = typeof object['message'] === 'string' && object['message'] !== '' ? `: ${object['message']}` : '';
  return { message: `the API server answered ${status}${words}`, status, gone: status === 410 || tooLarge };
}

function read(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${what} can't be read: ${(error as Error).message}`, { cause: error });
  }
}
