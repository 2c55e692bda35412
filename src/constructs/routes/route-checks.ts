/**
 * What can be wrong with one route by itself: what it does, and whether it can do it all together. What two routes have to do with each
 * other is in route-set.ts.
 */
import { Duration } from 'cdk8s';
import { RouteConfig } from '../../contract';
import { PathOptions } from '../../routing';
import { AccessLog } from '../policies/access-log';
import { FaultInjection } from '../policies/fault-injection';
import { HashKey } from '../policies/hash-key';
import { Retry } from '../policies/retry';
import { SessionPersistence } from '../policies/session-persistence';
import { NAME_RULES } from '../props/name-rules';
import { checkQuantity, millisecondsOf, Quantity } from '../props/quantities';
import { isList } from '../props/texts';
import { ValidationErrors } from '../props/validation-errors';
import { Class, isA, refusalOfCopy } from '../synthesis/copies';
import { checkAnswer } from './answer-checks';
import { checkCors } from './cors';
import { checkHeaderChanges } from './header-checks';
import { checkMatches } from './match-checks';
import { checkPathChanges } from './path-changes';
import { Route } from './route';
import { DEFAULT_ROUTE_NAME, titleOf } from './route-names';
import { RouteSpec } from './route-spec';
import { RouteTarget } from './route-target';
import { checkMirrors, checkTargets } from './target-checks';

const TIMEOUT = {
  // #region generated quantities of RouteConfig: timeoutMs
  timeout: { field: 'timeoutMs', unit: 'time', min: 0 },
  // #endregion
} as const satisfies { readonly timeout: Quantity<keyof RouteConfig> };
const FAULTS = {
  // #region generated lists of RouteConfig: faults
  faults: { least: 0, most: 8 },
  // #endregion
};

/** Parts of a route that have to do with requests that are sent on, with the methods that say them. */
const OF_FORWARDING = {
  mirrors: 'mirror', rewritePath: 'rewritePath', rewriteHost: 'rewriteHost', requestHeaders: 'setRequestHeader', timeout: 'timeout', retry: 'retry',
  hashKeys: 'hashKeys', sessionPersistence: 'sessionPersistence', faults: 'faults',
} as const satisfies { readonly [Part in keyof RouteSpec]?: string };

/** Where a route is declared. */
export interface RouteContext {
  /** How the listener normalises paths. */
  readonly path: PathOptions;
  /** Time that the call has when the route says none; 0 when nobody knows. */
  readonly timeoutMs: number;
  /** Tokens of requests are looked at. */
  readonly hasTokens?: boolean;
  /** A service is asked about requests. */
  readonly isAsked?: boolean;
  /** Where requests go when the route says nothing; absent: nowhere. */
  readonly destination?: RouteTarget;
}

/** Checks one route. */
export function checkRoute(errors: ValidationErrors, prop: string, route: Route, context: RouteContext): void {
  const { _spec: spec } = route;
  if (spec.name !== undefined) {
    if (errors.name(`${prop}.named`, spec.name, NAME_RULES.label) && spec.name === DEFAULT_ROUTE_NAME && spec.alternatives.length > 0) {
      errors.add(`${prop}.named`, spec.name, 'this is the name of the route that takes what the others leave; choose another');
    }
  }
  const isSound = checkMatches(errors, prop, spec.alternatives, context.path, context.hasTokens ?? false);
  checkTargets(errors, prop, spec.targets);
  checkMirrors(errors, prop, spec.mirrors, receiverOf(spec, context.destination));
  checkWay(errors, prop, spec);
  checkAnswer(errors, prop, spec, isSound);
  checkPathChanges(errors, prop, spec, isSound);
  checkHeaderChanges(errors, prop, 'Request', spec.requestHeaders);
  checkHeaderChanges(errors, prop, 'Response', spec.responseHeaders, spec);
  if (spec.cors !== undefined) {
    checkCors(errors, `${prop}.cors`, spec.cors);
  }
  if (spec.externalAuthorization === false && !context.isAsked) {
    errors.add(`${prop}.withoutExternalAuthorization`, titleOf(route), 'nobody is asked about its requests; leave it out. It is for routes of a gateway with \'externalAuthorization\'');
  }
  checkPolicies(errors, prop, spec, context.timeoutMs);
  if (spec.accessLog !== undefined && !Object.values(AccessLog).includes(spec.accessLog)) {
    errors.add(`${prop}.accessLog`, spec.accessLog, 'use AccessLog.OFF, AccessLog.ERRORS or AccessLog.ALL');
  }
}

/** What gets all requests. With several targets, a copy to one of them is a way to send it more. */
function receiverOf({ targets }: RouteSpec, destination: RouteTarget | undefined): RouteTarget | undefined {
  return targets.length === 0 ? destination : targets.length === 1 ? targets[0].target : undefined;
}

/** A request is sent on, redirected, or responded to. */
function checkWay(errors: ValidationErrors, prop: string, spec: RouteSpec): void {
  const ways = [...(spec.targets.length > 0 ? ['to'] : []), ...(spec.redirect ? ['redirect'] : []), ...(spec.respond ? ['respond'] : [])];
  if (ways.length > 1) {
    errors.add(prop, `${ways.join('() and ')}()`, 'a request gets one response only; use one of them');
  } else if (spec.redirect || spec.respond) {
    for (const [part, method] of Object.entries(OF_FORWARDING)) {
      const value = spec[part as keyof typeof OF_FORWARDING];
      if (value !== undefined && !(Array.isArray(value) && value.length === 0 && part !== 'hashKeys' && part !== 'faults')) {
        errors.add(prop, `${ways[0]}() and ${method}()`, `with ${ways[0]}() nothing is sent on; leave out ${method}()`);
      }
    }
  }
}

function checkPolicies(errors: ValidationErrors, prop: string, spec: RouteSpec, contextMs: number): void {
  const { timeout, retry, hashKeys, sessionPersistence, faults } = spec;
  if (timeout !== undefined) {
    checkQuantity(errors, `${prop}.timeout`, timeout, TIMEOUT.timeout);
  }
  const timeoutMs = timeoutOf(timeout, contextMs);
  if (retry !== undefined && checkMade(errors, `${prop}.retry`, Retry, [retry], 'Retry.idempotent()')) {
    retry._check(errors, `${prop}.retry`, timeoutMs);
    if (Object.keys(retry._toFields().cluster).length > 0) {
      errors.add(`${prop}.retry.budget`, {}, 'a budget is shared by all that is sent to a service; say it in the \'retry\' of the target or of the call');
    }
  }
  if (hashKeys !== undefined && checkMade(errors, `${prop}.hashKeys`, HashKey, hashKeys, 'HashKey.header(\'x-user\')')) {
    hashKeys.forEach((key, index) => key._check(errors, `${prop}.hashKeys[${index}]`));
    if (hashKeys.length === 0) {
      errors.add(`${prop}.hashKeys`, [], 'name at least one key, such as HashKey.header(\'x-user\')');
    }
  }
  if (sessionPersistence !== undefined
    && checkMade(errors, `${prop}.sessionPersistence`, SessionPersistence, [sessionPersistence], 'SessionPersistence.cookie(\'session\', { keys })')) {
    sessionPersistence._check(errors, `${prop}.sessionPersistence`);
    if (hashKeys !== undefined && sessionPersistence._toConfig()) {
      errors.add(prop, 'hashKeys() and sessionPersistence()', 'sessions go before keys, which would never count; leave one of the two out');
    }
  }
  if (faults !== undefined && checkMade(errors, `${prop}.faults`, FaultInjection, faults, 'FaultInjection.abort(503)')) {
    faults.forEach((fault, index) => fault._check(errors, `${prop}.faults[${index}]`));
    if (!isList(FAULTS.faults, faults)) {
      errors.add(`${prop}.faults`, faults.length, `use at most ${FAULTS.faults.most}`);
    }
  }
}

/** The time that its requests have, in milliseconds; 0 for no limit, and for what is no time. */
export function timeoutOf(timeout: Duration | undefined, otherwiseMs: number): number {
  return timeout === undefined ? otherwiseMs : millisecondsOf(timeout) ?? 0;
}

function checkMade(errors: ValidationErrors, prop: string, by: Class, values: readonly unknown[], example: string): boolean {
  const wrong = values.find((value) => !isA(by, value));
  const isRight = values.every((value) => isA(by, value));
  if (!isRight) {
    errors.add(prop, wrong, refusalOfCopy(by, wrong) ?? `make it with ${example}, for example`);
  }
  return isRight;
}
