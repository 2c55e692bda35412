/**
 * An app to stand in for the real one: answers every request with who it is and what it was asked, after the latency
 * and with the failure rate that it is told. Who it is also stands in response fields, so that the driver of the traffic
 * can count shares without parsing bodies.
 */
import { createServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import { createSecureServer, createServer as createHttp2Server, Http2Server, Http2ServerRequest, Http2ServerResponse, ServerHttp2Session } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { Behaviour, drawLatency } from './behaviour';
import { endCall, isCall } from './call';

/** Response fields that say who answered. */
export const POD_FIELD = 'x-mesh-pod';
export const VERSION_FIELD = 'x-mesh-version';
export const SERVICE_FIELD = 'x-mesh-service';

export interface Identity {
  readonly service: string;
  readonly version: string;
  readonly pod: string;
}

/** Idle connections stay open for longer than any proxy keeps them, so that it is never the app that closes one in use. */
const IDLE_TIMEOUT_MS = 120_000;

/** How a stand-in is reached. */
export interface Reached {
  /** Absent: without TLS. */
  readonly tls?: TlsOptions;
  /** By HTTP/2, gRPC among it. Absent: by HTTP/1.1. */
  readonly http2?: boolean;
}

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

export class StandIn {
  readonly server: Server | Http2Server;
  /** Connections on which nothing was asked yet: a proxy opened them and then did not need them. */
  private readonly unused = new Set<Socket>();
  /** Connections of HTTP/2, which a server that closes leaves open. */
  private readonly sessions = new Set<ServerHttp2Session>();

  /** Behaves as `behaviour()` says at the moment of each request. */
  constructor(
    private readonly identity: Identity, private readonly behaviour: () => Behaviour, private readonly random: () => number,
    private readonly after: (ms: number, task: () => void) => unknown = (ms, task) => setTimeout(task, ms), { tls, http2 }: Reached = {},
  ) {
    const answer = (request: Request, response: Response): void => this.answer(request, response);
    if (http2) {
      this.server = tls ? createSecureServer(tls, answer) : createHttp2Server(answer);
      this.server.on('session', (session: ServerHttp2Session) => {
        this.sessions.add(session);
        session.once('close', () => this.sessions.delete(session));
      });
      return;
    }
    this.server = tls ? createTlsServer(tls, answer) : createServer(answer);
    this.server.keepAliveTimeout = IDLE_TIMEOUT_MS;
    this.server.on('connection', (socket: Socket) => {
      this.unused.add(socket);
      socket.once('close', () => this.unused.delete(socket));
    });
  }

  /** Answers what is under way, then ends. `Server.close` alone would wait a minute for connections that were never used. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this.unused) socket.destroy();
    for (const session of this.sessions) session.close();
    await closed;
  }

  private answer(request: Request, response: Response): void {
    if (request instanceof IncomingMessage) this.unused.delete(request.socket);
    const { latency, failureRate } = this.behaviour();
    const delay = drawLatency(latency, this.random);
    const fails = this.random() < failureRate;
    let bodyBytes = 0;
    request.on('data', (chunk: Buffer) => { bodyBytes += chunk.length; });
    request.on('end', () => {
      const send = (): void => this.send(request, response, bodyBytes, fails);
      if (delay > 0) this.after(delay, send);
      else send();
    });
  }

  private send(request: Request, response: Response, bodyBytes: number, fails: boolean): void {
    const { service, version, pod } = this.identity;
    const text = JSON.stringify({
      ...this.identity,
      method: request.method,
      path: request.url,
      headers: request.headers,
      bodyBytes,
      ...(fails ? { error: 'this stand-in was told to fail some requests' } : {}),
    });
    const who = { [SERVICE_FIELD]: service, [VERSION_FIELD]: version, [POD_FIELD]: pod };
    if (response instanceof Http2ServerResponse && isCall(request.headers)) {
      endCall(response, who, text, fails);
      return;
    }
    const isKept = response instanceof Http2ServerResponse || this.server.listening;
    const fields = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      ...who,
      // A server that is closing says so on its last answers, or kept connections would hold it open.
      ...(isKept ? {} : { connection: 'close' }),
    };
    response.statusCode = fails ? 500 : 200;
    for (const [name, value] of Object.entries(fields)) response.setHeader(name, value);
    response.end(text);
  }
}
