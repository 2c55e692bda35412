/**
 * Rules about one route that its types can't state: which actions go together, and what conditions and actions may name.
 */
import { parseAddress } from './cidr';
import { isOfCors, isOfForwarded, isOfTheProxy } from './field-names';
import type { ListenerConfig, RouteConfig } from './listener-config';
import type { HeaderChanges, PathChange } from './route-action-config';

/** One thing that is wrong: `at` is the rest of the path below the route. */
interface Fault {
  readonly at: string;
  readonly message: string;
}

/** What a route has to do with requests that it sends on; one that answers by itself has none of it. */
const OF_FORWARDING = ['fallback', 'faults', 'hash', 'session', 'retry', 'hedge', 'rewrite', 'requestHeaders', 'mirror'] as const;

/** Statuses whose responses have no body (RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5). */
const BODILESS = [204, 205, 304];

/** Segments that a server may resolve, and empty ones. */
const UNSETTLED = /\/\.{1,2}(?=\/|$)|\/\/|%2e|%2f|%5c|%00|%(?![0-9a-f]{2})/i;

/** Every rule about its conditions and actions that a route breaks. */
export function findUnfitParts(
  route: RouteConfig, { forwarded }: Pick<ListenerConfig, 'forwarded'>, clusters: ReadonlySet<string>, path: string,
): { readonly path: string; readonly message: string }[] {
  const faults = [
    ...findUnfitConditions(route),
    ...findUnfitAnswer(route),
    ...findUnfitPath(route),
    ...findUnfitHeaders(route, 'requestHeaders'),
    ...findUnfitHeaders(route, 'responseHeaders'),
    ...(forwarded ? findForwarded(route) : []),
    ...(route.cors ? findCorsFields(route) : []),
    ...findUnfitMirrors(route, clusters),
  ];
  return faults.map(({ at, message }) => ({ path: path + at, message }));
}

/** Fields that the proxy removes, reads or writes by itself, so that a condition of them would rarely mean what it says. */
function findUnfitConditions({ name, matches = [] }: RouteConfig): Fault[] {
  return matches.flatMap(({ headers = [] }, m) => headers.flatMap(({ name: header }, h) => (isOfTheProxy(header) ? [{
    at: `/matches/${m}/headers/${h}/name`,
    message: `route '${name}' has a condition of the field '${header}', which the proxy reads or writes by itself; `
      + (/^host$/i.test(header) ? 'use \'hosts\'' : 'use another field'),
  }] : [])));
}

/** A request is sent on, redirected, or answered: one of the three. */
function findUnfitAnswer(route: RouteConfig): Fault[] {
  const { name, redirect, respond } = route;
  const ways = (['split', 'redirect', 'respond'] as const).filter((way) => route[way] !== undefined);
  if (ways.length === 0) return [{ at: '', message: `route '${name}' does nothing with its requests; give it 'split', 'redirect' or 'respond'` }];
  if (ways.length > 1) {
    return [{ at: `/${ways[1]!}`, message: `route '${name}' has '${ways.join('\' and \'')}', but a request gets one answer only; use one of them` }];
  }
  const faults: Fault[] = [];
  if (redirect || respond) {
    for (const field of OF_FORWARDING) {
      if (route[field] !== undefined) faults.push({ at: `/${field}`, message: `route '${name}' sends nothing on, as it has '${ways[0]!}'; remove '${field}'` });
    }
  }
  if (redirect && redirect.scheme === undefined && redirect.host === undefined && redirect.port === undefined && redirect.path === undefined) {
    faults.push({ at: '/redirect', message: `route '${name}' redirects to where the request came from; give it 'scheme', 'host', 'port' or 'path'` });
  }
  if (respond?.body !== undefined && BODILESS.includes(respond.status)) {
    faults.push({ at: '/respond/body', message: `a response of status ${respond.status} has no body; remove it from route '${name}'` });
  }
  return faults;
}

function findUnfitPath(route: RouteConfig): Fault[] {
  const { name, rewrite, redirect } = route;
  const faults: Fault[] = [];
  if (rewrite && rewrite.path === undefined && rewrite.host === undefined) {
    faults.push({ at: '/rewrite', message: `the rewrite of route '${name}' changes nothing; give it 'path' or 'host'` });
  }
  if (rewrite?.host !== undefined && !isAuthority(rewrite.host)) {
    faults.push({ at: '/rewrite/host', message: `route '${name}' has the host '${rewrite.host}', which is none; use a name without empty labels, or an address, with a port up to 65535 if need be` });
  }
  if (redirect?.host !== undefined && !isAuthority(redirect.host)) {
    faults.push({ at: '/redirect/host', message: `route '${name}' redirects to the host '${redirect.host}', which is none; use a name without empty labels` });
  }
  const changes: [string, PathChange | undefined][] = [['/rewrite/path', rewrite?.path], ['/redirect/path', redirect?.path]];
  for (const [at, change] of changes) {
    if (change?.type === 'prefix' && commonPrefix(route) === undefined) {
      faults.push({ at: `${at}/type`, message: `route '${name}' replaces a prefix, so all its matches must have the same one; use the path 'prefix' in each, or replace the 'full' path` });
    }
    if (change && UNSETTLED.test(change.value)) {
      faults.push({ at: `${at}/value`, message: `route '${name}' has the path '${change.value}', which readers may take for another one; leave out '.', '..', empty segments and encoded slashes` });
    }
  }
  return faults;
}

/** Whether a text is a host, with a port or without, as a Host field has it. */
export function isAuthority(text: string): boolean {
  const parts = /^(?:[\w-]+(?:\.[\w-]+)*\.?|\[([\d:.a-f]+)\])(?::(\d{1,5}))?$/i.exec(text);
  if (!parts) return false;
  const [, address, port = '0'] = parts;
  return Number(port) <= 65_535 && (address === undefined || parseAddress(address)?.length === 16);
}

/** The prefix of the path that all matches of a route have in common; `/` without matches, undefined when there is none. */
export function commonPrefix({ matches = [] }: Pick<RouteConfig, 'matches'>): string | undefined {
  const prefixes = new Set(matches.map(({ path = { type: 'prefix', value: '/' } }) => (path.type === 'prefix' ? path.value : undefined)));
  if (prefixes.size === 0) return '/';
  return prefixes.size === 1 ? [...prefixes][0] : undefined;
}

function findUnfitHeaders(route: RouteConfig, field: 'requestHeaders' | 'responseHeaders'): Fault[] {
  const { name, [field]: changes } = route;
  if (!changes) return [];
  const faults: Fault[] = [];
  const seen = new Map<string, string>();
  for (const { at, header, once } of namesIn(changes)) {
    const place = `/${field}/${at}`;
    const key = header.toLowerCase();
    if (isOfTheProxy(header)) {
      const instead = field === 'requestHeaders' && key === 'host' ? '; use \'rewrite\' with \'host\'' : '; leave it out';
      faults.push({ at: place, message: `route '${name}' changes the field '${header}', which the proxy writes by itself${instead}` });
    } else if (field === 'responseHeaders' && key === 'content-type' && route.respond && !at.startsWith('remove')) {
      faults.push({ at: place, message: `route '${name}' answers by itself; give the type of its body in 'respond' as 'contentType'` });
    } else if (once && seen.has(key)) {
      faults.push({ at: place, message: `route '${name}' has the field '${header}' in '${seen.get(key)!}' already; name it once` });
    }
    if (once) seen.set(key, at.split('/')[0]!);
  }
  return faults;
}

/** Changes of fields that the listener writes: the app would not know which of the two to believe. */
function findForwarded({ name, requestHeaders = {} }: RouteConfig): Fault[] {
  return namesIn(requestHeaders).filter(({ header }) => isOfForwarded(header)).map(({ at, header }) => ({
    at: `/requestHeaders/${at}`,
    message: `route '${name}' changes the field '${header}', which its listener writes, as it has 'forwarded'; leave it out, and say in 'forwarded' what apps get`,
  }));
}

/** Changes of fields that its own `cors` writes. */
function findCorsFields({ name, responseHeaders = {} }: RouteConfig): Fault[] {
  return namesIn(responseHeaders).filter(({ header }) => isOfCors(header)).map(({ at, header }) => ({
    at: `/responseHeaders/${at}`,
    message: `route '${name}' changes the field '${header}', which it writes by its 'cors'; leave it out, and say in 'cors' which origins may use responses`,
  }));
}

/** Each name with its place. Removing or setting a field is said once; adding may be said more often. */
function namesIn({ remove = [], set = [], add = [] }: HeaderChanges): { readonly at: string; readonly header: string; readonly once: boolean }[] {
  return [
    ...remove.map((header, i) => ({ at: `remove/${i}`, header, once: true })),
    ...set.map(({ name }, i) => ({ at: `set/${i}/name`, header: name, once: true })),
    ...add.map(({ name }, i) => ({ at: `add/${i}/name`, header: name, once: false })),
  ];
}

function findUnfitMirrors({ mirror = [] }: RouteConfig, clusters: ReadonlySet<string>): Fault[] {
  return mirror.flatMap(({ cluster }, m) => (clusters.has(cluster) ? [] : [
    { at: `/mirror/${m}/cluster`, message: `there is no cluster '${cluster}'; declare it under /clusters` },
  ]));
}
