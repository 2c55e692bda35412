/**
 * The routes of a call's listener: those that were declared, in their order, and last the one that takes what they leave. What a route does
 * not say it has of the call, or of its first target when that is another service.
 */
import {
  DEFAULT_MIRROR, DEFAULT_ROUTE, HashKeyConfig, HeaderChanges, MirrorConfig, RouteConfig, SessionConfig,
} from '../../contract';
import { Call } from '../calls/dependencies';
import { Destination } from '../destinations/destination';
import { DestinationInfo } from '../destinations/destination-info';
import { partsOf } from '../destinations/target-parts';
import { isTcp } from '../destinations/tcp-checks';
import { LoadBalancing } from '../policies/load-balancing';
import { RetryFields } from '../policies/retry-fields';
import { SessionPersistence } from '../policies/session-persistence';
import { toConfig } from '../props/quantities';
import { answerConfig } from '../routes/answer-config';
import { toRouteMatch } from '../routes/condition';
import { DEFAULT_ROUTE_NAME } from '../routes/route-names';
import { corsConfig } from '../routes/cors';
import { CallersRoute } from '../routes/route-set';
import { HeaderChange, RouteSpec } from '../routes/route-spec';
import { RouteTarget } from '../routes/route-target';
import { MIRROR_QUANTITIES } from '../routes/target-checks';
import { mergedSplit } from '../routes/weights';

/** How a target of a route is called. */
interface TargetPolicies {
  readonly info: DestinationInfo;
  readonly loadBalancing: LoadBalancing;
  readonly sessionPersistence?: SessionPersistence;
  readonly retry?: RetryFields;
}

/** The routes of a call, among the calls of its caller. */
export function outboundRoutes(call: Call, calls: readonly Call[]): RouteConfig[] {
  // One for all callers is behind one for all requests of this caller.
  const [last] = call.routes.filter(isForAll);
  const declared = call.routes.filter((route) => !isForAll(route)).map((route) => routeConfig(route, () => call, calls));
  return [...declared, last ? routeConfig(last, () => call, calls) : defaultRoute(call)];
}

/** The sessions that routes of a call keep, its own included. */
export function sessionsOf(call: Call, calls: readonly Call[]): SessionPersistence[] {
  const routed = call.routes.filter(({ route: { _spec: { redirect, respond } } }) => !redirect && !respond)
    .map(({ route }) => sessionOf(route._spec, firstPolicies(route._spec, call, calls)));
  return [call.sessionPersistence, ...routed].filter((session) => session !== undefined);
}

/** Destinations that take over a call, in order. */
export function fallbackInfo({ fallback }: Call): DestinationInfo[] {
  return (fallback?._destinations ?? []).map((destination) => destination._info());
}

function isForAll({ alternatives }: CallersRoute): boolean {
  return alternatives.length === 0;
}

function defaultRoute(call: Call): RouteConfig {
  return {
    name: DEFAULT_ROUTE_NAME,
    split: call.info.shares().map(({ cluster, weight }) => ({ cluster, weight })),
    ...(call.faults.length > 0 && { faults: call.faults.map((fault) => fault._toConfig()) }),
    ...fallbackConfig(call),
    ...call.route,
    ...keysConfig(call.loadBalancing._hash(), call.sessionPersistence?._toConfig()),
    ...call.retry?.route,
    ...meshFieldsConfig([call.info, ...fallbackInfo(call)]),
  };
}

/** @param call of which it has what it doesn't say itself; asked for only when it sends requests on */
export function routeConfig({ route: { _spec: spec }, name, alternatives }: CallersRoute, call: () => Call, calls: readonly Call[]): RouteConfig {
  const head = {
    name,
    ...(alternatives.length > 0 && { matches: alternatives.map((matches) => toRouteMatch(matches.map(({ _condition }) => _condition))) }),
  };
  const responseHeaders = headerChanges(spec.responseHeaders);
  const changes = {
    ...(responseHeaders && { responseHeaders }),
    ...(spec.cors && { cors: corsConfig(spec.cors) }),
    ...(spec.externalAuthorization === false && { externalAuthorization: false }),
    ...(spec.accessLog && { accessLog: spec.accessLog }),
  };
  const answer = answerConfig(spec);
  return answer ? { ...head, ...answer, ...changes } : { ...head, ...forwarding(spec, call(), calls), ...changes };
}

/** What a route does that sends requests on. */
function forwarding(spec: RouteSpec, call: Call, calls: readonly Call[]): Omit<RouteConfig, 'name'> {
  const targets = targetsOf(spec, call);
  const destinations = targets.map(({ target }) => target._destination());
  const isOwn = destinations.every((destination) => destination === call.destination);
  const first = firstPolicies(spec, call, calls);
  const faults = spec.faults ?? call.faults;
  const requestHeaders = headerChanges(spec.requestHeaders);
  const rewrite = { ...(spec.rewritePath && { path: spec.rewritePath }), ...(spec.rewriteHost !== undefined && { host: spec.rewriteHost }) };
  const mirror = spec.mirrors.flatMap(({ target, options }) => mirrorConfigs(target, toConfig(options, MIRROR_QUANTITIES)));
  const { timeoutMs: callMs = DEFAULT_ROUTE.timeoutMs, ...ofCall } = call.route;
  const timeoutMs = spec.timeout?.toMilliseconds() ?? callMs;
  const hash = spec.hashKeys?.map((key) => key._toConfig()) ?? keysOf(destinations.map((destination) => policiesOf(destination, call, calls)));
  return {
    split: mergedSplit(targets.map(({ target, weight }) => ({ weight, parts: partsOf(target) }))),
    ...(faults.length > 0 && { faults: faults.map((fault) => fault._toConfig()) }),
    ...(isOwn && fallbackConfig(call)),
    ...ofCall,
    ...(timeoutMs !== DEFAULT_ROUTE.timeoutMs && { timeoutMs }),
    ...keysConfig(hash, sessionOf(spec, first)?._toConfig()),
    ...(spec.retry?._toFields() ?? first.retry)?.route,
    ...meshFieldsConfig([...destinations.map((destination) => (destination as Destination)._info()), ...(isOwn ? fallbackInfo(call) : [])]),
    ...(requestHeaders && { requestHeaders }),
    ...(Object.keys(rewrite).length > 0 && { rewrite }),
    ...(mirror.length > 0 && { mirror }),
  };
}

/** Where a route sends its requests: to the service called, unless it says something else. */
function targetsOf({ targets }: RouteSpec, call: Call): { readonly target: RouteTarget; readonly weight: number }[] {
  return targets.length === 0 ? [{ target: call.destination, weight: 1 }]
    : targets.map(({ target, options: { weight = 1 } }) => ({ target, weight }));
}

/** How a target is called: as the caller says where it calls it, and as the target says otherwise. */
function policiesOf(target: RouteTarget, call: Call, calls: readonly Call[]): TargetPolicies {
  const declared = [call, ...calls].find(({ destination }) => destination === target._destination());
  if (declared) {
    return declared;
  }
  const info = (target._destination() as Destination)._info();
  return { info, loadBalancing: info.loadBalancing, sessionPersistence: info.sessionPersistence, retry: info.retry?._toFields() };
}

function firstPolicies(spec: RouteSpec, call: Call, calls: readonly Call[]): TargetPolicies {
  return policiesOf(targetsOf(spec, call)[0].target, call, calls);
}

/** Keys that were chosen go before sessions that weren't. */
function sessionOf(spec: RouteSpec, first: TargetPolicies): SessionPersistence | undefined {
  return spec.sessionPersistence ?? (spec.hashKeys ? undefined : first.sessionPersistence);
}

/** The keys of the first target that has any. */
function keysOf(targets: readonly TargetPolicies[]): HashKeyConfig[] {
  return targets.map(({ loadBalancing }) => loadBalancing._hash()).find((keys) => keys.length > 0) ?? [];
}

/** A session goes before what a policy hashes by. */
function keysConfig(hash: HashKeyConfig[], session: SessionConfig | undefined): Pick<RouteConfig, 'hash' | 'session'> {
  return session ? { session } : hash.length > 0 ? { hash } : {};
}

/** The clusters say so, too; releases that don't read it there know it by the route. */
function meshFieldsConfig(destinations: readonly DestinationInfo[]): Pick<RouteConfig, 'meshFields'> {
  return destinations.every(({ meshed, protocol }) => !meshed && !isTcp(protocol)) ? { meshFields: false } : {};
}

/** What takes over. Clusters that have their turn before are left out: their services have one name, which validation refuses. */
function fallbackConfig({ info, fallback }: Call): Pick<RouteConfig, 'fallback'> {
  const used = new Set(info.shares().map(({ cluster }) => cluster));
  const levels = (fallback?._toConfig() ?? []).filter(({ split }) => (
    !split.some(({ cluster }) => used.has(cluster)) && split.every(({ cluster }) => used.add(cluster))));
  return levels.length > 0 ? { fallback: levels } : {};
}

/** Copies for one target. Each of several versions gets its part of them. */
function mirrorConfigs(target: RouteTarget, config: Partial<MirrorConfig>): MirrorConfig[] {
  const parts = partsOf(target).filter(({ weight }) => weight > 0);
  const sum = parts.reduce((all, { weight }) => all + weight, 0);
  return parts.map(({ cluster, weight }) => {
    const percent = (config.percent ?? DEFAULT_MIRROR.percent) * weight / sum;
    const maxBodyBytes = config.maxBodyBytes ?? DEFAULT_MIRROR.maxBodyBytes;
    return {
      cluster,
      ...(percent !== DEFAULT_MIRROR.percent && { percent }),
      ...(maxBodyBytes !== DEFAULT_MIRROR.maxBodyBytes && { maxBodyBytes }),
    };
  });
}

function headerChanges(changes: readonly HeaderChange[]): HeaderChanges | undefined {
  if (changes.length === 0) {
    return undefined;
  }
  const [remove, set, add] = (['remove', 'set', 'add'] as const).map((step) => changes.filter((change) => change.step === step));
  const fieldsOf = (some: readonly HeaderChange[]) => some.map(({ name, value = '' }) => ({ name, value }));
  return {
    ...(remove.length > 0 && { remove: remove.map(({ name }) => name) }),
    ...(set.length > 0 && { set: fieldsOf(set) }),
    ...(add.length > 0 && { add: fieldsOf(add) }),
  };
}
