/**
 * Active health checks: what a caller's sidecar asks the endpoints of a destination, and what it makes of the answers.
 */
import { Duration } from 'cdk8s';
import { DEFAULT_HEALTH_CHECK, HealthCheckConfig, HealthCheckTiming } from '../contract';
import { Mistakes } from './mistakes';
import { checkQuantities, Quantities, toConfig, withoutDefaults } from './quantities';

/**
 * When endpoints are checked, and what it takes to change one's mind.
 */
export interface HealthCheckOptions {
  /**
   * Between two checks of an endpoint, at least 100 ms; a tenth more or less by chance. Every caller's pod checks, and with
   * workers each of them: a hundred callers with an interval of 5 seconds are twenty checks a second for each pod.
   *
   * @default Duration.seconds(5)
   */
  readonly interval?: Duration;

  /**
   * The same while the caller sends no requests there and all is well.
   *
   * @default Duration.seconds(60)
   */
  readonly idleInterval?: Duration;

  /**
   * How long a check may take, connecting included. At most `interval`.
   *
   * @default Duration.seconds(1)
   */
  readonly timeout?: Duration;

  /**
   * Checks in a row that must pass before an endpoint that failed gets requests again, 1 to 100.
   *
   * @default 2
   */
  readonly healthyThreshold?: number;

  /**
   * Checks in a row that must fail before an endpoint gets no more requests, 1 to 100. The first check of an endpoint decides
   * alone.
   *
   * @default 3
   */
  readonly unhealthyThreshold?: number;
}

/**
 * Options of `HealthCheck.http`.
 */
export interface HttpHealthCheckOptions extends HealthCheckOptions {
  /**
   * The statuses that pass, 100 to 599.
   *
   * @default - all from 200 to 299
   */
  readonly expectedStatuses?: number[];

  /**
   * The check's Host field, for servers that go by it.
   *
   * @default - the endpoint's address and port
   */
  readonly host?: string;
}

export const HEALTH_CHECK_QUANTITIES: Quantities<HealthCheckOptions, HealthCheckTiming> = {
  interval: { field: 'intervalMs', unit: 'time', min: 100 },
  idleInterval: { field: 'idleIntervalMs', unit: 'time', min: 100 },
  timeout: { field: 'timeoutMs', unit: 'time', min: 1 },
  healthyThreshold: { field: 'healthyThreshold', unit: 'number', min: 1, max: 100 },
  unhealthyThreshold: { field: 'unhealthyThreshold', unit: 'number', min: 1, max: 100 },
};

const PATH = /^\/[!-~]{0,2047}$/;
const HOST = /^[-.:[\]A-Za-z0-9_]{1,255}$/;

/**
 * How endpoints are asked whether they work, besides the readiness that Kubernetes knows of. Endpoints that fail get no
 * requests; when too few are left, all do, for more likely the check is wrong.
 */
export class HealthCheck {
  /**
   * A GET that must be answered with an expected status. It goes where requests go: to the sidecar of a pod in the mesh, which
   * passes it on to the app, so both must work.
   *
   * @param path what is asked for, with a query if need be, for example `/healthz`
   */
  public static http(path: string, options: HttpHealthCheckOptions = {}): HealthCheck {
    return new HealthCheck(path, options);
  }

  /**
   * A connection that must be accepted. Of a pod in the mesh it shows only that the sidecar runs; it is meant for an
   * `ExternalService`.
   */
  public static tcp(options: HealthCheckOptions = {}): HealthCheck {
    return new HealthCheck(undefined, options);
  }

  private constructor(private readonly path: string | undefined, private readonly options: HttpHealthCheckOptions) {}

  /** @internal */
  public _check(mistakes: Mistakes, prop: string): void {
    const { path } = this;
    const own = new Mistakes();
    if (typeof this.options !== 'object' || this.options === null) {
      own.add(`${prop}.options`, this.options, 'use an object, such as { interval: Duration.seconds(5) }');
      mistakes.take(own);
      return;
    }
    const { expectedStatuses, host, ...timing } = this.options;
    checkQuantities(own, prop, timing, HEALTH_CHECK_QUANTITIES);
    if (path !== undefined && !(typeof path === 'string' && PATH.test(path))) {
      own.add(`${prop}.path`, path, 'use a path that begins with /, such as /healthz, without spaces');
    }
    if (host !== undefined && !(typeof host === 'string' && HOST.test(host))) {
      own.add(`${prop}.host`, host, 'use a host name, such as shop.example.com');
    }
    if (path === undefined && (expectedStatuses !== undefined || host !== undefined)) {
      own.add(`${prop}.${host === undefined ? 'expectedStatuses' : 'host'}`, host ?? expectedStatuses, 'a TCP check sends nothing; use HealthCheck.http()');
    }
    if (expectedStatuses !== undefined && !(Array.isArray(expectedStatuses) && expectedStatuses.length > 0)) {
      own.add(`${prop}.expectedStatuses`, expectedStatuses, 'list at least one status, such as [200, 204], or leave it out');
    } else {
      expectedStatuses?.forEach((status, index) => own.wholeNumber(`${prop}.expectedStatuses[${index}]`, status, 100, 599));
    }
    if (own.messages.length === 0) {
      const { intervalMs, timeoutMs } = { ...DEFAULT_HEALTH_CHECK, ...toConfig(timing, HEALTH_CHECK_QUANTITIES) };
      if (timeoutMs > intervalMs) {
        own.add(`${prop}.timeout`, `${timeoutMs} ms`, `it is longer than the ${intervalMs} ms between two checks ('${prop}.interval'); shorten it, or lengthen the interval`);
      }
    }
    mistakes.take(own);
  }

  /** @internal */
  public _toConfig(): HealthCheckConfig {
    const { expectedStatuses, host, ...timing } = this.options;
    const common = withoutDefaults<HealthCheckTiming>(toConfig(timing, HEALTH_CHECK_QUANTITIES), DEFAULT_HEALTH_CHECK);
    if (this.path === undefined) {
      return { type: 'tcp', ...common };
    }
    return {
      type: 'http',
      path: this.path,
      ...(host !== undefined && { host }),
      ...(expectedStatuses && { expectedStatuses: expectedStatuses.map((status) => ({ from: status, to: status })) }),
      ...common,
    };
  }
}
