/**
 * What a route can't say of TLS that passes through. It takes connections by the name that clients ask for, and all else that they say is hidden
 * from the proxy.
 */
import { parseAddress } from '../../contract';
import { ValidationErrors } from '../props/validation-errors';
import { Condition } from './condition';
import { Route } from './route';
import { RouteSpec } from './route-spec';

/** Parts of a route that are about requests, with the methods that say them. */
const OF_REQUESTS = {
  mirrors: 'mirror', redirect: 'redirect', respond: 'respond', rewritePath: 'rewritePath', rewriteHost: 'rewriteHost', requestHeaders: 'setRequestHeader',
  responseHeaders: 'setResponseHeader', cors: 'cors', externalAuthorization: 'withoutExternalAuthorization', timeout: 'timeout',
  sessionPersistence: 'sessionPersistence', faults: 'faults',
} as const satisfies { readonly [Part in keyof RouteSpec]?: string };
const OF_RETRY: readonly string[] = ['maxRetries', 'backoffMs', 'maxBackoffMs'];

/** Checks one route, besides what is checked of any. */
export function checkServerNameRoute(errors: ValidationErrors, prop: string, { _spec: spec }: Route): void {
  for (const [part, method] of Object.entries(OF_REQUESTS)) {
    const value = spec[part as keyof typeof OF_REQUESTS];
    if (value !== undefined && !(Array.isArray(value) && value.length === 0)) {
      errors.add(prop, `${method}()`, 'TLS passes through unread, so there is no request that this could be about; leave it out');
    }
  }
  const { route: { retry = {}, hedge } = {}, cluster: { retryBudget } = {} } = spec.retry?._toFields?.() ?? {};
  const unfit = [...Object.keys(retry).filter((field) => !OF_RETRY.includes(field)), ...(hedge ? ['hedge'] : []), ...(retryBudget ? ['budget'] : [])];
  if (unfit.length > 0) {
    errors.add(`${prop}.retry`, unfit.join(', '), 'only connecting is tried again; use \'maxRetries\' and \'backoff\', or Retry.none()');
  }
  if (spec.hashKeys?.some((key) => key?._toConfig?.().type !== 'sourceAddress')) {
    errors.add(`${prop}.hashKeys`, spec.hashKeys[0]?._toConfig?.().type, 'only requests have such a key; use HashKey.sourceAddress()');
  }
  for (const match of spec.alternatives.flat()) {
    if (match?._condition) {
      checkCondition(errors, `${prop}.when`, match._condition);
    }
  }
}

function checkCondition(errors: ValidationErrors, prop: string, condition: Condition): void {
  if (condition.kind === 'hosts') {
    const address = condition.hosts.find((host) => typeof host === 'string' && parseAddress(host));
    if (address !== undefined) {
      errors.add(prop, condition.said, `clients of TLS never ask for an address such as ${address} (RFC 6066); use a host name, or a route without conditions`);
    }
  } else if (condition.kind !== 'callers') {
    errors.add(prop, condition.said, 'TLS passes through unread, and the host name that clients ask for is all that is known; use Match.host()');
  }
}
