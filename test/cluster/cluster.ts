/** What scenarios do to the cluster, in the words of a person who operates it. */
import { createHash } from 'node:crypto';
import type { Manifest } from '../support/manifests';
import { Kubectl } from './kubectl';
import { Load, LoadOptions } from './load';
import { Images, NAMESPACE, shop } from './stack';

/** How often something is looked at that has to come true. */
const LOOK_EVERY_MS = 500;
const PATIENCE_MS = 120_000;
const ROLLOUT_LIMIT = '280s';

export class Cluster {
  constructor(readonly kubectl: Kubectl, readonly images: Images) {}

  /** Applies objects as a user does, and says what `kubectl` said of each. */
  async apply(manifests: readonly Manifest[]): Promise<string[]> {
    const list = { apiVersion: 'v1', kind: 'List', items: manifests };
    return (await this.kubectl.run(['apply', '-f', '-'], { input: JSON.stringify(list) })).trim().split('\n');
  }

  /** The example as it is in the repository. */
  async applyShop(): Promise<string[]> {
    return this.apply(shop(this.images));
  }

  async remove(manifests: readonly Manifest[]): Promise<void> {
    const list = { apiVersion: 'v1', kind: 'List', items: manifests };
    await this.kubectl.run(['delete', '--ignore-not-found', '--wait=true', '-f', '-'], { input: JSON.stringify(list) });
  }

  /** Waits until a workload has all its pods in their latest form. */
  async rolledOut(...deployments: string[]): Promise<void> {
    for (const name of deployments) await this.kubectl.run(['rollout', 'status', `deployment/${name}`, `--timeout=${ROLLOUT_LIMIT}`]);
  }

  /** Replaces all pods of a workload, one after the other. */
  async restart(deployment: string): Promise<void> {
    await this.kubectl.run(['rollout', 'restart', `deployment/${deployment}`]);
    await this.rolledOut(deployment);
    await this.gone(deployment);
  }

  /** Waits until the pods that a rollout replaced have ended. */
  private async gone(deployment: string): Promise<void> {
    await this.until(`the old pods of ${deployment} have ended`, async () => (
      (await this.pods(deployment)).every(({ metadata }) => metadata.deletionTimestamp === undefined)));
  }

  async setEnvironment(deployment: string, variable: string): Promise<void> {
    await this.kubectl.run(['set', 'env', `deployment/${deployment}`, '-c', 'main', variable]);
    await this.rolledOut(deployment);
    await this.gone(deployment);
  }

  async scale(deployment: string, replicas: number): Promise<void> {
    await this.kubectl.run(['scale', `deployment/${deployment}`, `--replicas=${replicas}`]);
    await this.rolledOut(deployment);
    await this.gone(deployment);
  }

  /** The pods of a workload, the ending ones too. */
  async pods(deployment: string): Promise<Manifest[]> {
    const { spec } = await this.kubectl.json<Manifest>(['get', 'deployment', deployment]);
    const selector = Object.entries(spec.selector.matchLabels as Record<string, string>).map(([key, value]) => `${key}=${value}`).join(',');
    return (await this.kubectl.json<{ items: Manifest[] }>(['get', 'pods', '-l', selector])).items;
  }

  /** The name of a running pod of a workload. */
  async pod(deployment: string): Promise<string> {
    const running = (await this.pods(deployment)).filter(({ metadata, status }) => (
      metadata.deletionTimestamp === undefined && status.containerStatuses?.every(({ ready }: Manifest) => ready)));
    if (running.length === 0) throw new Error(`no pod of ${deployment} is ready`);
    return running[0].metadata.name as string;
  }

  /** Runs a program of Node in a container, and gives what it printed. */
  async node(pod: string, container: string, program: string, ...args: string[]): Promise<string> {
    return this.kubectl.run(['exec', pod, '-c', container, '--', 'node', '-e', program, ...args]);
  }

  /** Lets requests flow from a pod of a workload. */
  async load(deployment: string, options: Omit<LoadOptions, 'pod'>): Promise<Load> {
    return Load.start(this.kubectl, { ...options, pod: await this.pod(deployment) });
  }

  /** What the admin port of a pod's sidecar says. */
  async admin(pod: string, path: string): Promise<string> {
    const program = 'fetch(process.argv[1]).then((r) => r.text()).then((t) => process.stdout.write(t))';
    return this.node(pod, 'mesh-proxy', program, `http://127.0.0.1:15020${path}`);
  }

  /** The sum of a counter over all its labels that fit. */
  async metric(pod: string, family: string, labels = ''): Promise<number> {
    const lines = (await this.admin(pod, '/metrics')).split('\n').filter((line) => line.startsWith(`${family}{`) || line.startsWith(`${family} `));
    return lines.filter((line) => line.includes(labels)).reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }

  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    while (!await holds()) {
      if (Date.now() > end) throw new Error(`not within ${PATIENCE_MS / 1_000} s: ${what}`);
      await this.pause(LOOK_EVERY_MS);
    }
  }

  /** Lets traffic flow for a while. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => { setTimeout(resolve, ms); });
  }

  /** A short name for what a workload's pod template is, to see whether it changed. */
  async template(deployment: string): Promise<string> {
    const { spec } = await this.kubectl.json<Manifest>(['get', 'deployment', deployment]);
    return createHash('sha256').update(JSON.stringify(spec.template)).digest('hex').slice(0, 12);
  }

  get namespace(): string { return NAMESPACE; }
}
