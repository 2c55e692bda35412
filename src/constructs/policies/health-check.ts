/**
 * Active health checks: what a caller's sidecar asks the endpoints of a destination, and what it makes of the answers.
 */
import { Duration } from 'cdk8s';
import { isIP } from 'node:net';
import { ClusterConfig, contradictionsOfHealthCheck, DEFAULT_HEALTH_CHECK, HealthCheckConfig, HealthCheckTiming, refusalOfCheckField } from '../../contract';
import { isFieldName, isFieldValue, LONGEST_FIELD_VALUE } from '../props/header-fields';
import { isName, NAME_RULES } from '../props/name-rules';
import { checkQuantities, checkQuantity, Quantities, Quantity, toConfig, withoutDefaults } from '../props/quantities';
import { isList, isText } from '../props/texts';
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';

/**
 * When endpoints are checked, and how many results change their state.
 */
export interface HealthCheckOptions {
  // #region generated props of TcpHealthCheckConfig
  /**
   * Between two checks of an endpoint, a tenth more or less by chance. Every caller's pod checks, and with workers each of them: a hundred
   * callers with an interval of 5 seconds are twenty checks a second for each pod. At least 100 ms.
   *
   * @default Duration.seconds(5)
   */
  readonly interval?: Duration;

  /**
   * The same while the caller sends no requests there and all is well. At least 100 ms.
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
   * Checks in a row that must pass before an endpoint that failed gets requests again. From 1 to 100.
   *
   * @default 2
   */
  readonly healthyThreshold?: number;

  /**
   * Checks in a row that must fail before an endpoint gets no more requests. The first check of an endpoint decides alone. From 1 to 100.
   *
   * @default 3
   */
  readonly unhealthyThreshold?: number;
  // #endregion
}

/**
 * Options of `HealthCheck.http`.
 */
export interface HttpHealthCheckOptions extends HealthCheckOptions {
  /**
   * Statuses that pass, 100 to 599.
   *
   * @default - all from 200 to 299
   */
  readonly expectedStatuses?: number[];

  /**
   * Host field of the check, for servers that reject unknown hosts, as many frameworks do.
   *
   * @default - the name and port that the caller's app uses: `catalog`, `catalog.shop` from another namespace, or the hostname of an
   * `ExternalService`, followed by the port unless it is 80
   */
  readonly host?: string;

  /**
   * Additional header fields of the check, at most 16. `Accept` replaces the default one; set `Host` with `host`.
   *
   * @default - none
   */
  readonly headers?: { readonly [name: string]: string };
}

/**
 * Options of `HealthCheck.grpc`.
 */
export interface GrpcHealthCheckOptions extends HealthCheckOptions {
  /**
   * The service that is asked about, for example `shop.v1.Catalog`. At most 127 characters.
   *
   * @default - the server as a whole
   */
  readonly service?: string;
}

/** What a check sends. */
type Sent =
  | { readonly type: 'http'; readonly path: string; readonly options: HttpHealthCheckOptions }
  | { readonly type: 'grpc'; readonly options: GrpcHealthCheckOptions }
  | { readonly type: 'tcp'; readonly options: HealthCheckOptions };

export const HEALTH_CHECK_QUANTITIES: Quantities<HealthCheckOptions, HealthCheckTiming> = {
  // #region generated quantities of TcpHealthCheckConfig
  interval: { field: 'intervalMs', unit: 'time', min: 100 },
  idleInterval: { field: 'idleIntervalMs', unit: 'time', min: 100 },
  timeout: { field: 'timeoutMs', unit: 'time', min: 1 },
  healthyThreshold: { field: 'healthyThreshold', unit: 'number', min: 1, max: 100 },
  unhealthyThreshold: { field: 'unhealthyThreshold', unit: 'number', min: 1, max: 100 },
  // #endregion
};

const TEXTS = {
  // #region generated texts of HttpHealthCheckConfig: path
  path: { form: /^\/[!-~]*$/, longest: 2_048 },
  // #endregion
};
const SERVICE = {
  // #region generated texts of GrpcHealthCheckConfig: service
  service: { form: /^[-.A-Za-z0-9_]*$/, longest: 127 },
  // #endregion
};
const LISTS = {
  // #region generated lists of HttpHealthCheckConfig: headers
  headers: { least: 0, most: 16 },
  // #endregion
};
const STATUS = {
  // #region generated quantities of StatusRange: from
  from: { field: 'from', unit: 'number', min: 100, max: 599 },
  // #endregion
} as const satisfies Record<string, Quantity>;
const PORT = /:([1-9]\d{0,4})$/;

/**
 * Active health checks, in addition to the readiness that Kubernetes reports. Endpoints that fail get no requests. When too few are left,
 * all get requests, because then the check is more likely wrong.
 */
export class HealthCheck {
  /**
   * A GET request that must return an expected status. It takes the path of other requests: in the mesh it goes to the sidecar of the pod,
   * which forwards it to the app, so both must work.
   *
   * @param path path of the request, with a query if needed, for example `/healthz`
   */
  public static http(path: string, options: HttpHealthCheckOptions = {}): HealthCheck {
    return new HealthCheck({ type: 'http', path, options });
  }

  /**
   * A call of `grpc.health.v1.Health/Check` that must be answered with `SERVING`, for services that speak gRPC. In the mesh it goes to the sidecar
   * of the pod, which forwards it to the app, so both must work.
   */
  public static grpc(options: GrpcHealthCheckOptions = {}): HealthCheck {
    return new HealthCheck({ type: 'grpc', options });
  }

  /**
   * A connection that must be accepted. For a pod in the mesh this shows only that the sidecar runs. Use it for an `ExternalService`.
   */
  public static tcp(options: HealthCheckOptions = {}): HealthCheck {
    return new HealthCheck({ type: 'tcp', options });
  }

  private constructor(private readonly sent: Sent) {}

  /**
   * @param wire what is spoken with what is checked
   * @internal
   */
  public _check(errors: ValidationErrors, prop: string, wire: ClusterConfig['protocol']): void {
    const { type, options } = this.sent;
    if (typeof options !== 'object' || options === null) {
      errors.add(`${prop}.options`, options, 'use an object, such as { interval: Duration.seconds(5) }');
      return;
    }
    const { expectedStatuses, host, headers, service, ...timing } = options as HttpHealthCheckOptions & GrpcHealthCheckOptions;
    checkQuantities(errors, prop, timing, HEALTH_CHECK_QUANTITIES, contradictionsOfHealthCheck);
    if (type === 'http' && !isText(TEXTS.path, this.sent.path)) {
      errors.add(`${prop}.path`, this.sent.path, 'use a path that begins with /, such as /healthz, without spaces');
    }
    if (type === 'grpc' && wire !== 'http2') {
      errors.add(prop, 'HealthCheck.grpc()', 'what is checked speaks HTTP/1.1; say \'protocol: AppProtocol.GRPC\' of it, or use HealthCheck.http() or tcp()');
    }
    if (host !== undefined && !isHost(host)) {
      errors.add(`${prop}.host`, host, 'use a host name, such as shop.example.com, with a port if it is not 80: shop.example.com:8080');
    }
    if (service !== undefined && (type !== 'grpc' || !isText(SERVICE.service, service))) {
      const remedy = type === 'grpc' ? 'use the full name of a service, such as shop.v1.Catalog' : 'only a check of gRPC asks about one; use HealthCheck.grpc()';
      errors.add(`${prop}.service`, service, remedy);
    }
    if (type !== 'http') {
      const [said] = Object.entries({ host, headers, expectedStatuses }).filter(([, value]) => value !== undefined);
      if (said) {
        errors.add(`${prop}.${said[0]}`, said[1], `${type === 'tcp' ? 'a TCP check sends nothing' : 'it is of HTTP alone'}; use HealthCheck.http()`);
      }
    }
    checkFields(errors, `${prop}.headers`, headers);
    if (expectedStatuses !== undefined && !(Array.isArray(expectedStatuses) && expectedStatuses.length > 0)) {
      errors.add(`${prop}.expectedStatuses`, expectedStatuses, 'list at least one status, such as [200, 204], or leave it out');
    } else {
      expectedStatuses?.forEach((status, index) => checkQuantity(errors, `${prop}.expectedStatuses[${index}]`, status, STATUS.from));
    }
  }

  /**
   * @param callersHost as which callers ask for the destination
   * @internal
   */
  public _toConfig(callersHost: string): HealthCheckConfig {
    const { sent } = this;
    const options = sent.options as HttpHealthCheckOptions & GrpcHealthCheckOptions;
    const { expectedStatuses, host = callersHost, headers = {}, service, ...timing } = options;
    const common = withoutDefaults<HealthCheckTiming>(toConfig(timing, HEALTH_CHECK_QUANTITIES), DEFAULT_HEALTH_CHECK);
    switch (sent.type) {
      case 'tcp': return { type: 'tcp', ...common };
      case 'grpc': return { type: 'grpc', host, ...(service && { service }), ...common };
      default: return {
        type: 'http',
        path: sent.path,
        host,
        ...(Object.keys(headers).length > 0 && { headers: Object.entries(headers).map(([name, value]) => ({ name, value })) }),
        ...(expectedStatuses && { expectedStatuses: expectedStatuses.map((status) => ({ from: status, to: status })) }),
        ...common,
      };
    }
  }
}

mark(HealthCheck);

/** A host as it stands in the Host field: a name or an address, one of IPv6 in brackets, and a port behind it if need be. */
function isHost(host: unknown): boolean {
  if (typeof host !== 'string') {
    return false;
  }
  const port = PORT.exec(host)?.[1];
  const name = host.replace(PORT, '');
  const [, bracketed] = /^\[(.*)\]$/.exec(name) ?? [];
  return (port === undefined || Number(port) <= 65_535)
    && (bracketed === undefined ? isName(NAME_RULES.hostname, name.toLowerCase()) : isIP(bracketed) === 6);
}

function checkFields(errors: ValidationErrors, prop: string, headers: unknown): void {
  if (headers === undefined) {
    return;
  }
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) {
    errors.add(prop, headers, 'use an object of names and values, such as { \'X-Forwarded-Proto\': \'https\' }');
    return;
  }
  const names = Object.keys(headers);
  if (!isList(LISTS.headers, names)) {
    errors.add(prop, names.length, `use at most ${LISTS.headers.most} fields`);
  }
  const seen = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    const refusal = refusalOfCheckField(name);
    const other = seen.get(name.toLowerCase());
    seen.set(name.toLowerCase(), name);
    if (other !== undefined) {
      errors.add(`${prop}['${name}']`, value, `'${other}' is the same field, as names of fields don't differ by case; say it once`);
    } else if (!isFieldName(name)) {
      errors.add(prop, name, 'use the name of a header field, such as X-Forwarded-Proto');
    } else if (refusal !== undefined) {
      errors.add(`${prop}['${name}']`, value, refusal);
    } else if (!isFieldValue(value)) {
      errors.add(`${prop}['${name}']`, value, `use the value of a header field, in Latin-1 and up to ${LONGEST_FIELD_VALUE} characters`);
    }
  }
}
