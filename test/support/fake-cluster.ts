/**
 * The API server of a cluster, as far as kubectl needs it to list pods and to forward ports: it lists what the test says, and joins a forward to
 * a port of this machine. `fake-kubectl.mjs` talks to it over a socket.
 */
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, Server } from 'node:http';
import { AddressInfo, connect, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface FakePod {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly spec: object;
  readonly status: object;
}

export interface FakePodOptions {
  readonly namespace?: string;
  readonly container?: string;
  readonly status?: object;
  readonly podIP?: string;
}

export function fakePod(name: string, { namespace = 'shop', container = 'mesh-proxy', podIP = '10.0.0.1', status = {} }: FakePodOptions = {}): FakePod {
  return {
    metadata: { name, namespace, uid: `uid-${name}` },
    spec: {
      containers: [{ name: 'main', image: 'app:1' }],
      initContainers: [{ name: container, image: 'proxy:1', ports: [{ name: 'mesh-admin', containerPort: 15_099 }] }],
    },
    status: { phase: 'Running', podIP, ...status },
  };
}

export interface AdminAddress {
  readonly address: string;
  readonly port: number;
}

export class FakeCluster {
  pods: readonly FakePod[] = [];
  /** Where the forwards of pods lead. A pod that is not here can't be reached. */
  admins: Readonly<Record<string, AdminAddress>> = {};
  /** `GET /api/v1/namespaces/shop/pods` */
  readonly asked: string[] = [];
  /** Has a program `kubectl`, and the file `config` that leads it here. */
  readonly folder = mkdtempSync(join(tmpdir(), 'fake-cluster-'));
  private readonly sockets = new Set<Socket>();
  private readonly server: Server = createServer((request, response) => {
    this.asked.push(`${request.method} ${request.url}`);
    const namespace = /^\/api\/v1\/namespaces\/([^/]+)\/pods$/.exec(request.url!)?.[1];
    if (namespace === undefined && request.url !== '/api/v1/pods') {
      response.writeHead(404).end();
      return;
    }
    response.end(JSON.stringify({ items: this.pods.filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace) }));
  });

  get kubeconfig(): string { return join(this.folder, 'config'); }
  get kubectl(): string { return join(this.folder, 'kubectl'); }

  async start(): Promise<this> {
    this.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    this.server.on('upgrade', (request, socket: Socket) => {
      this.asked.push(`${request.method} ${request.url}`);
      const name = /^\/api\/v1\/namespaces\/[^/]+\/pods\/([^/]+)\/portforward\?ports=15099$/.exec(request.url!)?.[1];
      const admin = name === undefined ? undefined : this.admins[name];
      if (!admin) {
        socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n');
        return;
      }
      const upstream = connect(admin.port, admin.address);
      this.sockets.add(upstream);
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: fake\r\n\r\n');
      socket.pipe(upstream).pipe(socket);
      for (const one of [socket, upstream]) {
        one.on('error', () => undefined);
        one.on('close', () => { socket.destroy(); upstream.destroy(); });
      }
    });
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const program = join(__dirname, 'fake-kubectl.mjs');
    chmodSync(program, 0o755);
    symlinkSync(program, this.kubectl);
    writeFileSync(this.kubeconfig, JSON.stringify({ port: (this.server.address() as AddressInfo).port }));
    return this;
  }

  stop(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    rmSync(this.folder, { recursive: true });
  }
}
