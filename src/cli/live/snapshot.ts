/**
 * A mesh at work, as people look at it: services with their versions and pods, who calls whom and how that goes, routes with what was
 * declared beside what was measured, and endpoints with their condition. It is data alone, so it can be sent as JSON.
 */
import type { Figures, LatencyBar } from './figures';
import type { ServiceId } from './directory';

export interface Snapshot {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Time over which rates, percentiles and shares were measured. */
  readonly seconds: number;
  /** By id. */
  readonly services: readonly ServiceView[];
  readonly edges: readonly EdgeView[];
  readonly routes: readonly RouteView[];
  readonly endpoints: readonly EndpointView[];
  /** Proxies that gave no answer, with the reason in words. */
  readonly silent: readonly { readonly proxy: string; readonly why: string }[];
}

/** A service, a gateway, or what is called outside of the mesh. */
export interface ServiceView {
  readonly id: ServiceId;
  readonly name: string;
  /** Absent outside of the mesh. */
  readonly namespace?: string;
  readonly kind: 'service' | 'gateway' | 'outside';
  /** What came in, from wherever; of what is outside of the mesh, what its callers sent. */
  readonly figures: Figures;
  readonly distribution: readonly LatencyBar[];
  /** Reasons why its proxies answered or broke off by themselves, per second. */
  readonly failures: readonly { readonly reason: string; readonly rate: number }[];
  readonly versions: readonly VersionView[];
  readonly pods: readonly PodView[];
}

export interface VersionView {
  readonly version: string;
  readonly pods: number;
  readonly figures: Figures;
}

/** A pod whose proxy answers. */
export interface PodView {
  readonly pod: string;
  readonly version: string;
  readonly figures: Figures;
  readonly ready: boolean;
  /** Version of the proxy. */
  readonly proxyVersion?: string;
  readonly configHash: string;
  /** Why its last document was refused; absent when it was not. */
  readonly rejected?: readonly string[];
  /** Milliseconds since 1970 at which its identity expires; absent without one. */
  readonly identityExpiresAt?: number;
  /** Certificates that its listeners show; absent without any. */
  readonly certificates?: readonly CertificateView[];
  /** Clusters whose endpoints were once known, with the seconds since they were last confirmed. */
  readonly discovery: readonly { readonly cluster: string; readonly ageSeconds: number }[];
  /** Listeners that declare mutual TLS and let in connections without it. */
  readonly permissive: readonly string[];
  /** How short of memory it is: 0 not at all, 2 refuses connections, 3 refuses requests. Absent without a limit. */
  readonly memoryLevel?: number;
}

export interface CertificateView {
  readonly listener: string;
  readonly file: string;
  /** Until it expires; below 0 it has. */
  readonly secondsLeft: number;
  /** `expired`, `not_yet_valid`, `rejected`; absent when there is none. */
  readonly problem?: string;
}

/** All that one service sends to another. */
export interface EdgeView {
  readonly from: ServiceId;
  readonly to: ServiceId;
  readonly figures: Figures;
  readonly versions: readonly EdgeVersionView[];
  readonly failures: readonly { readonly reason: string; readonly rate: number }[];
  /** Per second. */
  readonly retries: number;
  readonly hedges: number;
  /** Retries and hedges that did not take place: the budget was used up. */
  readonly retriesDenied: number;
  /** With mutual TLS; absent when nobody knows. */
  readonly secured?: boolean;
  /** Endpoints that are out of service, as far as they are only counted; those that are known one by one are in `Snapshot.endpoints`. */
  readonly unavailable?: readonly UnavailableView[];
}

/** Endpoints of a cluster in a state other than `ready`, of the caller's pod that has the most. */
export interface UnavailableView {
  readonly cluster: string;
  readonly state: string;
  readonly count: number;
}

/** One cluster of an edge. */
export interface EdgeVersionView {
  readonly cluster: string;
  /** Absent outside of the mesh. */
  readonly version?: string;
  readonly figures: Figures;
  /** The load-balancing policy in words; absent when nobody knows. */
  readonly policy?: string;
  /** What a policy that chooses among others has chosen, and why. */
  readonly choice?: { readonly policy: string; readonly reason: string };
}

/** A route of a caller. */
export interface RouteView {
  readonly from: ServiceId;
  /** Name of its listener, by which the caller's app calls: `outbound/shop/catalog:80`. */
  readonly listener: string;
  readonly name: string;
  /** It takes what no other route of the listener does. */
  readonly isRest: boolean;
  readonly figures: Figures;
  readonly split: readonly SplitView[];
  /** Part of its requests that goes to a fallback, 0 to 1, of the caller's pod where that is most. */
  readonly fallbackShare: number;
}

/** What a cluster gets of a route. */
export interface SplitView {
  readonly cluster: string;
  readonly service: ServiceId;
  readonly version?: string;
  /** 0 to 1. A fallback has 0. */
  readonly declared: number;
  /** 0 to 1; absent while the route has no requests. */
  readonly measured?: number;
  readonly rate: number;
}

/** An endpoint, as all pods of one caller have it. */
export interface EndpointView {
  readonly from: ServiceId;
  readonly cluster: string;
  readonly service: ServiceId;
  readonly version?: string;
  /** Address and port. */
  readonly address: string;
  /** Absent when no proxy there answers. */
  readonly pod?: string;
  readonly zone?: string;
  /** The worst that a pod of the caller says of it. Each judges for itself. */
  readonly state: string;
  /** Why, in words; absent when the state says it all. */
  readonly reason?: string;
  /** How many pods of the caller say so, and how many there are. */
  readonly saidBy: number;
  readonly callers: number;
  /** Declared weight. */
  readonly weight: number;
  /** Requests under way. */
  readonly inFlight: number;
  /** Requests per second that were sent to it. */
  readonly rate: number;
}
