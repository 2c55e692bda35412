/**
 * A way in for a browser or curl: a port of 127.0.0.1 whose connections are passed on, byte by byte, to a ready pod behind
 * a Service, each connection to any of them. That is what a load balancer and kube-proxy do in front of a cluster.
 */
import { AddressInfo, connect, createServer, Server, Socket } from 'node:net';
import { isOfGateway } from '../../../contract';
import { UserError, codeOf, messageOf } from '../../command-line/errors';
import { Flow, flowFromOutside } from './flow';
import { answeringFront, Front, frontsOf } from './front';
import { isNamed } from '../../model/named-workloads';
import type { LocalMesh } from '../local-mesh';

/** Added to a port that needs privileges, for one that does not: 80 becomes 8080. */
const HIGHER = 8_000;

export class PortForward {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  /**
   * @param wanted 0 for any that is free
   * @param front what it leads to. Absent: what its flow does, whatever that is
   */
  constructor(readonly flow: Pick<Flow, 'to' | 'target' | 'host' | 'isSecure'>, private readonly wanted: number, readonly front?: Front) {
    this.server = createServer((client) => this.pass(client));
  }

  /** Once it is open, the one that it has. */
  get port(): number { return (this.server.address() as AddressInfo | null)?.port ?? this.wanted; }

  get service(): string { return this.flow.to; }

  get url(): string { return `${this.flow.isSecure ? 'https' : 'http'}://127.0.0.1:${this.port}`; }

  async open(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', (error) => reject(new UserError(`--expose ${this.service}=${this.port}: ${this.problem(error)}`)));
      this.server.listen(this.wanted, '127.0.0.1', resolve);
    });
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private problem(error: Error): string {
    switch (codeOf(error)) {
      case 'EADDRINUSE': return `port ${this.port} of 127.0.0.1 is in use by another program; choose another`;
      case 'EACCES': return `you may not listen on port ${this.port}; choose a port from 1024 on, such as ${this.service}=${this.port + HIGHER}`;
      default: return messageOf(error);
    }
  }

  private pass(client: Socket): void {
    const target = this.flow.target();
    if (!target) {
      client.destroy();
      return;
    }
    const pod = connect(target.port, target.address);
    for (const [socket, other] of [[client, pod], [pod, client]] as const) {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.sockets.delete(socket);
        // What came before the end is passed on before it.
        other.destroySoon();
      });
      socket.pipe(other);
    }
  }
}

/** A way in to each port of a gateway that `--expose` doesn't name, at a free port. */
export function gatewayForwards(mesh: LocalMesh, exposed: readonly PortForward[]): PortForward[] {
  const { workloads } = mesh.model;
  const gateways = workloads.filter(({ config }) => config.listeners.some(isOfGateway));
  return gateways.flatMap((workload) => {
    const { service, namespace } = workload;
    const isAlone = workloads.filter((other) => other.service === service).length === 1;
    const name = isAlone ? service : `${service}.${namespace}`;
    return frontsOf(mesh, name, 'expose').filter(({ port }) => !exposed.some((other) => isNamed(workload, other.service) && other.front?.port.port === port.port))
      .map((front) => new PortForward(flowFromOutside(mesh, name, 'expose', Math.random, front), 0, front));
  });
}

/** The ways in that `--expose SERVICE=PORT` and `--expose SERVICE:PORT=PORT` ask for; not open yet. */
export function readPortForwards(texts: readonly string[], mesh: LocalMesh): PortForward[] {
  const given = new Map<number, string>();
  return texts.map((text) => {
    const [, service, servicePort, port] = /^([^=:]+)(?::(\d{1,5}))?=(\d{1,5})$/.exec(text) ?? [];
    if (service === undefined || !(Number(port) >= 1 && Number(port) <= 65_535)) {
      throw new UserError(`--expose must name a service and a port, as in --expose web=8080, got '${text}'`);
    }
    const other = given.get(Number(port));
    if (other !== undefined) throw new UserError(`--expose gives port ${Number(port)} to '${other}' and to '${service}'; a port can lead to one service only`);
    given.set(Number(port), service);
    const front = frontAt(frontsOf(mesh, service, 'expose'), servicePort, text);
    return new PortForward(flowFromOutside(mesh, service, 'expose', Math.random, front), Number(port), front);
  });
}

function frontAt(fronts: readonly Front[], port: string | undefined, text: string): Front {
  if (port === undefined) return answeringFront(fronts);
  const front = fronts.find((candidate) => candidate.port.port === Number(port));
  if (!front) throw new UserError(`--expose ${text}: the Service '${fronts[0]!.service.name}' has no port ${port}; it has ${fronts.map((each) => each.port.port).join(', ')}`);
  return front;
}
