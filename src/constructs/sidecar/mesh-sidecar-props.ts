/** What can be said of a sidecar. */
import { IConstruct } from 'constructs';
import { ProxyOptions } from '../mesh/mesh-props';
import { PROXY_OPTIONS } from '../mesh/mesh-settings';

/**
 * Props of `MeshSidecar`.
 */
export interface MeshSidecarProps extends ProxyOptions {
  /**
   * The workload to attach the proxy to: a Deployment, StatefulSet, DaemonSet, Job or CronJob of cdk8s-plus. Or the `ApiObject` of one of these or
   * of a Rollout of Argo Rollouts, for example of an `Include` or `Helm`; see `MeshSidecar.findWorkload()`.
   */
  readonly workload: IConstruct;

  /**
   * Name of the service that this workload belongs to, in metrics, logs and labels.
   *
   * @default - the id of the workload's construct in lower case; of an `ApiObject`, its name
   */
  readonly serviceName?: string;

  /**
   * Version of that service.
   *
   * @default 'v1'
   */
  readonly version?: string;

  /**
   * Port that the app listens on. The proxy accepts requests on a port of its own (`proxyPorts`) and forwards them to this one.
   *
   * @default - the first port of the first container; a workload without ports takes no requests
   */
  readonly appPort?: number;
}

/** Names of the props. */
export const MESH_SIDECAR_PROPS = {
  ...PROXY_OPTIONS, workload: true, serviceName: true, version: true, appPort: true,
} as const satisfies Record<keyof MeshSidecarProps, true>;
