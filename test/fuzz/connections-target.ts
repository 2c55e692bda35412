/**
 * The whole proxy under mutated messages, over real sockets: clients send anything, the backend answers with anything, either
 * ends or breaks off whenever it likes. What must hold:
 *   - the backend gets nothing but strict HTTP/1.1, and no request in full that the client did not send;
 *   - the client gets nothing but strict HTTP/1.1, and a body in full only when the backend sent it so;
 *   - afterwards nothing is left: no connection, request, waiting request or tunnel, and the next request is served.
 */
import type { LimitsConfig } from '../../src/contract';
import { normalizePath } from '../../src/routing';
import { CORPUS_LIMITS } from '../corpus/case';
import { pieces, readRequestPieces, readResponsePieces } from '../support/codec-reader';
import { startProxy, TestProxy } from '../support/proxy';
import { RawBackend, rawClient, RawConnection } from '../support/raw-http';
import { readRequests, readResponses } from '../support/strict-http';
import { isOwn } from './codec-target';

const TIMES: LimitsConfig = { idleTimeoutMs: 100, headTimeoutMs: 25, bodyTimeoutMs: 25, tunnelIdleTimeoutMs: 25 };
/** What must happen happens within this, even on a machine with other work. */
const PATIENCE_MS = 10_000;
const PROBE = 'GET /probe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const PROBE_ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nprobe';

/** How a side goes on when it has sent everything. */
export type Ending = 'waits' | 'ends' | 'resets';

export interface Side {
  readonly bytes: Buffer;
  readonly cuts: readonly number[];
  readonly ending: Ending;
}

export interface ConnectionCase {
  readonly client: Side;
  /** What the backend sends on each connection when the first bytes have come. */
  readonly backend: Side;
}

/** A proxy with a backend, used by one case after the other. */
export class Lane {
  private script: Side | undefined;

  private constructor(private readonly backend: RawBackend, private readonly test: TestProxy) {}

  static async start(): Promise<Lane> {
    let onConnection: (connection: RawConnection) => void = () => {};
    const backend = await RawBackend.start((connection) => onConnection(connection));
    const test = await startProxy([backend.port], {
      limits: { ...CORPUS_LIMITS, ...TIMES }, route: { timeoutMs: 150 }, cluster: { idleTimeoutMs: 20 },
    });
    const lane = new Lane(backend, test);
    onConnection = (connection) => lane.serve(connection);
    return lane;
  }

  async close(): Promise<void> {
    this.test.proxy.close();
    await this.backend.close();
  }

  /** What went wrong; undefined when nothing did. */
  async check({ client: side, backend }: ConnectionCase): Promise<string | undefined> {
    this.script = backend;
    const from = this.backend.connections.length;
    const client = await rawClient(this.test.port);
    await send(client, side);
    const over = await within(PATIENCE_MS, () => client.closed || client.ended);
    client.socket.destroy();
    const left = await within(PATIENCE_MS, () => this.leftOvers() === '') ? '' : this.leftOvers();
    this.script = undefined;
    if (!over) return `hangs: the client's connection is open, and so far got ${JSON.stringify(client.received)}`;
    if (left !== '') return `leaves ${left}`;
    return this.judge(side, backend, client, this.backend.connections.slice(from)) ?? await this.probe();
  }

  private serve(connection: RawConnection): void {
    connection.socket.once('data', () => {
      if (this.script) void send(connection, this.script);
    });
    connection.socket.on('data', () => {
      if (!this.script && connection.received.endsWith('\r\n\r\n') && connection.received.includes('GET /probe ')) connection.send(PROBE_ANSWER);
    });
    // A backend that has heard the end has nothing more to say.
    connection.socket.on('end', () => connection.end());
  }

  private judge(side: Side, backend: Side, client: RawConnection, connections: readonly RawConnection[]): string | undefined {
    const switched = client.received.includes('HTTP/1.1 101 ');
    const asked = readRequestPieces([side.bytes], CORPUS_LIMITS).messages;
    try {
      const seen = connections.flatMap(({ received }) => (switched ? [] : readRequests(received).messages));
      const sentInFull = asked.filter(({ complete }) => complete).map(({ head, body }) => `${inNormalForm(head.slice(0, head.indexOf(' HTTP/1.1\r\n')))} ${body}`);
      for (const { line, body } of seen) {
        if (!sentInFull.includes(`${line} ${body}`)) return `the backend got a request that the client did not send: ${JSON.stringify(line)} ${JSON.stringify(body)}`;
      }
      if (switched) return undefined;
      const methods = asked.map(({ head }) => head.slice(0, head.indexOf(' ')));
      const { messages } = readResponses(client.received, [...methods, 'GET'], client.ended);
      return this.judgeResponses(messages.filter((message) => message.line >= '200' && !isOwn(message)), backend);
    } catch (error) {
      return `not strict: ${(error as Error).message}; the client got ${JSON.stringify(client.received)}, the backend ${JSON.stringify(connections.map(({ received }) => received))}`;
    }
  }

  /** Each body that came in full must be one that the backend sent. */
  private judgeResponses(responses: readonly { readonly line: string; readonly body: string }[], backend: Side): string | undefined {
    const possible = [false, true].flatMap((toHead) => readResponsePieces([backend.bytes], CORPUS_LIMITS, toHead).messages)
      .map(({ head, body }) => `${head.slice(9, 12)} ${body}`);
    for (const { line, body } of responses) {
      // Of a body that ends with its connection any beginning may be all there is.
      const fits = possible.some((each) => each === `${line} ${body}` || (backend.ending !== 'waits' && each.startsWith(`${line} ${body}`)));
      if (!fits && !(body === '' && possible.some((each) => each.startsWith(line)))) {
        return `the client got a response that the backend did not send: ${line} ${JSON.stringify(body)}`;
      }
    }
    return undefined;
  }

  private leftOvers(): string {
    const { proxy } = this.test;
    const cluster = proxy.clusters.get('backend');
    const { requestsInFlight, tunnelsOpen } = proxy.listeners.all()[0]!.instruments;
    const left = {
      connections: proxy.context.connections,
      requests: requestsInFlight.value,
      tunnels: tunnelsOpen.value,
      waiting: cluster.pending,
      inFlight: cluster.endpoints.reduce((sum, endpoint) => sum + endpoint.inFlight, 0),
      // Idle ones close by themselves.
      upstream: cluster.stats.open,
    };
    return Object.entries(left).filter(([, count]) => count !== 0).map(([name, count]) => `${name}: ${count}`).join(', ');
  }

  private async probe(): Promise<string | undefined> {
    // A machine with much other work may take longer than any timeout to get to it; one that hangs never does.
    const answers: string[] = [];
    while (answers.at(-1)?.endsWith('\r\n\r\nprobe') !== true) {
      if (answers.length === 10) return `does not serve the next request: ${JSON.stringify(answers)}`;
      const client = await rawClient(this.test.port);
      client.send(PROBE);
      await within(PATIENCE_MS, () => client.received.endsWith('\r\n\r\nprobe') || client.ended || client.closed);
      client.socket.destroy();
      answers.push(client.received);
    }
    return await within(PATIENCE_MS, () => this.leftOvers() === '') ? undefined : `leaves ${this.leftOvers()} behind the next request`;
  }
}

/** A method and a target, whose path is sent on in its normal form. */
function inNormalForm(line: string): string {
  const at = line.indexOf(' ') + 1;
  const query = line.indexOf('?', at);
  const end = query < 0 ? line.length : query;
  const path = normalizePath(line.slice(at, end));
  return typeof path === 'string' ? line.slice(0, at) + path + line.slice(end) : line;
}

export async function send(connection: RawConnection, { bytes, cuts, ending }: Side): Promise<void> {
  for (const piece of pieces(bytes, cuts)) {
    if (connection.closed || connection.socket.destroyed) return;
    connection.send(piece);
    if (cuts.length > 0) await new Promise((resolve) => { setImmediate(resolve); });
  }
  if (ending === 'ends') connection.end();
  if (ending === 'resets' && !connection.closed) connection.reset();
}

export async function within(ms: number, condition: () => boolean): Promise<boolean> {
  const end = Date.now() + ms;
  while (!condition()) {
    if (Date.now() > end) return false;
    await new Promise((resolve) => { setTimeout(resolve, 1); });
  }
  return true;
}
