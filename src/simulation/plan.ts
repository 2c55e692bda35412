/**
 * What is simulated, as plain data: endpoints and what they can do, callers, traffic, and what changes while it runs. A plan
 * says nothing of the policy, so that one plan is run with each. Times are milliseconds from the beginning.
 */
import type { Distribution } from './distribution';
import type { KeyPopulation } from './keys';

export interface PlannedEndpoint {
  readonly name: string;
  /** Declared weight. */
  readonly weight: number;
  readonly zone?: string | undefined;
  /** Requests that it works on at a time; the others wait in order. */
  readonly concurrency: number;
  readonly serviceTime: Distribution;
  /** Absent: there from the beginning; otherwise a {@link Change} starts it and callers learn of it. */
  readonly later?: boolean;
}

export type Change = { readonly atMs: number } & (
  /** Everything takes so many times as long there. */
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
  /** So many times the planned rate. */
  | { readonly type: 'rate'; readonly factor: number }
);

export interface Plan {
  readonly endpoints: readonly PlannedEndpoint[];
  /** Proxies that send, each with its own picker and its own knowledge of the endpoints. */
  readonly callers: number;
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
  /** In the order of their times. */
  readonly changes: readonly Change[];
  /** When something is not as it was before; absent when all of the run is alike. */
  readonly disturbance?: { readonly fromMs: number; readonly toMs: number } | undefined;
}

/** How long requests keep coming. */
export function durationOf({ requests, rps }: Pick<Plan, 'requests' | 'rps'>): number {
  return (requests / rps) * 1_000;
}
