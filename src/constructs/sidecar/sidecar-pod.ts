/**
 * A pod with a sidecar when all calls are known: what is added to it as it is written, and what is wrong with it then.
 */
import { IConstruct } from 'constructs';
import { SIDECAR_CONTAINER, TERMINATING_PATH } from '../../contract';
import { ShutdownBudget } from '../../planning/shutdown-budget';
import { checkCalledNames } from '../calls/called-names';
import { Call } from '../calls/dependencies';
import { checkPodSecurity } from '../checks/pod-security';
import { Destination } from '../destinations/destination';
import { checkRules } from '../identity/caller-rules';
import { mountJwtKeys } from '../identity/jwt-keys';
import { WorkloadIdentity } from '../identity/workload-identity';
import { InboundPort } from '../inbound/inbound-ports';
import * as kplus from '../kubernetes/kplus';
import { addVariable, askBeforeStop, PodSpecManifest, sleepBeforeStop, writtenTemplateOf } from '../kubernetes/patches';
import { clusterOf, MeshSettings } from '../mesh/mesh-settings';
import { checkPodPorts } from '../mesh/proxy-ports';
import { ValidationErrors } from '../props/validation-errors';
import { mountToken } from './api-token';
import { namedCallees } from './document';
import { checkCallees, checkIdentityPod, mountIdentity, securityOf } from './identity-pod';
import { sessionsOf } from './outbound-routes';
import { mountSessionKeys } from './session-keys';
import { sidecarOf } from './sidecar-container';
import { checkProxyMemory, NODE_OPTIONS, requestLogSpace, sidecarNodeOptions } from './sidecar-resources';
import { checkUpstreamTls, mountUpstreamTls } from './upstream-tls-pod';
import { checkNamesAndPlace } from './workload';

/** What is known of the pod. */
export interface SidecarPod {
  readonly workload: IConstruct;
  /** Path of the construct that people know it by. */
  readonly path: string;
  readonly container: kplus.Container;
  readonly namespace: string;
  /** Port of the app; absent when it takes no requests. */
  readonly appPort?: number;
  /** Ports at which the app is called besides. */
  readonly morePorts: readonly InboundPort[];
  /** Whether clients from outside come by TLS. */
  readonly hasTls: boolean;
  readonly settings: MeshSettings;
  readonly identity?: WorkloadIdentity;
  readonly budget: ShutdownBudget;
  readonly calls: readonly Call[];
  /** The same, and what only the sidecar calls. */
  readonly reached: readonly Call[];
  /** What it is called as, if it is called. */
  readonly called?: Destination;
  readonly readsApi: boolean;
}

/** Adds what depends on the calls, and what is newer than the generated types. */
export function completePod(spec: PodSpecManifest, { settings, identity, calls, ...pod }: SidecarPod): void {
  spec.containers.forEach((container) => sleepBeforeStop(container, pod.budget.sleepSeconds));

  const sidecar = sidecarOf(spec);
  if (!sidecar) {
    return;
  }
  settings.proxyImage._letPull(spec);
  const appPorts = appPortsOf(pod);
  settings.interception._complete(spec, sidecar, namedCallees([...calls], pod.namespace), { image: settings.proxyImage.reference, appPorts });
  if (pod.readsApi) {
    mountToken(spec, sidecar);
  }
  mountIdentity(spec, sidecar, identity, settings);
  mountJwtKeys(spec, sidecar, pod.called?._info().jwt ?? []);
  mountUpstreamTls(spec, sidecar, pod.reached);
  if (pod.appPort !== undefined) {
    askBeforeStop(sidecar, TERMINATING_PATH, settings.proxyPorts.admin);
  }
  requestLogSpace(sidecar, settings);
  mountSessionKeys(spec, sidecar, calls.flatMap((call) => sessionsOf(call, calls)));
  const options = sidecarNodeOptions(settings);
  if (options !== undefined) {
    addVariable(sidecar, NODE_OPTIONS, options);
  }
}

/** Ports at which the app is called, whether its containers name them or not. */
function appPortsOf({ appPort, morePorts }: Pick<SidecarPod, 'appPort' | 'morePorts'>): number[] {
  return [...appPort === undefined ? [] : [appPort], ...morePorts.map(({ targetPort }) => targetPort)];
}

/** What is wrong with it, which may change until synthesis. */
export function mistakesOfPod(pod: SidecarPod): string[] {
  const { settings, identity, calls, called, namespace } = pod;
  const errors = new ValidationErrors();
  const unwritable = checkWritten(errors, pod);
  if (!pod.container.env.variables[NODE_OPTIONS]) {
    checkProxyMemory(errors, 'proxyResources', settings);
  }
  checkCalledNames(errors, calls, namespace);
  checkUpstreamTls(errors, pod.reached, namespace);
  checkRules(errors, securityOf(identity, settings, called)?.inbound.authorization);
  checkCallees(errors, pod.reached, { identity, path: pod.path });
  return [...errors.messages, ...unwritable];
}

/** What is wrong with the pod as it will be written. Returns why it can't be, if so. */
function checkWritten(errors: ValidationErrors, pod: SidecarPod): string[] {
  const { workload, settings, identity, calls, namespace, appPort, morePorts, hasTls } = pod;
  try {
    const { spec } = writtenTemplateOf(workload);
    if (!sidecarOf(spec)) {
      errors.add('workload', workload.node.path, `after its patches, its pod has no init container '${SIDECAR_CONTAINER}', which is the sidecar; leave that in the list, `
        + 'or give the workload no sidecar');
      return [];
    }
    checkPodPorts(errors, {
      spec, appPort, ports: settings.proxyPorts, tls: hasTls, secureMetrics: settings.monitoring._mutualTls !== undefined, calls, morePorts,
      bindsApart: settings.appAddress._isSingle,
      redirected: settings.interception._redirected(spec, appPortsOf(pod)),
    });
    checkNamesAndPlace(errors, spec);
    checkIdentityPod(errors, spec, identity);
    checkPodSecurity(errors, workload, clusterOf(workload), settings.podSecurity);
    settings.interception._check(errors, spec, namedCallees([...calls], namespace));
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}
