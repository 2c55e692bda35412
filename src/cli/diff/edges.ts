/** Calls of two stacks compared: which there are, where their requests go, and by what policies. */
import type { ResolvedCluster, ResolvedListener, ResolvedRoute, WeightedCluster } from '../../contract';
import { describeRow } from '../../routing';
import { conditionsOfRow, tableOf } from '../explain/route-choice';
import type { Workload } from '../model/model';
import type { Stack } from '../stack/stack';
import { bytesInWords, counted, percentInWords, timeInWords } from '../words/quantities';
import { redirectInWords, timeoutInWords } from '../words/routes';
import { Change, merged } from './change';
import { differencesOf } from './settings';
import type { Titles } from './titles';
import { changeOf } from './words';

/** A call of one workload. */
interface Call {
  readonly stack: Stack;
  readonly caller: Workload;
  readonly listener: ResolvedListener;
}

/** Told by shares, conditions, copies and the order of routes; or of no effect on requests. */
const OF_ROUTES = new Set(['name', 'split', 'fallback', 'mirror', 'matches', 'meshFields']);
const OF_CLUSTERS = new Set(['name', 'discovery.fallback', 'meshFields']);
const OF_LISTENERS = new Set(['name', 'direction', 'address', 'routes']);

export function changesOfEdges(before: Stack, after: Stack, titles: Titles): Change[] {
  const [old, now] = [callsOf(before, titles), callsOf(after, titles)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((where) => {
    const [from, to] = [old.get(where) ?? [], now.get(where) ?? []];
    const call = { where, subject: '', what: 'call' };
    if (from.length === 0) return [{ ...call, from: '', to: callInWords(to[0]!), meaning: 'the sidecar takes it from now on' }];
    if (to.length === 0) return [{ ...call, from: callInWords(from[0]!), to: '', meaning: 'no sidecar takes it any more' }];
    const pairs = from.flatMap((one): [Call, Call][] => to
      .filter(({ caller }) => caller.version === one.caller.version).map((other) => [one, other]));
    // Versions that were replaced are compared by their first.
    const compared = pairs.length > 0 ? pairs : [[from[0]!, to[0]!] as const];
    const several = compared.length > 1;
    const changes = compared.flatMap(([one, other]) => changesOfCall(where, one, other)
      .map((change) => (several ? { ...change, version: other.caller.version } : { ...change, version: '' })));
    return perVersion(changes, compared.length);
  });
}

/** What versions of the caller have in common is told once. */
function perVersion(changes: readonly (Change & { readonly version: string })[], versions: number): Change[] {
  const counts = new Map<string, number>();
  const keyOf = ({ version: _, ...change }: Change & { readonly version: string }): string => JSON.stringify(change);
  for (const change of changes) counts.set(keyOf(change), (counts.get(keyOf(change)) ?? 0) + 1);
  const told = new Set<string>();
  return changes.flatMap((change) => {
    const key = keyOf(change);
    const { version, ...plain } = change;
    if (counts.get(key) !== versions) return [{ ...plain, subject: [`from ${version}`, plain.subject].filter((part) => part !== '').join(', ') }];
    if (told.has(key)) return [];
    told.add(key);
    return [plain];
  });
}

/** By `web -> catalog`; with the port where a service is called at several. */
function callsOf(stack: Stack, titles: Titles): Map<string, Call[]> {
  const calls = new Map<string, Call[]>();
  for (const caller of stack.model.workloads) {
    const outbound = stack.documentOf(caller).listeners.filter(({ direction }) => direction === 'outbound');
    for (const listener of outbound) {
      const name = nameOf(listener);
      const port = outbound.filter((other) => nameOf(other) === name).length > 1 ? `:${listener.port}` : '';
      const where = `${titles.of(caller)} -> ${name}${port}`;
      calls.set(where, [...calls.get(where) ?? [], { stack, caller, listener }]);
    }
  }
  return calls;
}

function nameOf({ hostnames, name }: ResolvedListener): string {
  return hostnames?.[0] ?? name;
}

function callInWords({ stack, caller, listener }: Call): string {
  const [first] = listener.routes;
  const only = listener.routes.length === 1 ? `${splitInWords(stack, caller, first!.split)}, ` : `${counted(listener.routes.length, 'route')}, `;
  return `${only}timeout ${timeoutInWords(first!.timeoutMs)}`;
}

/** Whether some route takes every request that the others leave. */
function takesAll(listener: ResolvedListener): boolean {
  return tableOf(listener).rows.some((row) => describeRow(row).length === 0);
}

function splitInWords(stack: Stack, caller: Workload, split: readonly WeightedCluster[]): string {
  return [...sharesOf(stack, caller, split)].map(([title, percent]) => `${percentInWords(percent)} ${title}`).join(', ');
}

function changesOfCall(where: string, from: Call, to: Call): Change[] {
  const settings = differencesOf(from.listener, to.listener, OF_LISTENERS).map((difference) => changeOf(difference, where, ''));
  return [...settings, ...changesOfRoutes(where, from, to), ...changesOfClusters(where, from, to)];
}

function changesOfRoutes(where: string, from: Call, to: Call): Change[] {
  const names = [...new Set([...from.listener.routes, ...to.listener.routes].map(({ name }) => name))];
  const single = from.listener.routes.length === 1 && to.listener.routes.length === 1;
  const changes = names.flatMap((name): Change[] => {
    const [old, now] = [from, to].map(({ listener }) => listener.routes.find((route) => route.name === name));
    const subject = single ? '' : `route '${name}'`;
    if (!old) return [{ where, subject, what: 'route', from: '', to: routeInWords(to, now!), meaning: '' }];
    if (!now) return [{ where, subject, what: 'route', from: routeInWords(from, old), to: '', meaning: takesAll(to.listener) ? 'its requests go to other routes' : 'its requests go to other routes, or get 404' }];
    const conditions = [conditionsOf(from, old), conditionsOf(to, now)] as const;
    return [
      ...(conditions[0] === conditions[1] ? [] : [{ where, subject, what: 'takes', from: conditions[0], to: conditions[1], meaning: '' }]),
      ...changesOfSplits(where, single ? '' : `that route '${name}' takes`, [from, old], [to, now]),
      ...changesOfCopies(where, subject, [from, old], [to, now]),
      ...differencesOf(old, now, OF_ROUTES).map((difference) => changeOf(difference, where, subject)),
    ];
  });
  return [...merged(changes, names.length), ...changesOfOrder(where, from, to)];
}

/** Each match in words; those of one route after each other. */
function conditionsOf({ listener }: Call, route: ResolvedRoute): string {
  return tableOf(listener).rows.filter((row) => listener.routes[row.route] === route).map((row) => conditionsOfRow(describeRow(row))).join(' or ');
}

function routeInWords(call: Call, route: ResolvedRoute): string {
  const ends = route.redirect ? `redirected with ${redirectInWords(route.redirect)}` : route.respond ? `answered ${route.respond.status}` : `to ${splitInWords(call.stack, call.caller, route.split)}`;
  return `${conditionsOf(call, route)} ${ends}`;
}

function changesOfOrder(where: string, from: Call, to: Call): Change[] {
  const order = ({ listener }: Call): string[] => [...new Set(tableOf(listener).rows.map((row) => listener.routes[row.route]!.name))];
  const [old, now] = [order(from), order(to)];
  const common = (names: readonly string[]): string => names.filter((name) => old.includes(name) && now.includes(name)).join(', ');
  if (common(old) === common(now)) return [];
  return [{ where, subject: '', what: 'precedence', from: common(old), to: common(now), meaning: 'requests that suit several routes take another one' }];
}

/** @param those which requests, when it is not all: `that route 'beta' takes` */
function changesOfSplits(
  where: string, those: string, [from, old]: readonly [Call, ResolvedRoute], [to, now]: readonly [Call, ResolvedRoute],
): Change[] {
  const levels = Math.max(old.fallback.length, now.fallback.length);
  const requests = those === '' ? `of the requests of ${to.caller.service}` : `of the requests ${those}`;
  const main = changesOfShares(where, requests, sharesOf(from.stack, from.caller, old.split), sharesOf(to.stack, to.caller, now.split));
  return [...main, ...Array.from({ length: levels }, (_, level): Change[] => {
    const [one, other] = [old.fallback[level], now.fallback[level]];
    const words = (call: Call, fallback: typeof one): string => (fallback
      ? `${splitInWords(call.stack, call.caller, fallback.split)} below ${percentInWords(10_000 / fallback.overprovisioningPercent)}, back over ${timeInWords(fallback.recoveryMs)}`
      : '');
    const [before, after] = [words(from, one), words(to, other)];
    return before === after ? [] : [{ where, subject: '', what: levels > 1 ? `fallback ${level + 1}` : 'fallback', from: before, to: after, meaning: '' }];
  }).flat()];
}

function changesOfCopies(
  where: string, subject: string, [from, old]: readonly [Call, ResolvedRoute], [to, now]: readonly [Call, ResolvedRoute],
): Change[] {
  const words = ({ stack, caller }: Call, { mirror }: ResolvedRoute, withBodies: boolean): string => mirror.map((copy) => {
    const bodies = withBodies ? ` with bodies of up to ${bytesInWords(copy.maxBodyBytes)}` : '';
    return `${percentInWords(copy.percent)} to ${titleOf(stack, clusterOf(stack, caller, copy.cluster))}${bodies}`;
  }).join(', ') || 'none';
  // Bodies are told of only where nothing else is changed.
  const [before, after] = [false, true].map((withBodies) => [words(from, old, withBodies), words(to, now, withBodies)] as const)
    .find(([one, other]) => one !== other) ?? ['', ''];
  return before === after ? [] : [{ where, subject, what: 'copies', from: before, to: after, meaning: '' }];
}

function changesOfShares(where: string, meaning: string, old: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): Change[] {
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((subject) => {
    const words = (share: number | undefined): string => (share === undefined ? '' : percentInWords(share));
    const [from, to] = [words(old.get(subject)), words(now.get(subject))];
    return from === to ? [] : [{ where, subject, what: 'share', from, to, meaning }];
  });
}

/** In percent, by version. */
function sharesOf(stack: Stack, caller: Workload, split: readonly WeightedCluster[]): Map<string, number> {
  const total = split.reduce((sum, { weight }) => sum + weight, 0);
  const shares = new Map<string, number>();
  for (const { cluster, weight } of split) {
    const title = titleOf(stack, clusterOf(stack, caller, cluster));
    shares.set(title, (shares.get(title) ?? 0) + (total === 0 ? 0 : (100 * weight) / total));
  }
  return shares;
}

/** Policies of the clusters that both have; those that all of them change alike are told once. */
function changesOfClusters(where: string, from: Call, to: Call): Change[] {
  const [old, now] = [clustersOf(from), clustersOf(to)];
  const names = [...old.keys()].filter((name) => now.has(name));
  return merged(names.flatMap((name) => differencesOf(old.get(name), now.get(name), OF_CLUSTERS)
    .map((difference) => changeOf(difference, where, names.length === 1 ? '' : titleOf(to.stack, now.get(name)!)))), names.length);
}

function clustersOf({ stack, caller, listener }: Call): Map<string, ResolvedCluster> {
  const splits = listener.routes.flatMap(({ split, fallback, mirror }) => [split, ...fallback.map((level) => level.split), mirror].flat());
  return new Map(splits.map(({ cluster }) => [cluster, clusterOf(stack, caller, cluster)]));
}

function clusterOf(stack: Stack, caller: Workload, name: string): ResolvedCluster {
  return stack.documentOf(caller).clusters.find((cluster) => cluster.name === name)!;
}

function titleOf(stack: Stack, cluster: ResolvedCluster): string {
  const [workload] = stack.behind(cluster);
  return workload ? `${workload.service} ${workload.version}` : cluster.name;
}
