/**
 * What can be said of a service and of each of its versions.
 */
import { Availability } from '../capacity/availability';
import { Capacity } from '../capacity/capacity';
import { DESTINATION_OPTIONS, DestinationOptions } from '../destinations/destination-options';
import { ExternalAuthorization } from '../destinations/external-authorization';
import { Jwt } from '../identity/jwt';
import { TlsOptions } from '../inbound/tls-options';
import { DisruptionBudget } from '../kubernetes/disruption-budget';
import * as kplus from '../kubernetes/kplus';
import { Scaling } from '../kubernetes/scaling';
import { SERVICE_OPTIONS, ServiceOptions } from '../kubernetes/service-options';
import { Discovery } from '../mesh/discovery';
import { Slo } from '../monitoring/slo';
import { ProxyOptions } from '../mesh/mesh-props';
import { PROXY_OPTIONS } from '../mesh/mesh-settings';
import { POD_OPTIONS, PodOptions } from './pod-options';

/**
 * Props of each version of a service.
 */
export interface VersionProps extends PodOptions {
  /**
   * Containers, as in cdk8s-plus. The first container is the app; its first port receives the requests.
   */
  readonly containers: kplus.ContainerProps[];

  /**
   * Weight of the version: its share of the service's requests, relative to the other versions. A version with weight 0 gets none.
   *
   * @default - for the first version, what the others leave of 100; for any other, 0
   */
  readonly weight?: number;

  /**
   * Number of replicas, or the range of an autoscaler. It is checked against `capacity` and `availability`.
   *
   * @default - with `capacity`, Scaling.derived(); else for the first version Scaling.replicas(2), and for any other the same as the first
   */
  readonly scaling?: Scaling;

  /**
   * How many pods may be evicted at once. It is checked against `capacity`.
   *
   * @default - with `capacity`, as many as it can spare; else for the first version DisruptionBudget.maxUnavailable(1), and for any other the
   * same as the first
   */
  readonly disruptionBudget?: DisruptionBudget;

  /**
   * The load of this version, and what one pod of it does. What is not said of scaling, budget, spread and rollout is derived from it.
   *
   * @default - unknown; nothing is derived
   */
  readonly capacity?: Capacity;

  /**
   * How often enough pods of this version for its load are to be up. It needs `capacity`.
   *
   * @default - no target
   */
  readonly availability?: Availability;
}

/**
 * Props of `MeshService`.
 */
export interface MeshServiceProps extends VersionProps, ProxyOptions, DestinationOptions, ServiceOptions {
  /**
   * Name of the service, which callers use as its host name. A DNS label that starts with a letter.
   *
   * @default - the construct's id in lower case
   */
  readonly name?: string;

  /**
   * Name of the first version.
   *
   * @default 'v1'
   */
  readonly version?: string;

  /**
   * Account that the pods of all versions run under, for example one with the annotations of a cloud's workload identity. It must be in the namespace
   * of the service. With an `identity`, no other service may have it.
   *
   * @default - an account with the name of the service
   */
  readonly serviceAccount?: kplus.IServiceAccount;

  /**
   * Port that callers use.
   *
   * @default 80
   */
  readonly port?: number;

  /**
   * Name of that port.
   *
   * @default - that of the protocol: 'http', 'http2', 'grpc' or 'tcp'
   */
  readonly portName?: string;

  /**
   * TLS for clients outside of the mesh, on a separate port. Callers in the mesh use `port`, without TLS.
   *
   * @default - no TLS
   */
  readonly tls?: TlsOptions;

  /**
   * Issuers of tokens (JWT), 1 to 16. Each request has to carry a good token of one of them, besides being of a declared caller; `allow` of a call
   * can ask for claims. The health checks of callers need none.
   *
   * @default - tokens are not looked at
   */
  readonly jwt?: Jwt[];

  /**
   * A service that is asked about each request that `jwt` and the identity of its caller lets pass, before anything of it goes on.
   *
   * @default - none
   */
  readonly externalAuthorization?: ExternalAuthorization;

  /**
   * How callers discover the pods.
   *
   * @default - that of the nearest Mesh, or Discovery.endpointSlices()
   */
  readonly discovery?: Discovery;

  /**
   * Service level objectives. With `monitoring`, alerts tell when their error budgets are used up too fast.
   *
   * @default - none
   */
  readonly slo?: Slo;
}

/** Names of the props of a version. */
export const VERSION_PROPS = {
  ...POD_OPTIONS, containers: true, weight: true, scaling: true, disruptionBudget: true, capacity: true, availability: true,
} as const satisfies Record<keyof VersionProps, true>;

/** Names of the props of a service. */
export const MESH_SERVICE_PROPS = {
  ...VERSION_PROPS, ...PROXY_OPTIONS,
  ...DESTINATION_OPTIONS, ...SERVICE_OPTIONS,
  name: true, version: true, serviceAccount: true,
  port: true, portName: true, tls: true, jwt: true, externalAuthorization: true, discovery: true, slo: true,
} as const satisfies Record<keyof MeshServiceProps, true>;
