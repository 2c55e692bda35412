/**
 * How a proxy finds out by itself which endpoints of a cluster work: by asking them now and then (health checks), and by
 * watching what becomes of the requests that it sends (outlier detection).
 */
import type { Integer } from './scalars';

/** Asks each endpoint whether it works. With workers, each asks. */
export type HealthCheckConfig = HttpHealthCheckConfig | GrpcHealthCheckConfig | TcpHealthCheckConfig;

/** When and how often an endpoint is asked, and what it takes to change one's mind. */
export interface HealthCheckTiming {
  /**
   * Between two checks of an endpoint, a tenth more or less by chance. Every caller's pod checks, and with workers each of them: a
   * hundred callers with an interval of 5 seconds are twenty checks a second for each pod.
   * @minimum 100
   * @default 5000
   */
  readonly intervalMs?: Integer;
  /**
   * The same while the caller sends no requests there and all is well.
   * @minimum 100
   * @default 60000
   */
  readonly idleIntervalMs?: Integer;
  /**
   * How long a check may take, connecting included. At most `intervalMs`.
   * @minimum 1
   * @default 1000
   */
  readonly timeoutMs?: Integer;
  /**
   * Checks in a row that must pass before an endpoint that failed gets requests again.
   * @minimum 1
   * @maximum 100
   * @default 2
   */
  readonly healthyThreshold?: Integer;
  /**
   * Checks in a row that must fail before an endpoint gets no more requests. The first check of an endpoint decides
   * alone.
   * @minimum 1
   * @maximum 100
   * @default 3
   */
  readonly unhealthyThreshold?: Integer;
}

/** A GET on a connection of its own, by the cluster's version of HTTP. It passes when the response's status is one of those expected. */
export interface HttpHealthCheckConfig extends HealthCheckTiming {
  readonly type: 'http';
  /**
   * What is asked for: a path, with a query if need be.
   * @pattern ^/[!-~]*$
   * @maxLength 2048
   */
  readonly path: string;
  /**
   * The request's Host: the one that callers use. Absent: the endpoint's address and port.
   * @pattern ^[-.:\[\]A-Za-z0-9_]+$
   * @maxLength 255
   */
  readonly host?: string;
  /**
   * Fields that the request has besides. `Accept` takes the place of the check's own.
   * @maxItems 16
   * @default []
   */
  readonly headers?: HeaderField[];
  /**
   * Which statuses pass.
   * @minItems 1
   * @default [{ from: 200, to: 299 }]
   */
  readonly expectedStatuses?: StatusRange[];
}

/** The method that a check of gRPC calls. */
export const GRPC_HEALTH_PATH = '/grpc.health.v1.Health/Check';

/**
 * A call of `grpc.health.v1.Health/Check` on a connection of its own, for clusters that speak HTTP/2. It passes when the answer is
 * `SERVING`.
 */
export interface GrpcHealthCheckConfig extends HealthCheckTiming {
  readonly type: 'grpc';
  /**
   * The service that is asked about. Empty: the server as a whole.
   * @pattern ^[-.A-Za-z0-9_]*$
   * @maxLength 127
   * @default ''
   */
  readonly service?: string;
  /**
   * The call's authority: the one that callers use. Absent: the endpoint's address and port.
   * @pattern ^[-.:\[\]A-Za-z0-9_]+$
   * @maxLength 255
   */
  readonly host?: string;
}

/** A header field that is sent. */
export interface HeaderField {
  /**
   * Its name, in any case.
   * @pattern ^[!#$%&'*+.^_`|~0-9A-Za-z-]+$
   * @maxLength 256
   */
  readonly name: string;
  /**
   * Its value, in Latin-1.
   * @pattern ^[\t -~\u0080-\u00ff]*$
   * @maxLength 1024
   */
  readonly value: string;
}

/** Statuses from one to another, both included. */
export interface StatusRange {
  /**
   * @minimum 100
   * @maximum 599
   */
  readonly from: Integer;
  /**
   * @minimum 100
   * @maximum 599
   */
  readonly to: Integer;
}

/** A connection that is made and closed. To a sidecar it says nothing of the app behind it. */
export interface TcpHealthCheckConfig extends HealthCheckTiming {
  readonly type: 'tcp';
}

/**
 * Ejects endpoints that fail or are slow while most of the others aren't, for a time that grows, and takes each back by one
 * request first. An endpoint without others is never ejected, nor is the last one that works. With workers, each judges
 * by the requests that it sends.
 */
export interface OutlierDetectionConfig {
  /**
   * `dryRun`: outliers are counted and keep their requests.
   * @default enforce
   */
  readonly mode?: 'enforce' | 'dryRun' | 'off';
  /**
   * Consecutive gateway errors that make an outlier: 502, 503, 504, timeouts, and connections that fail or break. 0 turns the rule off. The
   * default is that of Envoy and Istio.
   *
   * @default 5
   */
  readonly consecutiveGatewayErrors?: Integer;
  /**
   * Consecutive errors that make an outlier: gateway errors and every other status from 500 on. 0 turns the rule off.
   *
   * @default 5
   */
  readonly consecutiveServerErrors?: Integer;
  /**
   * How much higher its failure rate must be than that of the others, in percentage points, and more than chance explains. If the others
   * fail none, that is 10 of 20 requests, or 21 of 200. 0 turns the rule off.
   *
   * @maximum 100
   * @default 10
   */
  readonly successRateMarginPercent?: Integer;
  /**
   * Failure rate that makes an outlier, in percent, whatever the rate of the others. 0 turns the rule off.
   *
   * @maximum 100
   * @default 0
   */
  readonly failurePercent?: Integer;
  /**
   * How many times longer than the others it must take to respond. Unless most endpoints are faster, it must also be that much slower than
   * it usually is. 0 turns the rule off.
   *
   * @minimum 0
   * @maximum 1000
   * @default 5
   */
  readonly latencyFactor?: number;
  /**
   * How much longer than the others it must take, in addition to the factor.
   *
   * @default 20
   */
  readonly latencyMarginMs?: Integer;
  /**
   * Minimum number of requests in the window to judge failure rate and latency.
   *
   * @minimum 5
   * @default 20
   */
  readonly minimumRequests?: Integer;
  /**
   * Window over which failure rate and latency are measured. It grows up to a minute when it has fewer requests than `minimumRequests`.
   *
   * @minimum 100
   * @maximum 60000
   * @default 5000
   */
  readonly windowMs?: Integer;
  /**
   * Duration of the first ejection, plus up to a fifth at random. The n-th ejection lasts n times as long; the count falls by one for each
   * such time without an ejection. At most `maxEjectionMs`.
   *
   * @minimum 1
   * @default 10000
   */
  readonly baseEjectionMs?: Integer;
  /**
   * Maximum duration of an ejection.
   *
   * @minimum 1
   * @default 300000
   */
  readonly maxEjectionMs?: Integer;
  /**
   * Maximum percentage of the ready endpoints that are ejected at a time, rounded down, but at least one.
   *
   * @minimum 1
   * @maximum 100
   * @default 50
   */
  readonly maxEjectedPercent?: Integer;
}
