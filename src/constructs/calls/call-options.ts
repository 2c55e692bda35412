/** What a caller can say of a call. */
import { Duration } from 'cdk8s';
import { Fallback } from '../destinations/fallback';
import { ConnectionOptions } from '../policies/connection-options';
import { FaultInjection } from '../policies/fault-injection';
import { HealthCheck } from '../policies/health-check';
import { LoadBalancing } from '../policies/load-balancing';
import { OutlierDetection } from '../policies/outlier-detection';
import { Retry } from '../policies/retry';
import { SessionPersistence } from '../policies/session-persistence';

/**
 * Options of `calls`.
 */
export interface CallOptions {
  // #region generated props of RouteConfig
  /**
   * Time from the request's head to the response's last byte; of a stream of events (`text/event-stream`, `application/x-ndjson` and their
   * like), to its head. 0 switches it off, as for long downloads.
   *
   * @default Duration.seconds(15)
   */
  readonly timeout?: Duration;
  // #endregion

  /**
   * How this caller chooses among the endpoints.
   *
   * @default - the destination's own choice
   */
  readonly loadBalancing?: LoadBalancing;

  /**
   * This caller's connections to the endpoints.
   *
   * @default - what the destination says of its callers' connections, or the defaults of `ConnectionOptions`
   */
  readonly connections?: ConnectionOptions;

  /**
   * Whether sessions stay with their pods.
   *
   * @default - what the destination says
   */
  readonly sessionPersistence?: SessionPersistence;

  /**
   * How this caller asks the endpoints whether they work, besides the readiness that Kubernetes knows of.
   *
   * @default - the destination's own choice
   */
  readonly healthCheck?: HealthCheck;

  /**
   * How this caller keeps requests from endpoints that fail or dawdle unlike the others.
   *
   * @default - the destination's own choice
   */
  readonly outlierDetection?: OutlierDetection;

  /**
   * When this caller sends a request again.
   *
   * @default - the destination's own choice
   */
  readonly retry?: Retry;

  /**
   * Who takes over when the destination can't take all requests.
   *
   * @default - nobody: requests get 503 when no endpoint is left
   */
  readonly fallback?: Fallback;

  /**
   * Faults to inject into this caller's requests, to see how it bears them; the first one that strikes a request. At most 8.
   *
   * @default - none
   */
  readonly faults?: FaultInjection[];
}
