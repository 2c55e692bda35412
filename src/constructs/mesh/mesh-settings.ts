/**
 * Finds the settings that hold for a construct: its own, then those of each `Mesh` up the construct tree, then the
 * defaults below.
 */
import { Duration } from 'cdk8s';
import { IConstruct } from 'constructs';
import { DEFAULT_SHUTDOWN, DEFAULT_VIA, DEFAULT_WORKERS } from '../../contract';
import { Authorization } from '../identity/authorization';
import { Identity } from '../identity/identity';
import { MutualTls } from '../identity/mutual-tls';
import { Monitoring } from '../monitoring/monitoring';
import { NetworkPolicies } from '../network/network-policies';
import { AccessLog } from '../policies/access-log';
import { checkAdmission } from '../policies/admission-options';
import { checkConnections, checkLimits } from '../policies/proxy-quantities';
import { checkQuantity, layered, Quantity } from '../props/quantities';
import { ValidationErrors } from '../props/validation-errors';
import { PerApp } from '../synthesis/copies';
import { checkAccessLog } from './access-log-options';
import { AppAddress } from './app-address';
import { Discovery } from './discovery';
import { Interception } from './interception';
import { OLDEST_KUBERNETES } from './kubernetes-release';
import { MeshProps, ProxyOptions } from './mesh-props';
import { Mistakes } from './mistakes';
import { ProxyImage } from './proxy-image';
import { checkProxyPorts, DEFAULT_PROXY_PORTS, ProxyPorts } from './proxy-ports';
import { ProxyUser } from './proxy-user';
import { Tracing } from './tracing';

/** {@link MeshProps} with nothing left open but the resources, whose default depends on the other settings. */
export type MeshSettings = Required<Omit<MeshProps, 'proxyResources' | 'proxyPorts' | 'cluster'>> & Pick<MeshProps, 'proxyResources'>
  & {
    readonly proxyPorts: Required<ProxyPorts>;
    /** CPU that a sidecar requests, where a plan says it. */
    readonly proxyCpuMillis?: number;
  };

/** The cluster of an app that names none. */
export const ONLY_CLUSTER = '';

/** Names of the props that every sidecar has. */
export const PROXY_OPTIONS = {
  proxyImage: true, proxyUser: true, proxyPorts: true, proxyResources: true,
  identity: true, mutualTls: true, authorization: true, interception: true, limits: true, appConnections: true, appAddress: true, admission: true,
  workers: true, accessLog: true, accessLogOptions: true, monitoring: true, tracing: true,
  via: true, endpointPropagation: true, appDrain: true, proxyDrain: true,
} as const satisfies Record<keyof ProxyOptions, true>;

/** The props that every sidecar has, without all others. */
export function proxyOptionsOf(props: ProxyOptions): ProxyOptions {
  return Object.fromEntries(Object.entries(props).filter(([name]) => Object.hasOwn(PROXY_OPTIONS, name)));
}

const DEFAULTS: Omit<MeshSettings, 'proxyImage' | 'proxyResources' | 'proxyPorts' | 'limits' | 'appConnections' | 'admission'> = {
  appAddress: AppAddress.any(),
  identity: Identity.none(),
  mutualTls: MutualTls.STRICT,
  authorization: Authorization.enforce(),
  workers: DEFAULT_WORKERS,
  accessLog: AccessLog.OFF,
  accessLogOptions: {},
  monitoring: Monitoring.none(),
  tracing: Tracing.off(),
  proxyUser: ProxyUser.image(),
  via: DEFAULT_VIA,
  endpointPropagation: Duration.millis(DEFAULT_SHUTDOWN.endpointPropagationMs),
  appDrain: Duration.millis(DEFAULT_SHUTDOWN.appDrainMs),
  // Shorter than the default of a document that somebody writes: an app that has ended leaves little to finish.
  proxyDrain: Duration.seconds(5),
  discovery: Discovery.endpointSlices(),
  interception: Interception.hostsFile(),
  clusterDomain: 'cluster.local',
  kubernetes: OLDEST_KUBERNETES,
  lints: {},
  mistakes: Mistakes.AT_ONCE,
  networkPolicies: NetworkPolicies.none(),
  podSecurity: {},
};

/** A Mesh as the constructs that take its settings see it. */
interface MeshLayer {
  readonly path: string;
  readonly props: MeshProps;
}

/** The Mesh of each construct that is one, or has one as a child. */
const MESHES = new PerApp('meshes', () => new WeakMap<IConstruct, MeshLayer>());
/** Constructs that were searched for a Mesh: services below have their settings, which a Mesh that is added later would not change. */
const SEARCHED = new PerApp('searched', () => new WeakSet<IConstruct>());
/** Those that were searched for a Mesh that names a cluster. */
const PLACED = new PerApp('placed', () => new WeakSet<IConstruct>());

/** Makes a Mesh known to the constructs in and below `scope`. */
export function registerMesh(scope: IConstruct, mesh: IConstruct, props: MeshProps): void {
  const { path } = mesh.node;
  const meshes = MESHES.of(mesh);
  const other = meshes.get(scope);
  if (other) {
    throw new Error(`[${path}] '${other.path}' is a Mesh in the same construct already: merge the two`);
  }
  if (SEARCHED.of(mesh).has(scope)) {
    throw new Error(`[${path}] services beside or below this Mesh were created before it and don't have its settings: create the Mesh first`);
  }
  if (props.cluster !== undefined && PLACED.of(mesh).has(scope)) {
    throw new Error(`[${path}] services beside or below this Mesh were created before it and count as those of another cluster: create the Mesh first`);
  }
  const layer = { path, props };
  meshes.set(scope, layer);
  meshes.set(mesh, layer);
}

/** The settings of a construct: its own, then those of the Meshes above it, then the defaults. */
export function meshSettings(construct: IConstruct, own: Partial<MeshProps>): MeshSettings {
  const layers: Partial<MeshProps>[] = [own];
  const meshes = MESHES.of(construct);
  const searched = SEARCHED.of(construct);
  for (const scope of construct.node.scopes.reverse()) {
    searched.add(scope);
    const mesh = meshes.get(scope);
    if (mesh) {
      layers.push(mesh.props);
    }
  }
  const { cluster: _, ...nearest } = layered(...layers);
  return {
    ...DEFAULTS,
    ...nearest,
    proxyImage: nearest.proxyImage ?? ProxyImage.released(),
    // Structs of many settings that have little to do with each other: each is looked for by itself.
    proxyPorts: { ...DEFAULT_PROXY_PORTS, ...layered(...layers.map(({ proxyPorts }) => proxyPorts)) },
    limits: layered(...layers.map(({ limits }) => limits)),
    appConnections: layered(...layers.map(({ appConnections }) => appConnections)),
    admission: layered(...layers.map(({ admission }) => admission)),
  };
}

/** The cluster of the nearest Mesh that names one; {@link ONLY_CLUSTER} when none does. */
export function clusterOf(construct: IConstruct): string {
  const meshes = MESHES.of(construct);
  const placed = PLACED.of(construct);
  let named: string | undefined;
  for (const scope of construct.node.scopes.reverse()) {
    placed.add(scope);
    named ??= meshes.get(scope)?.props.cluster;
  }
  return named ?? ONLY_CLUSTER;
}

/** When mistakes in a construct's props are told. Unlike {@link meshSettings} it lets a Mesh come later. */
export function mistakesOf(construct: IConstruct): Mistakes {
  const meshes = MESHES.of(construct);
  const said = construct.node.scopes.reverse().map((scope) => meshes.get(scope)?.props.mistakes).find((mistakes) => mistakes !== undefined);
  return said ?? Mistakes.AT_ONCE;
}

/** Whether two constructs have the same nearest Mesh, or none. */
export function isOfOneMesh(one: IConstruct, other: IConstruct): boolean {
  const meshes = MESHES.of(one);
  const [nearest, nearestOfOther] = [one, other].map(({ node }) => node.scopes.reverse().map((scope) => meshes.get(scope)).find((mesh) => mesh));
  return nearest === nearestOfOther;
}

/** Every construct of an app with its cluster, in the order of the tree. */
export function* constructsOf(root: IConstruct): Generator<{ readonly construct: IConstruct; readonly cluster: string }> {
  const meshes = MESHES.of(root);
  const waiting = [{ construct: root, cluster: ONLY_CLUSTER }];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { construct } = next;
    const cluster = meshes.get(construct)?.props.cluster ?? next.cluster;
    yield { construct, cluster };
    for (const child of construct.node.children.reverse()) {
      waiting.push({ construct: child, cluster });
    }
  }
}

const QUANTITIES = {
  // #region generated quantities of ProxyConfig: workers
  workers: { field: 'workers', unit: 'number', min: 1, max: 64 },
  // #endregion
} as const satisfies Record<string, Quantity>;

/** Checks what a workload says of its callers: without an identity nobody would ask them. */
export function checkSecurity(errors: ValidationErrors, { mutualTls, authorization }: ProxyOptions, { identity }: MeshSettings): void {
  for (const [prop, value] of Object.entries({ mutualTls, authorization })) {
    if (value !== undefined && identity._isNone) {
      errors.add(prop, value, 'there is no identity, so callers have nothing to prove who they are; give the Mesh an \'identity\', or leave this out');
    }
  }
}

/** Checks of the props that every sidecar has. */
export function checkProxyOptions(errors: ValidationErrors, props: ProxyOptions): void {
  props.proxyImage?._check(errors, 'proxyImage');
  props.proxyUser?._check(errors, 'proxyUser');
  if (props.proxyPorts !== undefined) {
    checkProxyPorts(errors, 'proxyPorts', props.proxyPorts);
  }
  if (props.limits !== undefined) {
    checkLimits(errors, 'limits', props.limits);
  }
  if (props.appConnections !== undefined) {
    checkConnections(errors, 'appConnections', props.appConnections);
  }
  props.appAddress?._check(errors, 'appAddress');
  if (props.accessLogOptions !== undefined) {
    checkAccessLog(errors, 'accessLogOptions', props.accessLogOptions);
  }
  props.monitoring?._check(errors, 'monitoring');
  props.tracing?._check(errors, 'tracing');
  props.identity?._check(errors, 'identity');
  props.mutualTls?._check(errors, 'mutualTls');
  props.authorization?._check(errors, 'authorization');
  if (props.admission !== undefined) {
    checkAdmission(errors, 'admission', props.admission);
  }
  if (props.workers !== undefined) {
    checkQuantity(errors, 'workers', props.workers, QUANTITIES.workers);
  }
  const { request, limit } = props.proxyResources?.memory ?? {};
  if (request && limit && request.toKibibytes() > limit.toKibibytes()) {
    errors.add('proxyResources.memory.request', `${request.toMebibytes()}Mi`, `it is above the limit of ${limit.toMebibytes()}Mi; make it at most the limit`);
  }
}
