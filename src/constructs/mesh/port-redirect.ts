/**
 * What a pod gets when it redirects ports: an init container that makes rules of nftables and ends, and a variable that tells the sidecar what
 * they are. The rules are part of the pod's template, and so is what the sidecar knows of them: a document never meets a pod that doesn't
 * redirect what it counts on.
 */
import { CALLEE_NETWORK, ENV_REDIRECTED_PORTS, REDIRECT_CONTAINER, SIDECAR_CONTAINER } from '../../contract';
import { addVariable, ContainerManifest, PodSpecManifest } from '../kubernetes/patches';
import { pullPolicy } from '../kubernetes/pull-policy';
import { ValidationErrors } from '../props/validation-errors';

/** The sidecar listens at this port in place of the first one that is redirected, and at those that follow for the others. */
export const FIRST_REDIRECTED_PORT = 15_200;

/** Limit `redirectedPorts`: most ports of the containers of one pod. `redirect` (image/redirect.c) takes as many. */
export const MAX_REDIRECTED_PORTS = 64;

/** Program of the proxy's image. */
const REDIRECT = '/redirect';

/**
 * The ports of a pod that are redirected, each with where to: all at which its containers listen, so that the pod's next call needs no other pod.
 *
 * @param appPorts ports of the app that no container has to name
 */
export function redirectedPorts(spec: PodSpecManifest, appPorts: readonly number[]): ReadonlyMap<number, number> {
  const containers = [...spec.containers, ...spec.initContainers ?? []].filter(({ name }) => name !== SIDECAR_CONTAINER);
  const named = containers.flatMap(({ ports = [] }) => ports.filter(({ protocol = 'TCP' }) => protocol === 'TCP').map(({ containerPort }) => containerPort));
  return new Map([...new Set([...named, ...appPorts])].map((port, index) => [port, FIRST_REDIRECTED_PORT + index]));
}

/** Adds the init container, before all others, and tells the sidecar. */
export function redirectPorts(spec: PodSpecManifest, sidecar: ContainerManifest, image: string, ports: ReadonlyMap<number, number>): void {
  const pairs = [...ports].map(([from, to]) => `${from}:${to}`);
  if (pairs.length === 0) {
    return;
  }
  addVariable(sidecar, ENV_REDIRECTED_PORTS, pairs.join(','));
  const redirect: ContainerManifest & Record<string, unknown> = {
    name: REDIRECT_CONTAINER,
    image,
    imagePullPolicy: pullPolicy(image),
    command: [REDIRECT],
    args: [CALLEE_NETWORK, ...pairs],
    resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '32Mi' } },
    // A capability that is added holds for root only.
    securityContext: {
      runAsUser: 0,
      runAsGroup: 0,
      runAsNonRoot: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    },
  };
  spec.initContainers = [redirect, ...spec.initContainers ?? []];
}

/** Checks that there are not too many. */
export function checkRedirectedPorts(errors: ValidationErrors, ports: ReadonlyMap<number, number>): void {
  if (ports.size > MAX_REDIRECTED_PORTS) {
    errors.add('interception', `redirect() of ${ports.size} ports`, `the containers of a pod can have at most ${MAX_REDIRECTED_PORTS} ports then; use Interception.hostsFile()`);
  }
}
