/**
 * A service that is asked whether requests may pass, as a user declares it. It is called as any other destination, by the sidecar or the gateway
 * itself. Names are those of Envoy's `ext_authz` and of the Gateway API (GEP-1494).
 */
import { Duration, Size } from 'cdk8s';
import { ExternalAuthorizationConfig, faultsOfQuestion } from '../../contract';
import { checkValues, Quantities, toConfig } from '../props/quantities';
import { isList, isText } from '../props/texts';
import { ValidationErrors } from '../props/validation-errors';
import { isA, mark, refusalOfCopy } from '../synthesis/copies';
import { Destination } from './destination';
import { callersHost } from './destination-info';
import { factsOf } from './app-protocol';
import { isTcp } from './tcp-checks';

/**
 * Options of `ExternalAuthorization.http`.
 */
export interface ExternalAuthorizationOptions {
  /**
   * What is put in front of the request's path: the service is asked with the request's method, this path and the request's query. Not together
   * with `path`.
   *
   * @default - the service is asked for the request's own path
   */
  readonly pathPrefix?: string;

  /**
   * Path that the service is always asked for, with GET and without a query, as nginx (`auth_request`) and Traefik (`forwardAuth`) ask. What the
   * request was about is in `X-Forwarded-Method` and `X-Forwarded-Uri` alone.
   *
   * @default - as `pathPrefix` says
   */
  readonly path?: string;

  /**
   * Host that the service is asked by. What the request was for is in `X-Forwarded-Host` in any case.
   *
   * @default - the request's own; of an ExternalService, that service's
   */
  readonly host?: string;

  /**
   * Header fields of the request that the service gets, all values of each. Besides, it always gets `X-Forwarded-Method`, `X-Forwarded-Host`,
   * `X-Forwarded-Uri`, `X-Forwarded-Caller` (the caller's SPIFFE id, where it has proved one), what `forwarded` of a gateway writes, and the
   * `claimHeaders` of `jwt`. At most 64.
   *
   * @default ['authorization', 'cookie']
   */
  readonly allowedHeaders?: string[];

  /**
   * Header fields of the service's answer that the app gets when the request passes. Fields of these names that clients send are dropped. At
   * most 64.
   *
   * @default - none
   */
  readonly allowedResponseHeaders?: string[];

  /**
   * Header fields of the service's answer that the client gets when its request is denied, besides `Content-Type`, `Location`, `Set-Cookie`,
   * `WWW-Authenticate`, `Cache-Control` and `Retry-After`. At most 64.
   *
   * @default - none
   */
  readonly allowedClientHeaders?: string[];

  /**
   * Whether requests pass when the service gives no answer. Who can make it fail, by many requests for example, gets past it then.
   *
   * @default false
   */
  readonly failureModeAllow?: boolean;

  /**
   * Paths that the service is not asked about: exactly or, with `*` at the end, by how they begin. Health checks of callers in the mesh are among
   * them in any case. At most 64.
   *
   * @default - none
   */
  readonly exemptPaths?: string[];

  // #region generated props of ExternalAuthorizationConfig
  /**
   * Time from the question to the end of the answer, retries included. From 1 ms to 300 seconds.
   *
   * @default Duration.seconds(1)
   */
  readonly timeout?: Duration;

  /**
   * Status of requests that the authority gives no answer to. With 503, callers' sidecars know that no application has seen them. From 400
   * to 599.
   *
   * @default 503
   */
  readonly statusOnError?: number;

  /**
   * Most requests that wait for an answer at a time, of each worker and listener. A request beyond it is taken for one without an answer.
   * From 1 to 1000000.
   *
   * @default 1024
   */
  readonly maxPendingRequests?: number;

  /**
   * Longest content of a denial that the client gets. A longer one is left out, and the client gets the proxy's own words. From 0 MiB to 1
   * MiB.
   *
   * @default Size.kibibytes(64)
   */
  readonly maxResponseSize?: Size;
  // #endregion
}

type Numbers = Pick<ExternalAuthorizationOptions, 'timeout' | 'statusOnError' | 'maxPendingRequests' | 'maxResponseSize'>;

const QUANTITIES: Quantities<Numbers, ExternalAuthorizationConfig> = {
  // #region generated quantities of ExternalAuthorizationConfig
  timeout: { field: 'timeoutMs', unit: 'time', min: 1, max: 300_000 },
  statusOnError: { field: 'statusOnError', unit: 'number', min: 400, max: 599 },
  maxPendingRequests: { field: 'maxPendingRequests', unit: 'number', min: 1, max: 1_000_000 },
  maxResponseSize: { field: 'maxResponseBytes', unit: 'size', min: 0, max: 1_048_576 },
  // #endregion
};
const LISTS = {
  // #region generated lists of ExternalAuthorizationConfig: allowedHeaders, allowedResponseHeaders, allowedClientHeaders, exemptPaths
  allowedHeaders: { least: 0, most: 64 },
  allowedResponseHeaders: { least: 0, most: 64 },
  allowedClientHeaders: { least: 0, most: 64 },
  exemptPaths: { least: 0, most: 64 },
  // #endregion
};
const FIELD = {
  // #region generated text of FieldName
  form: /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/,
  longest: 256,
  // #endregion
};
const PATH = {
  // #region generated text of AuthorityPath
  form: /^\/[!$&'()*+,./0-9:;=@A-Z_a-z~-]*$/,
  longest: 1_024,
  // #endregion
};
const PATTERN = {
  // #region generated text of PathPattern
  form: /^\/[^?#*\s]*\*?$/,
  longest: Infinity,
  // #endregion
};
const TEXTS = {
  // #region generated texts of ExternalAuthorizationConfig: host
  host: { form: /^[\][a-z0-9_.:-]+$/, longest: 259 },
  // #endregion
};
const OPTIONS = {
  pathPrefix: true, path: true, host: true, allowedHeaders: true, allowedResponseHeaders: true, allowedClientHeaders: true, failureModeAllow: true,
  exemptPaths: true, timeout: true, statusOnError: true, maxPendingRequests: true, maxResponseSize: true,
} as const satisfies Record<keyof ExternalAuthorizationOptions, true>;

/** What differs by who asks. */
interface Asker {
  readonly namespace: string;
  /** Paths of health checks that its callers send. */
  readonly healthPaths: readonly string[];
}

/**
 * A service that is asked about each request before anything of it goes on. A status of 2xx lets a request pass, 5xx is a failure, and with any
 * other the client gets that answer. Failures refuse the request: with 503 unless `statusOnError` says another. No body is sent to the service.
 *
 * It is asked behind `jwt` and the rules of who may call.
 */
export class ExternalAuthorization {
  /**
   * By HTTP.
   *
   * @param service a `MeshService`, an `ExternalService`, one that `MeshService.fromName` imports, or what `MeshSidecar.expose` returns
   * @param options how it is asked, and what its answers change
   */
  public static http(service: Destination, options: ExternalAuthorizationOptions = {}): ExternalAuthorization {
    return new ExternalAuthorization(service, options);
  }

  private constructor(
    /** @internal */
    public readonly _service: Destination,
    /** @internal */
    public readonly _options: ExternalAuthorizationOptions,
  ) {}

  /** @internal */
  public _toConfig({ namespace, healthPaths }: Asker): ExternalAuthorizationConfig {
    const info = this._service._info();
    const { pathPrefix, path, host = info.meshed ? undefined : callersHost(info, namespace), failureModeAllow, exemptPaths = [] } = this._options;
    const { allowedHeaders, allowedResponseHeaders, allowedClientHeaders } = this._options;
    const exempt = [...new Set([...exemptPaths, ...healthPaths])];
    return {
      split: info.shares().map(({ cluster, weight }) => ({ cluster, weight })),
      ...(pathPrefix !== undefined && { pathPrefix }),
      ...(path !== undefined && { path }),
      ...(host !== undefined && { host }),
      ...(allowedHeaders && { allowedHeaders: [...allowedHeaders] }),
      ...(allowedResponseHeaders && { allowedResponseHeaders: [...allowedResponseHeaders] }),
      ...(allowedClientHeaders && { allowedClientHeaders: [...allowedClientHeaders] }),
      ...toConfig<Numbers, ExternalAuthorizationConfig>(this._options, QUANTITIES),
      ...(failureModeAllow && { failureModeAllow }),
      ...(exempt.length > 0 && { exemptPaths: exempt }),
    };
  }

  /** @internal */
  public _check(errors: ValidationErrors, prop: string): void {
    const { _service: service, _options: options } = this;
    if (!isA(Destination, service)) {
      errors.add(prop, service, refusalOfCopy(Destination, service) ?? 'give http() a MeshService, an ExternalService, or what MeshSidecar.expose() returns');
      return;
    }
    const info = service._info();
    if (isTcp(info.protocol)) {
      errors.add(prop, info.name, `it speaks ${factsOf(info.protocol).title}, and is to be asked by HTTP; name a service of HTTP`);
    }
    errors.unknownProps(options, OPTIONS, `${prop}.`);
    const before = errors.messages.length;
    for (const part of ['pathPrefix', 'path'] as const) {
      if (options[part] !== undefined && !isText(PATH, options[part])) {
        errors.add(`${prop}.${part}`, options[part], 'use a path without a query, such as /oauth2/auth');
      }
    }
    if (options.host !== undefined && !isText(TEXTS.host, options.host)) {
      errors.add(`${prop}.host`, options.host, 'use a host in lower case, such as auth.example.com');
    }
    for (const part of ['allowedHeaders', 'allowedResponseHeaders', 'allowedClientHeaders'] as const) {
      const names = options[part] ?? [];
      if (!isList(LISTS[part], names) || !names.every((name) => isText(FIELD, name))) {
        errors.add(`${prop}.${part}`, names, `list at most ${LISTS[part].most} names of header fields, such as ['x-user']`);
      }
    }
    const { exemptPaths = [] } = options;
    if (!isList(LISTS.exemptPaths, exemptPaths) || !exemptPaths.every((path) => isText(PATTERN, path))) {
      errors.add(`${prop}.exemptPaths`, exemptPaths, `list at most ${LISTS.exemptPaths.most} paths, such as ['/healthz', '/public/*']`);
    }
    checkValues(errors, prop, options, QUANTITIES);
    if (errors.messages.length === before) {
      this.checkByContract(errors, prop);
    }
  }

  /** What the proxy would refuse. */
  private checkByContract(errors: ValidationErrors, prop: string): void {
    const { pathPrefix, path, allowedHeaders, allowedResponseHeaders, allowedClientHeaders } = this._options;
    const config = { split: [{ cluster: 'any', weight: 1 }], pathPrefix, path, allowedHeaders, allowedResponseHeaders, allowedClientHeaders };
    for (const { field, message } of faultsOfQuestion(config)) {
      const [part, index] = field.split('/');
      errors.add(`${prop}.${part}`, index === undefined ? pathPrefix : part, message);
    }
  }
}

mark(ExternalAuthorization);
