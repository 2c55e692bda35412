/**
 * Settings of sidecars, as one workload or a whole mesh states them.
 */
import { Duration } from 'cdk8s';
import { Authorization } from '../identity/authorization';
import { Identity } from '../identity/identity';
import { MutualTls } from '../identity/mutual-tls';
import * as kplus from '../kubernetes/kplus';
import { Monitoring } from '../monitoring/monitoring';
import { NetworkPolicies } from '../network/network-policies';
import { AccessLog } from '../policies/access-log';
import { AdmissionOptions } from '../policies/admission-options';
import { ConnectionOptions } from '../policies/connection-options';
import { ProxyLimits } from '../policies/proxy-limits';
import { AccessLogOptions } from './access-log-options';
import { AppAddress } from './app-address';
import { Discovery } from './discovery';
import { Interception } from './interception';
import { LintOptions } from './lint-options';
import { Mistakes } from './mistakes';
import { PodSecurityOptions } from './pod-security-options';
import { ProxyImage } from './proxy-image';
import { ProxyPorts } from './proxy-ports';
import { ProxyUser } from './proxy-user';
import { Tracing } from './tracing';

/**
 * Settings of a sidecar, for one workload or for all workloads of a mesh.
 */
export interface ProxyOptions {
  /**
   * Image of the proxy.
   *
   * @default - that of the nearest Mesh, or ProxyImage.released()
   */
  readonly proxyImage?: ProxyImage;

  /**
   * Resources of the sidecar. There is no CPU limit by default, because throttling a proxy delays every request through it. The memory
   * limit also sets how large the heap of each process may grow.
   *
   * @default - those of the nearest Mesh, or requests of 100m CPU and 64Mi memory, and a limit of 128Mi memory. With more than one worker:
   * 100m CPU for each, and 24Mi (request) and 88Mi (limit) for each process on top of 40Mi that they share
   */
  readonly proxyResources?: kplus.ContainerResources;

  /**
   * User and group that the sidecar runs as. On OpenShift use `ProxyUser.assigned()`.
   *
   * @default - that of the nearest Mesh, or ProxyUser.image()
   */
  readonly proxyUser?: ProxyUser;

  /**
   * Ports that the sidecar listens on in its pod. Change them when another container needs one of them. Ports that are not set here come
   * from the nearest Mesh that sets them.
   *
   * @default - those of the Meshes up the tree, or those of `ProxyPorts`
   */
  readonly proxyPorts?: ProxyPorts;

  /**
   * Limits on what one peer can make the proxy hold. Fields that are not set here come from the nearest Mesh that sets them.
   *
   * @default - those of the Meshes up the tree, or those of `ProxyLimits`
   */
  readonly limits?: ProxyLimits;

  /**
   * The sidecar's connections to the app beside it. Keep `idleTimeout` shorter than the app's own idle timeout, which is 5 seconds for
   * Node's HTTP server. Fields that are not set here come from the nearest Mesh that sets them.
   *
   * @default - those of the Meshes up the tree, or those of `ConnectionOptions` with an `idleTimeout` of 4 seconds
   */
  readonly appConnections?: ConnectionOptions;

  /**
   * Address that the app beside the sidecar listens on.
   *
   * @default - that of the nearest Mesh, or AppAddress.any()
   */
  readonly appAddress?: AppAddress;

  /**
   * Which incoming requests the sidecar passes on to the app. Fields that are not set here come from the nearest Mesh that sets them.
   *
   * @default - that of the Meshes up the tree, or all requests
   */
  readonly admission?: AdmissionOptions;

  /**
   * Where the sidecar gets the certificate by which it proves who it is. With one, calls between sidecars are mutual TLS, and only declared
   * callers are let in. For services that run already, see `MutualTls`.
   *
   * @default - that of the nearest Mesh, or Identity.none()
   */
  readonly identity?: Identity;

  /**
   * Whether callers have to prove who they are. It needs an `identity`.
   *
   * @default - that of the nearest Mesh, or MutualTls.STRICT
   */
  readonly mutualTls?: MutualTls;

  /**
   * What becomes of requests of callers that are not declared. It needs an `identity`.
   *
   * @default - that of the nearest Mesh, or Authorization.enforce()
   */
  readonly authorization?: Authorization;

  /**
   * How the sidecar intercepts calls: how the names of the services that a pod calls resolve to its sidecar, and whether ports are redirected to it.
   *
   * @default - that of the nearest Mesh, or Interception.hostsFile()
   */
  readonly interception?: Interception;

  // #region generated layered of ProxyConfig: workers
  /**
   * Number of processes that serve requests. Set more than one to use more than one core. The sidecar then has one more process that
   * supervises them. Limits on connections and on waiting requests apply to each worker. A change needs a restart. From 1 to 64.
   *
   * @default - that of the nearest Mesh, or 1
   */
  readonly workers?: number;
  // #endregion

  /**
   * Which requests the proxy logs.
   *
   * @default - that of the nearest Mesh, or AccessLog.OFF
   */
  readonly accessLog?: AccessLog;

  /**
   * Form of the access log, and which requests are logged besides errors. It applies while `accessLog` is on.
   *
   * @default - that of the nearest Mesh, or JSON, and no requests besides
   */
  readonly accessLogOptions?: AccessLogOptions;

  /**
   * How the proxy is monitored.
   *
   * @default - that of the nearest Mesh, or Monitoring.none()
   */
  readonly monitoring?: Monitoring;

  /**
   * Which requests are traced, and where their spans are sent.
   *
   * @default - that of the nearest Mesh, or Tracing.off()
   */
  readonly tracing?: Tracing;

  /**
   * Whether the proxy adds `Via` to the requests that it forwards. The mesh detects loops among sidecars without it. Turn it on for a
   * workload that is a proxy itself, when a proxy outside of the mesh may send its requests back. Some servers treat requests with `Via`
   * differently: nginx does not compress their responses unless `gzip_proxied` allows it.
   *
   * @default - that of the nearest Mesh, or false
   */
  readonly via?: boolean;

  // #region generated layered of ShutdownConfig: endpointPropagationMs, appDrainMs
  /**
   * Time for callers to learn that a pod is terminating, before its app is told to stop: the sleep in the app's preStop hook. In this time
   * the proxy also asks clients outside of the mesh to close their kept connections.
   *
   * @default - that of the nearest Mesh, or 5 seconds
   */
  readonly endpointPropagation?: Duration;

  /**
   * Time for the app to finish after it was told to stop. When it is over, the app gets no new requests, even if it still runs.
   *
   * @default - that of the nearest Mesh, or 20 seconds
   */
  readonly appDrain?: Duration;
  // #endregion

  /**
   * Time for the proxy to finish after the app has ended or `appDrain` is over.
   *
   * @default - that of the nearest Mesh, or 5 seconds
   */
  readonly proxyDrain?: Duration;
}

/**
 * Props of `Mesh`.
 */
export interface MeshProps extends ProxyOptions {
  /**
   * Name of the cluster that the services run in. Set it in an app that synthesizes for several clusters. Services of one cluster share its
   * names, can call each other, and their policies are checked together. Services of different clusters are independent. The name is not
   * written into any object.
   *
   * @default - that of the next Mesh up the tree, or one cluster for the whole app
   */
  readonly cluster?: string;

  /**
   * How callers discover the pods of a service.
   *
   * @default - that of the next Mesh up the tree, or Discovery.endpointSlices()
   */
  readonly discovery?: Discovery;

  /**
   * Domain of the cluster's DNS names.
   *
   * @default - that of the next Mesh up the tree, or 'cluster.local'
   */
  readonly clusterDomain?: string;

  /**
   * Oldest release of Kubernetes that the objects are for. What only newer ones have is refused, with the release that it needs.
   *
   * @default - that of the next Mesh up the tree, or '1.30'
   */
  readonly kubernetes?: string;

  /**
   * How synthesis checks policies against each other.
   *
   * @default - those of the next Mesh up the tree, or all rules, with warnings that don't fail
   */
  readonly lints?: LintOptions;

  /**
   * When mistakes in the props of `MeshService` and `ExternalService`, in versions and in calls are told: at once, by an error of the constructor or
   * method, or by the synthesis, all together.
   *
   * @default - that of the next Mesh up the tree, or Mistakes.AT_ONCE
   */
  readonly mistakes?: Mistakes;

  /**
   * Whether the mesh writes a NetworkPolicy for each workload.
   *
   * @default - that of the next Mesh up the tree, or NetworkPolicies.none()
   */
  readonly networkPolicies?: NetworkPolicies;

  /**
   * The Pod Security Standards that the cluster enforces on namespaces for which the app has no labelled Namespace object. Synthesis fails
   * for pods that the cluster would reject.
   *
   * @default - that of the next Mesh up the tree, or the labels of the app's Namespaces
   */
  readonly podSecurity?: PodSecurityOptions;
}
