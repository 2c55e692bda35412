/**
 * Settings of sidecars, as one workload or a whole mesh states them.
 */
import { Duration } from 'cdk8s';
import * as kplus from '../kubernetes/kplus';
import { AdmissionOptions } from '../policies/admission-options';
import { ConnectionOptions } from '../policies/connection-options';
import { ProxyLimits } from '../policies/proxy-limits';
import { AppAddress } from './app-address';
import { Discovery } from './discovery';
import { Interception } from './interception';
import { LintOptions } from './lint-options';
import { PodSecurityOptions } from './pod-security-options';
import { ProxyImage } from './proxy-image';
import { ProxyPorts } from './proxy-ports';
import { ProxyUser } from './proxy-user';

/**
 * Which requests the proxy logs.
 */
export enum AccessLog {
  /** None. */
  OFF = 'off',
  /** Responses of status 500 and above, and broken ones. */
  ERRORS = 'errors',
  /** All. */
  ALL = 'all',
}

/**
 * What can be said of a sidecar, for one workload or for all of a mesh.
 */
export interface ProxyOptions {
  /**
   * Image of the proxy.
   *
   * @default - that of the nearest Mesh, or ProxyImage.released()
   */
  readonly proxyImage?: ProxyImage;

  /**
   * Resources of the sidecar. No limit on CPU by default: throttling a proxy delays every request through it. The limit on
   * memory also decides how large the heap of each of its processes may grow.
   *
   * @default - those of the nearest Mesh, or requests of 100m CPU and 64Mi memory, and a limit of 128Mi memory. With more
   * than one worker, 100m for each, and 24Mi and 88Mi for each process on top of 40Mi that they share
   */
  readonly proxyResources?: kplus.ContainerResources;

  /**
   * Who the sidecar runs as. On OpenShift use `ProxyUser.assigned()`.
   *
   * @default - that of the nearest Mesh, or ProxyUser.image()
   */
  readonly proxyUser?: ProxyUser;

  /**
   * Ports that the sidecar takes in its pod, for pods where others have those. What is left open here is as the nearest Mesh says that says it.
   *
   * @default - those of the Meshes up the tree, or those of `ProxyPorts`
   */
  readonly proxyPorts?: ProxyPorts;

  /**
   * Bounds of what a peer can make the proxy hold. What is left open here is as the nearest Mesh says that says it.
   *
   * @default - those of the Meshes up the tree, or those of `ProxyLimits`
   */
  readonly limits?: ProxyLimits;

  /**
   * The sidecar's connections to the app beside it. Keep `idleTimeout` below the time after which the app closes an idle
   * connection, which is 5 seconds for Node's HTTP server, for example. What is left open here is as the nearest Mesh says
   * that says it.
   *
   * @default - those of the Meshes up the tree, or those of `ConnectionOptions` with an `idleTimeout` of 4 seconds
   */
  readonly appConnections?: ConnectionOptions;

  /**
   * Where the app beside the sidecar listens.
   *
   * @default - that of the nearest Mesh, or AppAddress.any()
   */
  readonly appAddress?: AppAddress;

  /**
   * Which requests that arrive at the pod are let in to the app. What is left open here is as the nearest Mesh says that says it.
   *
   * @default - that of the Meshes up the tree, or all
   */
  readonly admission?: AdmissionOptions;

  /**
   * How the names of the services that the pods call lead to their sidecars.
   *
   * @default - that of the nearest Mesh, or Interception.hostsFile()
   */
  readonly interception?: Interception;

  /**
   * Processes that serve requests, 1 to 64. More than one makes use of more than one core; the sidecar then has one process
   * more that watches over them. Limits on connections and waiting requests hold for each.
   *
   * @default - that of the nearest Mesh, or 1
   */
  readonly workers?: number;

  /**
   * Which requests the proxy logs.
   *
   * @default - that of the nearest Mesh, or AccessLog.OFF
   */
  readonly accessLog?: AccessLog;

  /**
   * Whether the proxy adds `Via` to the requests that it passes on. Loops among sidecars are told without it. Turn it on for workloads
   * that are proxies themselves and may be led back to by one outside of the mesh. Some servers answer it otherwise: nginx doesn't
   * compress for a request with Via unless `gzip_proxied` says so.
   *
   * @default - that of the nearest Mesh, or false
   */
  readonly via?: boolean;

  /**
   * Time that callers get to hear that a pod is going away, before its app is told to stop. Clients outside of the mesh that keep
   * connections are told to go within it.
   *
   * @default - that of the nearest Mesh, or 5 seconds
   */
  readonly endpointPropagation?: Duration;

  /**
   * Time that the app gets to finish, once it was told to stop. After it the app gets no new requests, whether or not it has ended.
   *
   * @default - that of the nearest Mesh, or 20 seconds
   */
  readonly appDrain?: Duration;

  /**
   * Time that the proxy gets to finish, once the app has ended or its time is over.
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
   * Name of the cluster that the services are for, in an app that synthesizes for several. Services of one cluster share their names and
   * can call each other, and their policies are checked against each other; those of two know nothing of each other. It is for telling
   * clusters apart, and is in none of their objects.
   *
   * @default - that of the next Mesh up the tree, or the one cluster that the whole app is for
   */
  readonly cluster?: string;

  /**
   * How callers find the pods of services.
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
   * How policies are checked against each other at synthesis.
   *
   * @default - that of the next Mesh up the tree, or all rules, whose warnings don't fail
   */
  readonly lints?: LintOptions;

  /**
   * The Pod Security Standards that the cluster enforces on namespaces which the app has no Namespace with a label for. Pods that would be
   * refused fail the synthesis.
   *
   * @default - that of the next Mesh up the tree, or what the labels of the app's Namespaces say
   */
  readonly podSecurity?: PodSecurityOptions;
}
