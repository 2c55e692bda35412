/**
 * What the lints know of a mesh. A workload's document is looked at with its defaults filled in; the types here name the
 * parts of it that a rule reads, so that a document of the contract fits without a word of translation.
 */
import type { DisruptionRule } from '../disruption';
import type { NetworkPolicyInfo, PodInfo } from '../network-policy';
import type { ObjectSize } from '../object-size';
import type { Objectives } from '../objectives/published';
import type { Refusal } from '../pod-security';
import type { Declared } from '../sizing/declared';

/** Fewest and most of something. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Everything that is compiled together. */
export interface MeshInfo {
  readonly workloads: readonly WorkloadInfo[];
  /** NetworkPolicies in the namespaces of the workloads; absent: none. */
  readonly policies?: readonly NetworkPolicyInfo[] | undefined;
  /** Services that calls lead to; absent: none that is known. */
  readonly services?: readonly ServiceInfo[] | undefined;
  /** Metrics of sidecars that rules of prometheus-adapter serve. Absent: none. */
  readonly servedMetrics?: readonly string[] | undefined;
  /** All that calls lead to is here, those of other apps included. Absent: nobody knows. */
  readonly complete?: boolean | undefined;
}

/** A Service: the mesh's or any other. */
export interface ServiceInfo {
  readonly name: string;
  readonly namespace: string;
  /** Its weight among the versions of a service, if its app says so. */
  readonly weight?: number | undefined;
  /** It has no address of its own. */
  readonly headless: boolean;
  readonly ports: readonly {
    readonly port: number;
    readonly name?: string | undefined;
    /** A number, which is `port` unless said, or the name of a container's port. */
    readonly targetPort: number | string;
    readonly appProtocol?: string | undefined;
  }[];
}

/** One version of a service: its pods and its sidecar's document. */
export interface WorkloadInfo {
  readonly service: string;
  readonly namespace: string;
  readonly version: string;
  /** Pods; absent when nobody knows. */
  readonly replicas?: Range | undefined;
  /** Longest time that the autoscaler waits before it adds pods again; absent without one. */
  readonly scaleUpCycleMs?: number | undefined;
  /** Metrics that its autoscaler asks the custom metrics API for; absent: none. */
  readonly podMetrics?: readonly string[] | undefined;
  /** Its PodDisruptionBudget. */
  readonly disruption?: DisruptionRule | undefined;
  /** How long its preStop hook sleeps. */
  readonly preStopMs: number;
  /** From the beginning of a stop to the kill of what is left. */
  readonly graceMs: number;
  /** A Service keeps what comes from outside on the node where it arrives. Absent: none does. */
  readonly keepsTrafficLocal?: boolean | undefined;
  /** Names that callers' documents give to the cluster of its pods. */
  readonly clusters: readonly string[];
  /** What NetworkPolicies see of its pods; absent when nobody knows. */
  readonly pod?: PodInfo | undefined;
  /** What the Pod Security Standard that its namespace enforces refuses of its pods; absent when nothing was looked at. */
  readonly refusals?: readonly Refusal[] | undefined;
  /** Ports at which the kubelet asks its app by HTTPS; absent: none. */
  readonly httpsProbes?: readonly number[] | undefined;
  /** Those of its objects that grow with its calls; absent when they are small. */
  readonly objects?: readonly ObjectSize[] | undefined;
  /** Zones that its pods are spread over; absent when nobody knows. */
  readonly zones?: number | undefined;
  /** Requests a second that its service gets, all callers together; absent when nobody knows. */
  readonly requestsPerSecond?: number | undefined;
  /** How long its app takes to answer, on average; absent when nobody knows. */
  readonly latencyMs?: number | undefined;
  /** What its service promises, and which calls it needs for it; absent: nothing is known. */
  readonly objectives?: Objectives | undefined;
  /** Its capacity and availability, as far as they are declared. */
  readonly declared?: Declared | undefined;
  /** Routes of its outbound listeners that only their order of declaration puts before one another; absent: none. */
  readonly ties?: readonly RouteTie[] | undefined;
  /** Its document with all defaults. */
  readonly document: DocumentInfo;
  /** The document as written, for what makes a difference between said and left alone. */
  readonly stated: StatedDocument;
}

/** Two routes of a listener that some requests suit, and neither of which is a special case of the other. By name. */
export interface RouteTie {
  readonly listener: string;
  /** Declared before the second one, so it takes these requests. */
  readonly first: string;
  readonly second: string;
}

/** What somebody said, in the same order as in the document with its defaults. */
export interface StatedDocument {
  readonly listeners: readonly { readonly routes: readonly StatedRoute[] }[];
  readonly clusters: readonly StatedCluster[];
  readonly limits?: { readonly [Field in keyof LimitInfo]?: number | undefined } | undefined;
}

/** What somebody said of a route. */
export interface StatedRoute {
  readonly retry?: {
    readonly backoffMs?: number | undefined;
    readonly maxBackoffMs?: number | undefined;
    readonly maxRetryAfterMs?: number | undefined;
  } | undefined;
  readonly hedge?: { readonly minimumDelayMs?: number | undefined } | undefined;
}

/** What somebody said of a cluster. */
export interface StatedCluster {
  readonly connectTimeoutMs?: number | undefined;
  readonly pendingTimeoutMs?: number | undefined;
  readonly outlierDetection?: object | undefined;
  readonly failover?: { readonly overprovisioningPercent?: number | undefined } | undefined;
}

export interface DocumentInfo {
  readonly listeners: readonly ListenerInfo[];
  readonly clusters: readonly ClusterInfo[];
  readonly shutdown: { readonly drainMs: number };
  readonly limits: LimitInfo;
  readonly workers: number;
  /** By what it proves who it is. */
  readonly identity?: object | undefined;
  /** The Kubernetes API, which it reads EndpointSlices from; absent when it reads none. */
  readonly kubernetes?: object | undefined;
}

/** Limits that both ends of a call have. */
export interface LimitInfo {
  readonly maxStartLineBytes: number;
  readonly maxHeadBytes: number;
  readonly maxHeaderFields: number;
  readonly maxBodyBytes: number;
  readonly bodyTimeoutMs: number;
  readonly tunnelIdleTimeoutMs: number;
}

export interface ListenerInfo {
  readonly name: string;
  readonly direction: 'inbound' | 'outbound';
  /** Absent: the pod's own addresses, where clients are. */
  readonly address?: string | undefined;
  readonly port: number;
  readonly tls?: object | undefined;
  readonly tcp?: { readonly readServerName: boolean } | undefined;
  readonly mutualTls?: { readonly mode: 'strict' | 'permissive'; readonly plainFrom?: readonly string[] | undefined } | undefined;
  readonly forwarded?: { readonly trustedHops: number } | undefined;
  readonly routes: readonly RouteInfo[];
  readonly admission?: AdmissionInfo | undefined;
  /** Who is asked about its requests; absent: nobody. */
  readonly externalAuthorization?: {
    readonly split: readonly { readonly cluster: string }[];
    readonly failureModeAllow: boolean;
  } | undefined;
}

export interface AdmissionInfo {
  /** The limit, or the most that it may become. */
  readonly concurrency?: { readonly type: 'fixed' | 'adaptive'; readonly max: number } | undefined;
  readonly rateLimit?: { readonly requestsPerSecond: number; readonly burst: number } | undefined;
}

/** Clusters, and their shares of what comes. */
type Split = readonly { readonly cluster: string; readonly weight: number }[];

export interface RouteInfo {
  readonly name: string;
  /** Its conditions; absent for one that takes every request. */
  readonly matches?: object | undefined;
  readonly split: Split;
  readonly fallback: readonly { readonly split: Split; readonly overprovisioningPercent: number }[];
  readonly faults: readonly FaultInfo[];
  readonly timeoutMs: number;
  readonly meshFields: boolean;
  readonly session?: { readonly cookie: string } | undefined;
  readonly hedge?: object | undefined;
  readonly retry: { readonly maxRetries: number; readonly tryTimeoutMs: number; readonly on: readonly string[] };
}

export interface FaultInfo {
  readonly percent: number;
  readonly header?: object | undefined;
  readonly delayMs?: number | undefined;
  readonly abortStatus?: number | undefined;
}

export interface ClusterInfo {
  readonly name: string;
  readonly protocol?: string | undefined;
  readonly tls?: object | undefined;
  readonly mutualTls?: object | undefined;
  readonly discovery: {
    readonly type: string;
    readonly endpoints?: readonly {
      readonly port: number;
      readonly address?: string | undefined;
      readonly listensAt?: readonly string[] | undefined;
      readonly priority?: number | undefined;
    }[];
    readonly hostname?: string | undefined;
    readonly port?: number | undefined;
    readonly service?: string | undefined;
    readonly namespace?: string | undefined;
    readonly portName?: string | undefined;
  };
  readonly maxConnectionsPerEndpoint: number;
  readonly maxConnections: number;
  readonly loadBalancing: { readonly type: string };
  readonly slowStart?: { readonly windowMs: number } | undefined;
  readonly zoneAware?: { readonly minimumEndpoints: number } | undefined;
  readonly subset?: { readonly size: number } | undefined;
  readonly failover: { readonly panicPercent: number; readonly overprovisioningPercent: number };
  readonly healthCheck?: { readonly intervalMs: number } | undefined;
  readonly retryBudget: { readonly percent: number; readonly minimumPerSecond: number; readonly maxInFlight: number };
  readonly outlierDetection: {
    readonly mode: 'enforce' | 'dryRun' | 'off';
    readonly consecutiveGatewayErrors: number;
    readonly consecutiveServerErrors: number;
    readonly successRateMarginPercent: number;
    readonly failurePercent: number;
    readonly latencyFactor: number;
    readonly minimumRequests: number;
    readonly maxEjectedPercent: number;
  };
}
