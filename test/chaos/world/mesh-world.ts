/**
 * A whole mesh out of constructs, as `cdk8s-mesh up` runs it: callers and callees, each with its sidecar, the API, and pods that
 * are replaced when they die. The apps are the backends that write down what they execute.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chart, Duration } from 'cdk8s';
import { Mesh, MeshService, Scaling } from 'cdk8s-mesh';
import { PortForward } from '../../../src/cli/up/traffic/port-forward';
import { Flow, flowBetween } from '../../../src/cli/up/traffic/flow';
import type { LocalMesh } from '../../../src/cli/up/local-mesh';
import type { SocketAddress } from '../../../src/cli/up/network';
import { OUTSIDE } from '../../../src/cli/up/traffic/outside';
import type { Pod } from '../../../src/cli/up/pod';
import { freePort } from '../../support/proxy';
import { modelOf, startMesh } from '../../support/local-mesh';
import { until } from '../../support/raw-http';
import { ENV_LATENCY_MS, ENV_LEDGERS } from '../backend/manner';
import { Ledger } from '../ledger';
import { backendProgram, PROGRAMS, supervisorProgram } from '../programs';
import { CALL_TIMEOUT_MS } from '../subjects/subject';
import { connectionsTo, peakMemoryOf } from './kernel';
import type { World } from './world';

export interface MeshWorldOptions {
  readonly callers: number;
  readonly pods: number;
  /** Clients are outside of the mesh: they keep connections to the service's address, each of which leads to a pod, as kube-proxy has it. */
  readonly outside?: boolean;
  /** Proxies run under the supervisor of the image, which starts them again; without it a pod ends with its proxy. */
  readonly supervised?: boolean;
}

const CALLER = 'web';
const CALLEE = 'catalog';
const LATENCY_MS = '5';
const RESTART_LIMIT_MS = 10_000;
const PROPAGATION = Duration.seconds(1);

export class MeshWorld implements World {
  readonly protocol = 'http';
  readonly faulty = new Set<string>();
  readonly notes = new Set<string>();
  severed = 0;
  private readonly unexpected: string[] = [];
  private readonly flow: Flow;
  private peak = 0;

  private constructor(readonly mesh: LocalMesh, private readonly ledgers: string, private readonly forward: PortForward | undefined) {
    this.flow = flowBetween(mesh, forward ? OUTSIDE : CALLER, CALLEE);
    mesh.on('notice', (notice) => {
      if (![...this.faulty].some((name) => notice.includes(name))) this.unexpected.push(notice);
    });
  }

  static async open({ callers, pods, outside = false, supervised = false }: MeshWorldOptions): Promise<MeshWorld> {
    const ledgers = mkdtempSync(join(tmpdir(), 'mesh-chaos-'));
    const model = modelOf((chart: Chart) => {
      new Mesh(chart, 'mesh', { endpointPropagation: PROPAGATION });
      const container = { image: 'example/app:1', portNumber: 8080 };
      const callee = new MeshService(chart, CALLEE, { containers: [container], scaling: Scaling.replicas(pods) });
      new MeshService(chart, CALLER, { containers: [container], scaling: Scaling.replicas(callers) })
        .calls(callee, { timeout: Duration.millis(CALL_TIMEOUT_MS) });
    });
    const environment = `${ENV_LEDGERS}='${ledgers}' ${ENV_LATENCY_MS}=${LATENCY_MS}`;
    try {
      const programs = supervised ? { ...PROGRAMS, supervisor: supervisorProgram() } : PROGRAMS;
      const mesh = await startMesh(model, { programs, command: () => `${environment} exec '${process.execPath}' '${backendProgram()}'` });
      const forward = outside ? new PortForward(flowBetween(mesh, OUTSIDE, CALLEE), await freePort()) : undefined;
      await forward?.open();
      return new MeshWorld(mesh, ledgers, forward);
    } catch (error) {
      rmSync(ledgers, { recursive: true });
      throw error;
    }
  }

  get host(): string { return this.flow.host; }
  get callers(): readonly Pod[] { return this.podsOf(CALLER); }
  get callees(): readonly Pod[] { return this.podsOf(CALLEE); }

  target(): SocketAddress | undefined { return this.forward ? { address: '127.0.0.1', port: this.forward.port } : this.flow.target(); }
  problems(): readonly string[] { return this.unexpected; }

  peakMemory(): number {
    return Math.max(this.peak, ...this.mesh.pods.map(({ pids }) => (pids.proxy === undefined ? 0 : peakMemoryOf(pids.proxy))));
  }

  ledger(): Ledger { return Ledger.read(this.ledgers); }

  /** Ends the app of a pod without warning; the pod goes with it and is replaced. */
  async killApp(pod: Pod): Promise<void> {
    this.faulty.add(pod.name);
    process.kill(pod.pids.app!, 'SIGKILL');
    await pod.ended;
  }

  /** Ends the proxy of a pod without warning; settles when its supervisor has started another. */
  async killProxy(pod: Pod): Promise<void> {
    const before = pod.pids.proxy!;
    this.faulty.add(pod.name);
    this.peak = this.peakMemory();
    process.kill(before, 'SIGKILL');
    await until(`another proxy of ${pod.name} is started`, () => pod.pids.proxy !== undefined && pod.pids.proxy !== before, RESTART_LIMIT_MS);
  }

  /** The same for the proxy of a caller, whose clients are cut off. */
  async killProxyOfCaller(pod: Pod): Promise<void> {
    const { address, port } = pod.workload.config.listeners.find(({ direction }) => direction === 'outbound')!;
    this.severed += connectionsTo([pod.outbound({ address: address!, port })]);
    await this.killProxy(pod);
  }

  /** Replaces a pod as a Deployment does in a rollout: the new one is ready before the old one is stopped. */
  async replace(pod: Pod): Promise<void> {
    await this.mesh.add(pod.workload.service, pod.workload.version);
    this.peak = this.peakMemory();
    await this.mesh.stopGracefully(pod.name);
  }

  async stop(): Promise<void> {
    await this.forward?.close();
    await this.mesh.stop();
    rmSync(this.ledgers, { recursive: true, force: true });
  }

  private podsOf(service: string): readonly Pod[] {
    return this.mesh.pods.filter(({ workload, state }) => workload.service === service && state === 'ready');
  }
}
