/**
 * What a caller's sidecar must know of a destination. A destination knows its own names, ports and endpoints; the caller
 * only asks. None of it is public.
 */
import { ClusterConfig, ExternalAuthorizationConfig, PathConfig } from '../../contract';
import { AppProtocol } from './app-protocol';
import { ExternalTlsInfo } from './external-tls-info';
import { Jwt } from '../identity/jwt';
import { MutualTls } from '../identity/mutual-tls';
import { WorkloadIdentity } from '../identity/workload-identity';
import { SelectedPods } from '../network/policy-spec';
import { ConnectionOptions } from '../policies/connection-options';
import { HealthOptions } from '../policies/health-options';
import { LoadBalancing } from '../policies/load-balancing';
import { ProxyLimits } from '../policies/proxy-limits';
import { Retry } from '../policies/retry';
import { SessionPersistence } from '../policies/session-persistence';
import { TcpOptions } from '../policies/tcp-options';
import { ValidationErrors } from '../props/validation-errors';
import { Route } from '../routes/route';

/** A part of a destination's traffic. */
export interface DestinationShare {
  /** Name of the cluster. */
  readonly cluster: string;
  readonly weight: number;
  /** Who its pods prove to be, where that is not the same for all parts. */
  readonly identity?: WorkloadIdentity;
  /** Its endpoints, weighed for the policy that the caller balances by. */
  discovery(loadBalancing: LoadBalancing): ClusterConfig['discovery'];
}

/** A destination as a caller's sidecar sees it. */
export interface DestinationInfo {
  readonly name: string;
  /** What tells it from all others that a pod calls: its namespace and name, and the port where the name alone doesn't tell. */
  readonly id: string;
  /** What its loopback address derives from. Destinations that have it in common are told apart by their ports. */
  readonly host: string;
  /** Namespace as it is in documents and host names. */
  readonly namespace: string;
  /** Namespace of the chart; absent when it names none. */
  readonly chartNamespace?: string;
  readonly ports: number[];
  /** Names that reach it from a namespace; the app there may use any of them. */
  hostnames(callerNamespace: string): string[];
  /** What is spoken at its ports; absent for HTTP/1.1. */
  readonly protocol?: AppProtocol;
  /** What it says of connections of TCP. */
  readonly tcp?: TcpOptions;
  readonly loadBalancing: LoadBalancing;
  /** Routes that it declares for all callers. */
  routes(): readonly Route[];
  /** How paths of requests to it are normalised, where that is not the default. */
  readonly path?: PathConfig;
  /** Whether sessions of its callers stay with their pods; absent when it says nothing of it. */
  readonly sessionPersistence?: SessionPersistence;
  /** What it says of its callers' connections. */
  readonly connections?: ConnectionOptions;
  /** What it says of how its callers find out which endpoints work. */
  readonly health: HealthOptions;
  /** What it says of when its callers send a request again. */
  readonly retry?: Retry;
  /** Its pods have sidecars, which understand the mesh's own fields. */
  readonly meshed: boolean;
  /** Its pods, and where their proxies take requests; absent for what is outside of the mesh. */
  readonly pods?: SelectedPods & { readonly port: number };
  /** Who its pods prove to be; absent when they have no identity. */
  readonly identity?: WorkloadIdentity;
  /** Whether callers have to prove who they are; it counts with an identity. */
  readonly mutualTls?: MutualTls;
  /** Issuers of the tokens that requests have to carry; absent when its proxies look at none. */
  readonly jwt?: readonly Jwt[];
  /** Who is asked about its requests; absent: nobody. */
  readonly externalAuthorization?: RequestQuestions;
  /** TLS to what is outside of the mesh; absent for plain HTTP, and in the mesh. */
  readonly tls?: ExternalTlsInfo;
  /** What its proxies let pass; absent when it has none. */
  readonly limits?: ProxyLimits;
  /** When its proxies close an idle connection; absent when it has none. */
  readonly closesIdleAfterMs?: number;
  /** Whether callers must read EndpointSlices in its namespace. */
  readonly endpointSlices: boolean;
  /** Known only when all versions are. */
  shares(): DestinationShare[];
  /** Why a policy can't work with where the endpoints come from. */
  checkLoadBalancing(errors: ValidationErrors, prop: string, loadBalancing: LoadBalancing): void;
}

/** The Host field of the requests of a caller's app: the shortest name, and the port unless it is HTTP's own. */
export function callersHost({ hostnames, ports: [port] }: Pick<DestinationInfo, 'hostnames' | 'ports'>, callerNamespace: string): string {
  const [name] = hostnames(callerNamespace);
  return port === 80 ? name : `${name}:${port}`;
}

/** Name of a caller's listener for a port of a destination. */
export function outboundListener({ namespace, name }: Pick<DestinationInfo, 'namespace' | 'name'>, port: number): string {
  return `outbound/${namespace}/${name}:${port}`;
}

/** Who is asked about requests to a service. */
export interface RequestQuestions {
  /** @param asker its namespace, and paths of health checks that its callers send */
  _toConfig(asker: { readonly namespace: string; readonly healthPaths: readonly string[] }): ExternalAuthorizationConfig;
}

/** A host that a pod calls, as far as its names go. */
export interface NamedCallee {
  readonly name: string;
  readonly address: string;
  readonly ports: number[];
  readonly hostnames: string[];
}

/** Where a Service of Kubernetes is, as far as discovery needs to know. */
export interface ServiceLocation {
  readonly name: string;
  readonly namespace: string;
  readonly clusterDomain: string;
  readonly portName: string;
  /** Where its pods listen. */
  readonly targetPort: number;
  readonly zoneWeights?: { readonly [zone: string]: number };
}
