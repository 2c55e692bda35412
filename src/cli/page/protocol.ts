/** What the live page and its server say to each other. Both sides are built from these types. */
import type { MeshEvent, RecentRequest, Snapshot } from '../live';

/** One line of the stream `/api/live`. */
export interface LiveMessage {
  /** What is looked at, in words: `dist/`, `cluster kind, namespace shop`. */
  readonly title: string;
  /** Absent until the proxies have been asked once. */
  readonly snapshot?: Snapshot;
  /** Events that the page has not been told of. */
  readonly events: readonly MeshEvent[];
  /** What can be done; absent where the page only looks. */
  readonly controls?: Controls;
  /** Why there is nothing new, in words. */
  readonly problem?: string;
}

/** What the page offers to do, with the present settings. */
export interface Controls {
  /** Requests per second that are sent along each call. */
  readonly traffic: number;
  /** Zones that have pods. */
  readonly zones: readonly string[];
  readonly versions: readonly VersionControls[];
}

/** Settings of one version of a service. */
export interface VersionControls {
  /** Id of the service. */
  readonly service: string;
  readonly version: string;
  /** How its stand-ins behave; absent for the user's own program. */
  readonly behaviour?: { readonly delayMs: number; readonly failPercent: number };
  /** Declared weight; absent when requests are not split by version. */
  readonly weight?: number;
}

/** What the page asks for by `POST /api/act`. */
export type Action =
  | { readonly type: 'kill'; readonly pod: string }
  | { readonly type: 'dropZone'; readonly zone: string }
  | { readonly type: 'behave'; readonly service: string; readonly version: string; readonly delayMs: number; readonly failPercent: number }
  | { readonly type: 'weights'; readonly service: string; readonly weights: Readonly<Record<string, number>> }
  | { readonly type: 'traffic'; readonly rate: number };

/** A request of `/api/tap`. */
export interface TappedRequest extends RecentRequest {
  readonly pod: string;
}

/** Limits of what a page may ask for. */
export const ACTION_LIMITS = {
  /** Requests per second along each call. */
  maxRate: 1_000,
  maxDelayMs: 60_000,
  maxWeight: 1_000,
  /** Bytes of an action. */
  maxBodyBytes: 4_096,
} as const;
