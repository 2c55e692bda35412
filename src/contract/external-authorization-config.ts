/**
 * External authorization: who may pass is said by a service, the authority, which is asked about each request over HTTP. It is asked behind the
 * rules of `authorization` and the tokens of `jwt`, and before anything of the request goes on.
 *
 * The names are those of Envoy's `ext_authz` and of the Gateway API's ExternalAuth (GEP-1494) where these have one. Here a failure of the
 * authority is answered 503 and not 403, since it says nothing of the client: no application has seen the request, and it can be sent again.
 */
import type { PathPattern } from './admission-config';
import { isOfForwarded, isOfTheProxy } from './field-names';
import type { JwtConfig } from './jwt-config';
import type { FieldName } from './route-action-config';
import type { RouteMatch } from './route-match-config';
import type { Integer } from './scalars';
import type { WeightedCluster } from './weighted-cluster';

/**
 * Whom a listener asks about its requests. A status of 2xx lets one pass; one of 5xx is a failure; with any other, the client gets that answer.
 * No body is sent.
 */
export interface ExternalAuthorizationConfig {
  /**
   * Clusters of the authority and their shares.
   * @minItems 1
   * @maxItems 64
   */
  readonly split: WeightedCluster[];
  /**
   * What is put in front of the request's path: the authority is asked with the request's method, this path, and the request's query. Not
   * together with `path`. Absent: the authority is asked for the request's own path.
   */
  readonly pathPrefix?: AuthorityPath;
  /**
   * Path that the authority is always asked for, with GET and without a query. What the request was about is in `X-Forwarded-Method` and
   * `X-Forwarded-Uri` alone. Absent: as `pathPrefix` says.
   */
  readonly path?: AuthorityPath;
  /**
   * Host that the authority is asked by. What the request was for is in `X-Forwarded-Host` in any case. Absent: the request's own.
   * @minLength 1
   * @maxLength 259
   * @pattern ^[\][a-z0-9_.:-]+$
   */
  readonly host?: string;
  /**
   * Header fields of the request that the authority gets, all values of each. Besides, it always gets `X-Forwarded-Method`, `X-Forwarded-Host`,
   * `X-Forwarded-Uri` and, where the caller has proved one by mutual TLS, its id in `X-Forwarded-Caller`; what `forwarded` of the listener writes;
   * and fields that `jwt` makes of claims. A list takes the place of the default one.
   * @maxItems 64
   * @default ['authorization', 'cookie']
   */
  readonly allowedHeaders?: FieldName[];
  /**
   * Header fields of the authority's answer that the request gets when it passes. Fields of these names that clients send are dropped, whatever
   * the answer has; with `_` for `-`, too.
   * @maxItems 64
   * @default []
   */
  readonly allowedResponseHeaders?: FieldName[];
  /**
   * Header fields of the authority's answer that the client gets when its request is denied, besides `Content-Type`, `Location`, `Set-Cookie`,
   * `WWW-Authenticate`, `Cache-Control` and `Retry-After`.
   * @maxItems 64
   * @default []
   */
  readonly allowedClientHeaders?: FieldName[];
  /**
   * Time from the question to the end of the answer, retries included.
   * @minimum 1
   * @maximum 300000
   * @default 1000
   */
  readonly timeoutMs?: Integer;
  /**
   * Status of requests that the authority gives no answer to. With 503, callers' sidecars know that no application has seen them.
   * @minimum 400
   * @maximum 599
   * @default 503
   */
  readonly statusOnError?: Integer;
  /**
   * Whether requests pass that the authority gives no answer to. They have none of its header fields then.
   * @default false
   */
  readonly failureModeAllow?: boolean;
  /**
   * Most requests that wait for an answer at a time, of each worker and listener. A request beyond it is taken for one without an answer.
   * @minimum 1
   * @maximum 1000000
   * @default 1024
   */
  readonly maxPendingRequests?: Integer;
  /**
   * Longest content of a denial that the client gets. A longer one is left out, and the client gets the proxy's own words.
   * @maximum 1048576
   * @default 65536
   */
  readonly maxResponseBytes?: Integer;
  /**
   * Paths that the authority is not asked about: exactly or, with `*` at the end, by how they begin.
   * @maxItems 64
   * @default []
   */
  readonly exemptPaths?: PathPattern[];
}

/**
 * A path without a query.
 * @maxLength 1024
 * @pattern ^/[!$&'()*+,./0-9:;=@A-Z_a-z~-]*$
 */
export type AuthorityPath = string;

type Optional = 'pathPrefix' | 'path' | 'host';

/** {@link ExternalAuthorizationConfig} with nothing left open. */
export type ResolvedExternalAuthorization = Required<Omit<ExternalAuthorizationConfig, Optional>> & Pick<ExternalAuthorizationConfig, Optional>;

/** Default of `externalAuthorization`. */
export const DEFAULT_EXTERNAL_AUTHORIZATION: Required<Omit<ExternalAuthorizationConfig, Optional | 'split'>> = {
  // #region generated defaults of ExternalAuthorizationConfig
  allowedHeaders: ['authorization', 'cookie'],
  allowedResponseHeaders: [],
  allowedClientHeaders: [],
  timeoutMs: 1_000,
  statusOnError: 503,
  failureModeAllow: false,
  maxPendingRequests: 1_024,
  maxResponseBytes: 65_536,
  exemptPaths: [],
  // #endregion
};

interface Fault {
  readonly field: string;
  readonly message: string;
}

/** What the proxy itself tells the authority. */
const ASKED = /^x[-_]forwarded[-_](method|host|uri|caller)$/i;
/** What of a listener has to fit whom it asks. */
interface OfListener {
  readonly name: string;
  readonly direction: 'inbound' | 'outbound';
  readonly address?: string;
  readonly externalAuthorization?: ExternalAuthorizationConfig;
  readonly jwt?: readonly JwtConfig[];
  readonly authorization?: { readonly rules: readonly Conditional[] };
  readonly routes: readonly (Conditional & { readonly externalAuthorization?: boolean })[];
}

/** A route, or a rule. */
interface Conditional {
  readonly name: string;
  readonly matches?: readonly RouteMatch[];
}

/**
 * What is wrong with whom a listener asks, by its field.
 *
 * @param protocols what each cluster speaks, by its name
 */
export function errorsOfExternalAuthorization(listener: OfListener, protocols: ReadonlyMap<string, string>): Fault[] {
  const { name, direction, address, externalAuthorization: config, jwt = [], routes } = listener;
  if (!config) {
    // A document whose defaults are filled in says true, as workers get it.
    return routes.flatMap((route, r) => (route.externalAuthorization !== false ? [] : [{
      field: `routes/${r}/externalAuthorization`, message: `route '${route.name}' has it, but listener '${name}' asks nobody; remove it`,
    }]));
  }
  const at = 'externalAuthorization';
  if (direction === 'outbound' && address !== undefined) {
    return [{ field: at, message: `listener '${name}' is outbound, and an app can always get past its own sidecar; remove it, and let the callee's inbound listener ask` }];
  }
  const claimed = new Set(jwt.flatMap(({ claimHeaders = [] }) => claimHeaders.map(({ header }) => alike(header))));
  const faults = [
    ...faultsOfQuestion(config),
    ...config.split.flatMap(({ cluster }, s) => faultsOfCluster(cluster, protocols).map((message) => ({ field: `split/${s}/cluster`, message }))),
    ...(config.allowedResponseHeaders ?? []).flatMap((header, n) => (claimed.has(alike(header))
      ? [{ field: `allowedResponseHeaders/${n}`, message: `'${header}' has a claim of the token ('jwt'); use another field` }] : [])),
    ...(config.allowedHeaders ?? []).flatMap((header, n) => (claimed.has(alike(header))
      ? [{ field: `allowedHeaders/${n}`, message: `'${header}' has a claim of the token ('jwt'), which the authority gets in any case; leave it out` }] : [])),
  ].map(({ field, message }) => ({ field: `${at}/${field}`, message }));
  const given = new Set((config.allowedResponseHeaders ?? []).map(alike));
  return [
    ...faults,
    ...conditionsOf('route', 'routes', routes, given),
    ...conditionsOf('rule', 'authorization/rules', listener.authorization?.rules ?? [], given),
  ];
}

/** Conditions of what only the answer has: nothing that goes by it could be met. */
function conditionsOf(title: string, at: string, parts: readonly Conditional[], given: ReadonlySet<string>): Fault[] {
  const of = (name: string, header: string): string => `${title} '${name}' has a condition of the field '${header}', which only the authority's `
    + 'answer gives (\'allowedResponseHeaders\'), and it is asked after; use another field';
  return parts.flatMap(({ name, matches = [] }, p) => matches.flatMap(({ headers = [] }, m) => headers.flatMap((header, h) => (
    given.has(alike(header.name)) ? [{ field: `${at}/${p}/matches/${m}/headers/${h}/name`, message: of(name, header.name) }] : []))));
}

function faultsOfCluster(cluster: string, protocols: ReadonlyMap<string, string>): string[] {
  const protocol = protocols.get(cluster);
  if (protocol === undefined) return [`there is no cluster '${cluster}'; declare it under /clusters`];
  return protocol === 'tcp' ? [`cluster '${cluster}' speaks TCP, and the authority is asked by HTTP; name another one`] : [];
}

/** What is wrong with how an authority is asked, by its field. */
export function faultsOfQuestion(config: ExternalAuthorizationConfig): Fault[] {
  const { split, path, pathPrefix, allowedHeaders = [], allowedResponseHeaders = [], allowedClientHeaders = [] } = config;
  const faults: Fault[] = [];
  if (!split.some(({ weight }) => weight > 0)) faults.push({ field: 'split', message: 'all weights are 0; give at least one cluster a weight above 0' });
  if (path !== undefined && pathPrefix !== undefined) {
    faults.push({ field: 'pathPrefix', message: 'the authority is asked for one path, or for that of the request; leave out \'path\' or \'pathPrefix\'' });
  }
  const lists = { allowedHeaders, allowedResponseHeaders, allowedClientHeaders };
  for (const [list, names] of Object.entries(lists)) {
    names.forEach((name, n) => {
      const refusal = refusalOf(list, name);
      if (refusal !== undefined) faults.push({ field: `${list}/${n}`, message: `'${name}': ${refusal}` });
    });
  }
  return faults;
}

function refusalOf(list: string, name: string): string | undefined {
  if (isOfTheProxy(name)) return 'the proxy itself writes this field or acts on it; leave it out';
  if (list === 'allowedHeaders' && ASKED.test(name)) return 'the authority gets it in any case, from the proxy; leave it out';
  if (list === 'allowedResponseHeaders' && isOfForwarded(name)) return 'it says where a request comes from; let the authority use a field of its own, such as \'x-user\'';
  return undefined;
}

/** A name as those compare it who take `_` for `-`. */
function alike(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}
