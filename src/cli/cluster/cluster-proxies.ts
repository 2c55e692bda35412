/**
 * The proxies of a mesh in a cluster. Pods with the sidecar are listed, and each is reached by a `kubectl port-forward` of its own, since
 * most admin pages answer on the pod's loopback only. A forward lasts as long as its pod; each is a process, so there is a limit. A pod that does
 * not run yet, or no longer, is listed all the same: a question to it is answered with why there is no answer.
 */
import { get } from 'node:http';
import { ADMIN_PORT_NAME, DEFAULT_ADMIN, SIDECAR_CONTAINER } from '../../contract';
import type { MeshProxy, ProxySource } from '../live';
import type { Kubectl, PortForward } from './kubectl';

/** Forwards at a time. Further pods are not looked at. */
export const MAX_FORWARDS = 100;

const TIMEOUT_MS = 10_000;

/** What is read of a pod. */
interface PodObject {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly spec: { readonly containers: readonly ContainerObject[]; readonly initContainers?: readonly ContainerObject[] };
  readonly status: {
    readonly phase?: string; readonly reason?: string; readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
    readonly containerStatuses?: readonly ContainerStatus[]; readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

interface ContainerStatus {
  readonly name: string;
  readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } };
}

interface ContainerObject {
  readonly name: string;
  readonly image?: string;
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
}

export class ClusterProxies implements ProxySource {
  private readonly forwards = new Map<string, Promise<PortForward>>();
  /** Pods beyond the limit, as of the last look. */
  left = 0;
  private closed = false;

  /** @param scope `--namespace shop`, or `--all-namespaces` */
  constructor(private readonly kubectl: Kubectl, private readonly scope: readonly string[]) {}

  async proxies(): Promise<readonly MeshProxy[]> {
    const text = await this.kubectl.run(['get', 'pods', ...this.scope, '--output', 'json'], TIMEOUT_MS);
    const { items } = JSON.parse(text) as { readonly items: readonly PodObject[] };
    const pods = items.filter((pod) => sidecarOf(pod) && !ENDED.has(pod.status.phase ?? ''));
    const seen = pods.slice(0, MAX_FORWARDS);
    this.left = pods.length - seen.length;
    const there = new Set(seen.map(({ metadata }) => metadata.uid));
    for (const uid of [...this.forwards.keys()]) if (!there.has(uid)) void this.closeOne(uid);
    return seen.map((pod) => this.proxyOf(pod));
  }

  /** Ends all forwards; settles when their processes have ended. A look that is under way opens no new ones. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.forwards.keys()].map((uid) => this.closeOne(uid)));
  }

  private async closeOne(uid: string): Promise<void> {
    const forward = this.forwards.get(uid);
    this.forwards.delete(uid);
    await forward?.then((open) => open.close(), () => undefined);
  }

  private proxyOf(pod: PodObject): MeshProxy {
    const { name, namespace } = pod.metadata;
    const image = sidecarOf(pod)?.image;
    return {
      id: `${namespace}/${name}`,
      namespace,
      pod: name,
      address: pod.status.podIP ?? '',
      ...(image !== undefined && { image }),
      get: async (path) => {
        if (pod.status.phase !== 'Running') throw new Error(whyNotRunning(pod));
        return fetchText((await this.forwardTo(pod)).port, path);
      },
    };
  }

  private async forwardTo(pod: PodObject): Promise<PortForward> {
    const { uid, name, namespace } = pod.metadata;
    const before = this.forwards.get(uid);
    if (before && (await before.catch(() => undefined))?.isOpen) return before;
    // Two pages of one pod are asked for at once, and share the forward that the first one opens.
    const current = this.forwards.get(uid);
    if (current && current !== before) return current;
    if (this.closed) throw new Error('it is no longer looked at');
    const forward = this.kubectl.forward(namespace, name, adminPortOf(pod), TIMEOUT_MS);
    this.forwards.set(uid, forward);
    return forward;
  }
}

/** Phases of pods that are over, such as those of jobs. */
const ENDED: ReadonlySet<string> = new Set(['Succeeded', 'Failed']);

/** `the pod is Pending: mesh-proxy: ImagePullBackOff`. */
function whyNotRunning({ status: { phase = 'Unknown', reason, conditions = [], initContainerStatuses = [], containerStatuses = [] } }: PodObject): string {
  // A container that only waits for those before it is no reason.
  const waiting = [...initContainerStatuses, ...containerStatuses].flatMap(({ name, state }) => (
    state?.waiting && state.waiting.reason !== 'PodInitializing' ? [`${name}: ${[state.waiting.reason, state.waiting.message].filter(Boolean).join(', ')}`] : []));
  const unscheduled = conditions.find(({ type, status }) => type === 'PodScheduled' && status === 'False')?.message;
  const why = [...(unscheduled === undefined ? [] : [unscheduled]), ...waiting].join('; ') || reason;
  return `the pod is ${phase}${why === undefined ? '' : `: ${why}`}`;
}

function sidecarOf({ spec: { containers, initContainers = [] } }: PodObject): ContainerObject | undefined {
  return [...initContainers, ...containers].find(({ name }) => name === SIDECAR_CONTAINER);
}

function adminPortOf(pod: PodObject): number {
  return sidecarOf(pod)?.ports?.find(({ name }) => name === ADMIN_PORT_NAME)?.containerPort ?? DEFAULT_ADMIN.port;
}

function fetchText(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path, agent: false, timeout: TIMEOUT_MS }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => { body += text; }).on('error', reject).on('end', () => {
        if (response.statusCode === 200) resolve(body);
        else reject(new Error(`${path} answered ${response.statusCode}: ${body.trim().split('\n', 1)[0]}`));
      });
    });
    request.on('timeout', () => request.destroy(new Error(`no answer in ${TIMEOUT_MS / 1_000} s`)));
    request.on('error', reject);
  });
}
