/** An HTTPRoute of the Gateway API (v1, standard channel) for the routes of a service, or of a host of a gateway. */
import { Duration } from 'cdk8s';
import { PathChange, PathMatch, ValueMatch } from '../../contract';
import { Destination } from '../destinations/destination';
import { partsOf } from '../destinations/target-parts';
import { Condition, toRouteMatch } from '../routes/condition';
import { corsConfig } from '../routes/cors';
import { CorsOptions } from '../routes/cors-options';
import { Route } from '../routes/route';
import { DEFAULT_ROUTE_NAME, namesOf } from '../routes/route-names';
import { HeaderChange, RouteSpec } from '../routes/route-spec';
import { RouteTarget } from '../routes/route-target';
import { mergedSplit } from '../routes/weights';

export type Part = Readonly<Record<string, unknown>>;

interface Target {
  readonly target: RouteTarget;
  readonly weight: number;
}

const PATH_TYPES: Readonly<Record<PathMatch['type'], string>> = { exact: 'Exact', prefix: 'PathPrefix', regex: 'RegularExpression' };

/** The spec of the HTTPRoute. Requests that match no rule would get 404, so the last one is for them. */
export function httpRouteSpec(service: Destination): Part {
  const { name, ports: [port], namespace } = service._info();
  const names = namesOf(service._routes);
  const routes = lastForAll(service._routes);
  const rules = routes.map((route) => ruleOf(route._spec, names.get(route)!, namespace, service));
  const rest = routes.some(isForAll) ? [] : [{ name: DEFAULT_ROUTE_NAME, backendRefs: backendsOf([{ target: service, weight: 1 }], namespace) }];
  return { parentRefs: [{ group: '', kind: 'Service', name, port }], rules: [...rules, ...rest] };
}

function isForAll({ _spec: { alternatives } }: Route): boolean {
  return alternatives.length === 0;
}

/** The routes, that for all requests as the last. */
export function lastForAll(routes: readonly Route[]): Route[] {
  return [...routes.filter((route) => !isForAll(route)), ...routes.filter(isForAll)];
}

/**
 * One rule.
 *
 * @param service where requests go when the route doesn't say
 */
export function ruleOf(spec: RouteSpec, name: string, namespace: string, service?: Destination): Part {
  const matches = spec.alternatives.map((alternative) => matchOf(alternative.map(({ _condition }) => _condition)));
  const filters = filtersOf(spec, namespace);
  return {
    name,
    ...(matches.length > 0 && { matches }),
    ...(filters.length > 0 && { filters }),
    ...(!spec.redirect && { backendRefs: backendsOf(targetsOf(spec, service), namespace) }),
    ...(spec.timeout && { timeouts: { request: durationOf(spec.timeout) } }),
  };
}

/** Where a route leads to. */
export function targetsOf({ targets }: RouteSpec, service?: Destination): Target[] {
  const own = targets.map(({ target, options: { weight = 1 } }) => ({ target, weight }));
  return own.length === 0 && service ? [{ target: service, weight: 1 }] : own;
}

function matchOf(conditions: readonly Condition[]): Part {
  const { path, method, headers, query } = toRouteMatch(conditions);
  return {
    ...(path && { path: { type: PATH_TYPES[path.type], value: path.value } }),
    ...(method !== undefined && { method }),
    ...(headers && { headers: headers.map(valueOf) }),
    ...(query && { queryParams: query.map(valueOf) }),
  };
}

/** That a field is there has no word of its own. */
export function valueOf({ name, value, regex }: ValueMatch): Part {
  return value !== undefined ? { type: 'Exact', name, value } : { type: 'RegularExpression', name, value: regex ?? '.*' };
}

export function filtersOf(spec: RouteSpec, namespace: string): Part[] {
  const { requestHeaders, responseHeaders, cors, redirect, rewritePath, rewriteHost, mirrors } = spec;
  const newPath: PathChange | undefined = redirect?.path !== undefined ? { type: 'full', value: redirect.path }
    : redirect?.pathPrefix !== undefined ? { type: 'prefix', value: redirect.pathPrefix } : undefined;
  return [
    ...(requestHeaders.length > 0 ? [{ type: 'RequestHeaderModifier', requestHeaderModifier: headersOf(requestHeaders) }] : []),
    ...(responseHeaders.length > 0 ? [{ type: 'ResponseHeaderModifier', responseHeaderModifier: headersOf(responseHeaders) }] : []),
    ...(cors ? [{ type: 'CORS', cors: corsOf(cors) }] : []),
    ...(redirect ? [{
      type: 'RequestRedirect',
      requestRedirect: {
        ...(redirect.scheme !== undefined && { scheme: redirect.scheme }),
        ...(redirect.host !== undefined && { hostname: redirect.host }),
        ...(redirect.port !== undefined && { port: redirect.port }),
        ...(newPath && { path: pathOf(newPath) }),
        ...(redirect.status !== undefined && { statusCode: redirect.status }),
      },
    }] : []),
    ...(rewritePath ?? rewriteHost ? [{
      type: 'URLRewrite',
      urlRewrite: { ...(rewriteHost !== undefined && { hostname: rewriteHost }), ...(rewritePath && { path: pathOf(rewritePath) }) },
    }] : []),
    ...mirrors.map(({ target, options: { percent } }) => ({
      type: 'RequestMirror',
      requestMirror: { backendRef: refOf(target, namespace), ...(percent !== undefined && { percent }) },
    })),
  ];
}

/** The filter is of the standard channel since v1.5. */
function corsOf(options: CorsOptions): Part {
  const { maxAgeSeconds, ...others } = corsConfig(options);
  return { ...others, ...(maxAgeSeconds !== undefined && { maxAge: maxAgeSeconds }) };
}

function headersOf(changes: readonly HeaderChange[]): Part {
  const of = (step: HeaderChange['step']) => changes.filter((change) => change.step === step);
  const fields = (step: HeaderChange['step']) => of(step).map(({ name, value }) => ({ name, value }));
  return {
    ...(of('set').length > 0 && { set: fields('set') }),
    ...(of('add').length > 0 && { add: fields('add') }),
    ...(of('remove').length > 0 && { remove: of('remove').map(({ name }) => name) }),
  };
}

function pathOf({ type, value }: PathChange): Part {
  return type === 'full' ? { type: 'ReplaceFullPath', replaceFullPath: value } : { type: 'ReplacePrefixMatch', replacePrefixMatch: value };
}

/** Services of versions, for only those have weights. They are named as the clusters are. */
export function backendsOf(targets: readonly Target[], namespace: string): Part[] {
  const refs = new Map(targets.flatMap(({ target }) => partsOf(target).map(({ cluster }) => [cluster, serviceRef(target, cluster, namespace)])));
  return mergedSplit(targets.map(({ target, weight }) => ({ weight, parts: partsOf(target) })))
    .map(({ cluster, weight }) => ({ ...refs.get(cluster), weight }));
}

function refOf(target: RouteTarget, namespace: string): Part {
  return serviceRef(target, partsOf(target)[0].cluster, namespace);
}

function serviceRef(target: RouteTarget, cluster: string, namespace: string): Part {
  const [its, name] = cluster.split('/');
  return { name, ...(its !== namespace && { namespace: its }), port: (target._destination() as Destination)._info().ports[0] };
}

/** In the form of GEP-2257: a unit takes five digits. */
function durationOf(timeout: Duration): string {
  const ms = timeout.toMilliseconds();
  return ms % 1_000 === 0 ? secondsOf(ms / 1_000) : ms < 100_000 ? `${ms}ms` : `${secondsOf(Math.floor(ms / 1_000))}${ms % 1_000}ms`;
}

function secondsOf(seconds: number): string {
  return seconds < 100_000 ? `${seconds}s` : `${Math.floor(seconds / 3_600)}h${seconds % 3_600}s`;
}
