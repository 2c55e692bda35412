/**
 * What is simulated, as plain data: endpoints and what they can do, callers, traffic, and what changes during the run. The
 * policy and the stages around it are not part of a plan, so that one plan can be run with each. Times are milliseconds from the beginning.
 */
import type { HealthCheckTiming, HedgeConfig, OutlierDetectionConfig, RetryBudgetConfig, RetryConfig } from '../contract';
import type { Distribution } from './distribution';
import type { KeyPopulation } from './keys';

export interface PlannedEndpoint {
  readonly name: string;
  /** Declared weight. */
  readonly weight: number;
  readonly zone?: string | undefined;
  /** Priority level, 0 first; absent is 0. */
  readonly priority?: number | undefined;
  /** Requests that it works on at a time; the others wait in order. */
  readonly concurrency: number;
  readonly serviceTime: Distribution;
  /** Absent: there from the beginning; otherwise a {@link Change} starts it and callers learn of it. */
  readonly later?: boolean;
}

/** A proxy that sends, with its own balancer and its own knowledge of the endpoints. */
export interface PlannedCaller {
  /** Where it knows itself to be; absent when it doesn't know, and then zones don't matter to it. */
  readonly zone?: string | undefined;
  /** Absent: requests come to it from the beginning; otherwise from a {@link Change} on. */
  readonly later?: boolean;
}

/** How health checks find out whether an endpoint works. */
export type PlannedHealthCheck = Required<Omit<HealthCheckTiming, 'idleIntervalMs'>> & { readonly type: 'http' | 'grpc' | 'tcp' };

export type Change = { readonly atMs: number } & (
  /** All work takes this many times as long there. */
  | { readonly type: 'pace'; readonly endpoint: number; readonly factor: number }
  /** It answers 503 after so long, without doing any work; undefined: it works again. */
  | { readonly type: 'failing'; readonly endpoint: number; readonly answerMs: number | undefined }
  /** Its machine is gone: nothing that is sent there is ever answered. */
  | { readonly type: 'vanished'; readonly endpoint: number }
  /** Its process ends: connections break, new ones are refused. */
  | { readonly type: 'stopped'; readonly endpoint: number }
  | { readonly type: 'started'; readonly endpoint: number }
  /** What discovery tells all callers of it. */
  | { readonly type: 'discovered'; readonly endpoint: number; readonly state: 'ready' | 'draining' | 'gone' }
  /** What the health checks of all callers say of it. */
  | { readonly type: 'judged'; readonly endpoint: number; readonly healthy: boolean }
  /** Requests come to a caller that starts, or no longer to one whose machine is gone, with what it had under way. */
  | { readonly type: 'calling'; readonly caller: number; readonly calls: boolean }
  /** What discovery tells all callers of which of them there are. */
  | { readonly type: 'counted'; readonly callers: readonly number[] }
  /** So many times the planned rate. */
  | { readonly type: 'rate'; readonly factor: number }
);

export interface Plan {
  readonly endpoints: readonly PlannedEndpoint[];
  readonly callers: readonly PlannedCaller[];
  /** Requests a second, over all callers. */
  readonly rps: number;
  /** `random`: as independent users come (Poisson); `even`: at equal distances, the callers in turn. */
  readonly arrivals: 'random' | 'even';
  readonly requests: number;
  /** Requests of this first part of the run are not measured. */
  readonly warmUp: number;
  /** From a caller to an endpoint, one way. */
  readonly networkMs: number;
  /** From a request to the end of its response. */
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly keys: KeyPopulation;
  /** How callers ask endpoints whether they work; absent: they don't. */
  readonly healthCheck?: PlannedHealthCheck | undefined;
  /** How callers find endpoints that fail or are slow unlike the others; absent: they don't. */
  readonly outlierDetection?: Required<OutlierDetectionConfig> | undefined;
  /** Which requests are sent again, and how long one attempt may take; absent: those that no app can have seen, and no others. */
  readonly retry?: Required<RetryConfig> | undefined;
  /** When a second attempt starts beside one that takes long; absent: only where an endpoint has fallen silent, as `retry` says. */
  readonly hedge?: Required<HedgeConfig> | undefined;
  /** How much these may add; absent: as the proxy has it by default. */
  readonly retryBudget?: Required<RetryBudgetConfig> | undefined;
  /** Part of the requests that may be executed twice, 0 to 1; absent: all. */
  readonly idempotent?: number | undefined;
  /** In the order of their times. */
  readonly changes: readonly Change[];
  /** When something is not as it was before; absent when all of the run is alike. */
  readonly disturbance?: { readonly fromMs: number; readonly toMs: number } | undefined;
}

/** A service without disturbance: what a scenario starts from. No endpoint comes or goes. */
export type BasePlan = Omit<Plan, 'changes' | 'disturbance'>;

/** How long requests keep coming. */
export function durationOf({ requests, rps }: Pick<Plan, 'requests' | 'rps'>): number {
  return (requests / rps) * 1_000;
}

export function inOrder(changes: readonly Change[]): Change[] {
  return [...changes].sort((a, b) => a.atMs - b.atMs);
}
