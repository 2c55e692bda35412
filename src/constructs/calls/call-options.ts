/** What a caller can say of a call. */
import { Duration } from 'cdk8s';
import { Fallback } from '../destinations/fallback';
import { Allow } from '../identity/allow';
import { ConnectionOptions } from '../policies/connection-options';
import { FaultInjection } from '../policies/fault-injection';
import { HealthCheck } from '../policies/health-check';
import { LoadBalancing } from '../policies/load-balancing';
import { OutlierDetection } from '../policies/outlier-detection';
import { Retry } from '../policies/retry';
import { SessionPersistence } from '../policies/session-persistence';
import { Route } from '../routes/route';

/**
 * Options of `calls`.
 */
export interface CallOptions {
  // #region generated props of RouteConfig
  /**
   * Timeout from the request's head to the last byte of the response; for a streaming response (`text/event-stream`, `application/x-ndjson`
   * and similar types), to its head. 0 turns it off, as for long downloads.
   *
   * @default Duration.seconds(15)
   */
  readonly timeout?: Duration;
  // #endregion

  /**
   * Whether the caller's own requests fail without an answer to this call. The objectives (`slo`) of both are held against each other by it, and
   * nothing else changes. True: an objective of the caller that is better than what such calls give is an error at synthesis. False: the
   * caller can answer without, for example from a cache, so the call does not count.
   *
   * @default - unknown: an objective that is better than what the call gives is a warning
   */
  readonly required?: boolean;

  /**
   * How this caller chooses among the endpoints.
   *
   * @default - that of the destination
   */
  readonly loadBalancing?: LoadBalancing;

  /**
   * This caller's connections to the endpoints.
   *
   * @default - those of the destination, or the defaults of `ConnectionOptions`
   */
  readonly connections?: ConnectionOptions;

  /**
   * Whether sessions stay on their pods.
   *
   * @default - that of the destination
   */
  readonly sessionPersistence?: SessionPersistence;

  /**
   * Active health checks of this caller, in addition to the readiness that Kubernetes reports.
   *
   * @default - that of the destination
   */
  readonly healthCheck?: HealthCheck;

  /**
   * How this caller ejects endpoints that fail or are slow while the others are not.
   *
   * @default - that of the destination
   */
  readonly outlierDetection?: OutlierDetection;

  /**
   * When this caller retries a request.
   *
   * @default - that of the destination
   */
  readonly retry?: Retry;

  /**
   * Services that take over when the destination can't take all requests.
   *
   * @default - none: requests get 503 when no endpoint is left
   */
  readonly fallback?: Fallback;

  /**
   * Routes of this caller, in place of those that the service declares for all callers. Requests that match none of them are sent to the
   * service by the weights of its versions. An empty list turns the routes of the service off.
   *
   * @default - the routes of the service
   */
  readonly routes?: Route[];

  /**
   * What the caller may ask for: requests that one of these allows. The sidecar of the service refuses all others with 403. The path is the one
   * that routes match and that the app gets. Both need an identity. This caller's health checks are allowed as well.
   *
   * @default - all requests
   */
  readonly allow?: Allow[];

  /**
   * Faults to inject into this caller's requests, for testing. The first fault that matches a request applies. At most 8.
   *
   * @default - none
   */
  readonly faults?: FaultInjection[];
}
