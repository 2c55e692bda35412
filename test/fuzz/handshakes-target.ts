/**
 * The inbound port under mutated bytes of TLS: a client's first message and what follows it, cut anywhere, from clients that end or break off
 * whenever they like. What must hold: the connection ends, nothing is left of it, the app has seen nothing, and the next caller is served.
 */
import { connect } from 'node:net';
import { connect as connectTls, ConnectionOptions } from 'node:tls';
import { issue, makeRoot, spiffeIdOf } from '../../src/authority';
import { MountedIdentity } from '../support/identities';
import { startProxy, TestProxy } from '../support/proxy';
import { RawBackend, rawClient } from '../support/raw-http';
import { send, Side, within } from './connections-target';

const DOMAIN = 'cluster.local';
const PATIENCE_MS = 20_000;
const GET = 'GET /probe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

/** A sidecar's inbound port, used by one case after the other. */
export class HandshakeLane {
  private constructor(
    private readonly backend: RawBackend, private readonly test: TestProxy, private readonly identity: MountedIdentity,
    private readonly caller: { readonly cert: string; readonly key: string },
  ) {}

  static async start(): Promise<HandshakeLane> {
    const now = Date.now();
    const root = makeRoot(DOMAIN, { now });
    const leaf = (service: string): ReturnType<typeof issue> => issue(root, spiffeIdOf(DOMAIN, 'shop', service), { now });
    const backend = await RawBackend.answering(() => 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nprobe');
    const identity = new MountedIdentity(leaf('catalog'), root.certificate);
    const test = await startProxy([backend.port], {
      direction: 'inbound', mutualTls: {}, identity: identity.config, limits: { headTimeoutMs: 300, tlsHandshakeTimeoutMs: 300, idleTimeoutMs: 300 },
    });
    const { certificate: cert, key } = leaf('web');
    return new HandshakeLane(backend, test, identity, { cert, key });
  }

  async close(): Promise<void> {
    this.test.proxy.close();
    this.identity.remove();
    await this.backend.close();
  }

  /** What went wrong; undefined when nothing did. */
  async check(side: Side): Promise<string | undefined> {
    const { received } = this.backend;
    const client = await rawClient(this.test.port);
    await send(client, side);
    const over = await within(PATIENCE_MS, () => client.closed || client.ended);
    client.socket.destroy();
    if (!over) return 'hangs: the connection stays open';
    if (!await within(PATIENCE_MS, () => this.test.proxy.context.connections === 0)) return `leaves ${this.test.proxy.context.connections} connections`;
    if (this.backend.received !== received) return `the app got ${JSON.stringify(this.backend.received.slice(received.length))}`;
    return await this.isServed() ? undefined : 'does not serve the next caller';
  }

  /** A machine with much other work may take longer than a timeout to get to it; one that hangs never does. */
  private async isServed(): Promise<boolean> {
    for (let tries = 0; tries < 30; tries += 1) {
      const socket = connectTls({ port: this.test.port, host: '127.0.0.1', ALPNProtocols: ['mesh/h1'], rejectUnauthorized: false, ...this.caller });
      let answer = '';
      let closed = false;
      socket.on('data', (data) => { answer += String(data); }).on('error', () => {}).on('close', () => { closed = true; });
      socket.write(GET);
      await within(PATIENCE_MS, () => closed);
      socket.destroy();
      if (answer.endsWith('probe')) return true;
    }
    return false;
  }
}

/** The first message of a client of TLS, as OpenSSL writes it. */
export function clientHello(options: ConnectionOptions = {}): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    void RawBackend.start((connection) => {
      connection.socket.once('data', (data) => {
        connection.socket.destroy();
        resolve(data as Buffer);
      });
    }).then((server) => {
      const socket = connectTls({ socket: connect(server.port, '127.0.0.1'), ALPNProtocols: ['mesh/h1'], ...options });
      socket.on('error', () => {}).on('close', () => void server.close());
    }, reject);
  });
}
