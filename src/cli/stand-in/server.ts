/**
 * An app to stand in for the real one: answers every request with who it is and what it was asked, after the latency
 * and with the failure rate that it is told. Who it is also stands in response fields, so that whoever drives traffic
 * can count shares without parsing bodies.
 */
import { createServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import { Behaviour, drawLatency } from './behaviour';

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

/** A server that behaves as `behaviour()` says at the moment of each request. */
export function createStandIn(identity: Identity, behaviour: () => Behaviour, random: () => number): Server {
  const fields = {
    'content-type': 'application/json',
    [SERVICE_FIELD]: identity.service,
    [VERSION_FIELD]: identity.version,
    [POD_FIELD]: identity.pod,
  };
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const { latency, failureRate } = behaviour();
    const delay = drawLatency(latency, random);
    const fails = random() < failureRate;
    let bodyBytes = 0;
    request.on('data', (chunk: Buffer) => { bodyBytes += chunk.length; });
    request.on('end', () => {
      const answer = (): void => {
        const body = JSON.stringify({
          ...identity,
          method: request.method,
          path: request.url,
          headers: request.headers,
          bodyBytes,
          ...(fails ? { error: 'this stand-in was told to fail some requests' } : {}),
        });
        // A server that is closing says so on its last answers, or kept connections would hold it open.
        const last = server.listening ? {} : { connection: 'close' };
        response.writeHead(fails ? 500 : 200, { ...fields, ...last, 'content-length': Buffer.byteLength(body) });
        response.end(body);
      };
      if (delay > 0) setTimeout(answer, delay);
      else answer();
    });
  });
  server.keepAliveTimeout = IDLE_TIMEOUT_MS;
  return server;
}
