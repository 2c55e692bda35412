/** The pods of a gateway: the proxy alone, by the image of the sidecars. */
import { Size } from 'cdk8s';
import { Construct } from 'constructs';
import { INBOUND_TLS_PORT_NAME, SIDECAR_CONTAINER, TERMINATING_WAIT_PATH, TLS_DIR, TLS_VOLUME, VERSION_LABEL } from '../../contract';
import { ShutdownBudget } from '../../planning/shutdown-budget';
import { Call } from '../calls/dependencies';
import { servingLabels } from '../inbound/services';
import * as kplus from '../kubernetes/kplus';
import { addVariable, askBeforeStop, completePodSpec, ContainerManifest, PodSpecManifest, setInPodSpec } from '../kubernetes/patches';
import { SERVING_STRATEGY, ServingDeployment, spreadPods } from '../kubernetes/serving-deployment';
import { MeshSettings } from '../mesh/mesh-settings';
import { SessionPersistence } from '../policies/session-persistence';
import { Jwt } from '../identity/jwt';
import { mountJwtKeys } from '../identity/jwt-keys';
import { WorkloadIdentity } from '../identity/workload-identity';
import { mountToken } from '../sidecar/api-token';
import { mountIdentity, noteMinimumKubernetes } from '../sidecar/identity-pod';
import { STUCK_GRACE_SECONDS } from '../sidecar/probes';
import { mountSessionKeys } from '../sidecar/session-keys';
import { proxyContainer } from '../sidecar/sidecar-container';
import { NODE_OPTIONS, noteWorkers, sidecarNodeOptions } from '../sidecar/sidecar-resources';
import { mountUpstreamTls } from '../sidecar/upstream-tls-pod';
import { certificateFolder } from './edge-config';
import { GatewayCertificate } from './gateway-certificate';
import { GATEWAY_VERSION } from './gateway-service';

/** What each worker requests. A gateway has the traffic of many clients at once, and nothing else in its pods. */
const WORKER_CPU_MILLIS = 500;
const REQUESTED_MIB = 128;
const LIMIT_MIB = 256;

/** What the pods are made of. */
interface PodsInfo {
  readonly name: string;
  readonly settings: MeshSettings;
  readonly identity?: WorkloadIdentity;
  readonly configMap: kplus.ConfigMap;
  readonly serviceAccount: kplus.ServiceAccount;
  readonly replicas?: number;
  readonly budget: ShutdownBudget;
  readonly tls?: readonly GatewayCertificate[];
  readonly jwt?: readonly Jwt[];
  /** What is known when the app is complete. */
  readsSlices(): boolean;
  sessions(): readonly SessionPersistence[];
  calls(): readonly Call[];
}

/** The resources of a pod when nobody says. No limit on CPU, for throttling delays every request. */
export function gatewayResources(workers: number): kplus.ContainerResources {
  return {
    cpu: { request: kplus.Cpu.millis(WORKER_CPU_MILLIS * workers) },
    memory: { request: Size.mebibytes(REQUESTED_MIB * workers), limit: Size.mebibytes(LIMIT_MIB * workers) },
  };
}

export function gatewayDeployment(scope: Construct, id: string, info: PodsInfo): kplus.Deployment {
  const { name, settings, configMap, serviceAccount, replicas, budget, tls } = info;
  const labels = servingLabels(name, GATEWAY_VERSION);
  const deployment = new ServingDeployment(scope, id, {
    metadata: { name },
    containers: [withTlsPort(proxyContainer(scope, settings, configMap, true), settings, tls !== undefined)],
    serviceAccount,
    replicas,
    strategy: SERVING_STRATEGY,
  }, labels);
  spreadPods(deployment, labels);
  setInPodSpec(deployment, '/containers/0/livenessProbe/terminationGracePeriodSeconds', STUCK_GRACE_SECONDS);
  setInPodSpec(deployment, '/terminationGracePeriodSeconds', budget.gracePeriodSeconds);
  deployment.podMetadata.addLabel(VERSION_LABEL, GATEWAY_VERSION);
  noteWorkers(deployment, settings);
  noteMinimumKubernetes(deployment, info.identity);
  completePodSpec(deployment, (spec) => complete(spec, info));
  return deployment;
}

/** The proxy in a gateway's pod; undefined when a patch of the user has removed it. */
export function proxyOf({ containers }: PodSpecManifest): ContainerManifest | undefined {
  return containers.find(({ name }) => name === SIDECAR_CONTAINER);
}

function withTlsPort(container: kplus.ContainerProps, { proxyPorts }: MeshSettings, hasTls: boolean): kplus.ContainerProps {
  return hasTls ? { ...container, ports: [...container.ports ?? [], { number: proxyPorts.inboundTls, name: INBOUND_TLS_PORT_NAME }] } : container;
}

/** What depends on the routes, and what is newer than the generated types. */
function complete(spec: PodSpecManifest, { settings, identity, tls, jwt, readsSlices, sessions, calls }: PodsInfo): void {
  const proxy = proxyOf(spec);
  if (!proxy) {
    return;
  }
  settings.proxyImage._letPull(spec);
  if (tls) {
    mountCertificates(spec, proxy, tls);
  }
  if (readsSlices()) {
    mountToken(spec, proxy);
  }
  mountIdentity(spec, proxy, identity, settings);
  mountUpstreamTls(spec, proxy, calls());
  askBeforeStop(proxy, TERMINATING_WAIT_PATH, settings.proxyPorts.admin);
  mountSessionKeys(spec, proxy, sessions());
  mountJwtKeys(spec, proxy, jwt ?? []);
  const options = sidecarNodeOptions(settings);
  if (options !== undefined) {
    addVariable(proxy, NODE_OPTIONS, options);
  }
}

/** One volume for all Secrets, which sees of each what TLS needs. */
function mountCertificates(spec: PodSpecManifest, proxy: ContainerManifest, tls: readonly GatewayCertificate[]): void {
  const sources = tls.map(({ _secretName: name }) => ({
    secret: { name, items: ['tls.crt', 'tls.key'].map((key) => ({ key, path: `${certificateFolder(name)}/${key}`.slice(TLS_DIR.length + 1) })) },
  }));
  spec.volumes = [...(spec.volumes ?? []), { name: TLS_VOLUME, projected: { sources } }];
  proxy.volumeMounts = [...(proxy.volumeMounts ?? []), { name: TLS_VOLUME, mountPath: TLS_DIR, readOnly: true }];
}
