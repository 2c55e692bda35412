/**
 * Why a request goes where it goes: from the app that sends it, by the listener and the route that take it, to the pods that may answer
 * and what their sidecars do with it. Each decision is made by the proxy's own code; here they are put together.
 */
import { FaultConfig, HeaderChanges, HedgeConfig, ResolvedListener, ResolvedRoute, RetryBudgetConfig, TcpConfig } from '../../contract';
import { REASONS } from '../../proxy/telemetry/reasons';
import { PathFault, textOf } from '../../routing';
import { UserError } from '../command-line/errors';
import type { Stack } from '../stack/stack';
import { workloadsBehind } from '../model/callees';
import type { ServiceSpec, Workload } from '../model/model';
import { Answer, answerOf, sentOnOf } from './actions';
import { AskedRequest, ParsedRequest, Refused, SentOn } from './asked-request';
import { Candidate, candidateOf, Destination, Destinations, Level } from './destination';
import { Arrival, Inbound, inboundOf, portOfService } from './inbound';
import { CorsVerdict, corsOf, httpsRedirectOf, isSecure, methodAskedFor, preflightAnswerOf } from './edge-answer';
import { entryOf, Intercepted, isGateway, Passed } from './interception';
import { chooseRoute, NearMiss } from './route-choice';
import { questionInWords } from './questions';
import { Security, securityOf } from './security';
import { clusterByHash, faultsOf, hasCookie, HashKeyVerdict, hashKeysOf, retriesOf, RetryVerdict } from './request-traits';

/**
 * `forwarded`: to one of the destinations. `answered`: by the listener or the route, with a redirect or a response. `refused`: by a sidecar.
 * `passed`: the request goes past the sidecar, or nowhere.
 */
export type Outcome = 'forwarded' | 'answered' | 'refused' | 'passed';

export interface Explanation {
  readonly request: { readonly method: string; readonly url: string; readonly bodyBytes: number };
  /** Times of a connection of TCP, in place of a request. */
  readonly tcp?: Required<TcpConfig>;
  readonly from: { readonly service: string; readonly version: string; readonly namespace: string; readonly identity?: string };
  readonly outcome: Outcome;
  readonly interception: Intercepted | Passed;
  /** The path that routes are chosen by; absent when it is refused. */
  readonly path?: { readonly sent: string; readonly normalized: string };
  readonly nearMisses: readonly NearMiss[];
  /** Whom a gateway asks about the request, in words; absent: nobody. */
  readonly question?: string;
  readonly route?: ExplainedRoute;
  /** The listener answers by itself, before a route takes the request: a redirect to HTTPS, or what a preflight request asks. */
  readonly answer?: ListenerAnswer;
  /** `by`: the callee's sidecar. Absent: that of the caller, or the gateway. */
  readonly refusal?: { readonly status: number; readonly reason: string; readonly by?: 'callee' };
  /** The callee's side of a request that passes the caller's sidecar by. */
  readonly direct?: { readonly candidates: readonly Candidate[]; readonly inbound: readonly Inbound[] };
}

export interface ListenerAnswer extends Answer {
  /** Of a preflight request. */
  readonly preflight?: { readonly method: string; readonly cors: CorsVerdict; readonly route?: string };
}

export interface ExplainedRoute {
  readonly name: string;
  /** Of the match that took the request; none when it takes every one. */
  readonly conditions: readonly string[];
  /** Place in the order of precedence, and of how many. */
  readonly place: number;
  readonly rows: number;
  /** The route answers by itself. */
  readonly answer?: Answer;
  /** Path and host that the endpoint gets, when the route changes them. */
  readonly sentOn?: SentOn;
  readonly requestHeaders?: HeaderChanges;
  readonly responseHeaders?: HeaderChanges;
  /** Absent: it is the app's to say. */
  readonly cors?: CorsVerdict;
  /** Clusters that get a copy, with a part of the requests in percent. */
  readonly mirrors: readonly { readonly to: Destination; readonly percent: number }[];
  /** The split, and its fallbacks; none when the route answers. */
  readonly levels: readonly Level[];
  readonly hashKeys: readonly HashKeyVerdict[];
  /** Cluster that the hash chooses, whatever the shares. */
  readonly clusterByHash?: string;
  readonly timeoutMs: number;
  readonly tryTimeoutMs: number;
  readonly retry: RetryVerdict;
  /** Absent: the route answers. */
  readonly retryBudget?: Required<RetryBudgetConfig>;
  /** Absent: this request is not hedged. */
  readonly hedge?: Required<HedgeConfig>;
  readonly session?: { readonly cookie: string; readonly found: boolean };
  readonly faults: readonly FaultConfig[];
}

/** @param caller the version of the service that sends it */
export function explainRequest(stack: Stack, caller: Workload, asked: AskedRequest): Explanation {
  const { interception, listener, service } = entryOf(stack, caller, asked);
  const { limits, identity } = stack.documentOf(caller);
  checkScheme(asked, listener);
  const parsed = asked.parsed(limits, listener?.path);
  const routed = asked.routed(listener);
  const about = {
    request: { method: asked.method, url: asked.url, bodyBytes: asked.bodyBytes },
    from: {
      service: caller.service, version: caller.version, namespace: caller.namespace,
      ...(identity?.id !== undefined && { identity: identity.id }),
    },
    interception,
    ...(listener?.tcp && { tcp: listener.tcp }),
    nearMisses: [],
  };
  if (parsed instanceof Refused || routed instanceof PathFault) {
    if (!interception.intercepted) return { ...about, outcome: 'passed' };
    const { status, reason } = routed instanceof PathFault ? new Refused('path_refused', routed.message) : parsed as Refused;
    return { ...about, outcome: 'refused', refusal: { status, reason } };
  }
  const arrival = { request: routed, asked, sent: asked };
  const path = { sent: asked.target.replace(/\?.*$/, ''), normalized: textOf(routed.path.bytes, routed.path.start, routed.path.end) };
  if (!listener) return { ...about, outcome: 'passed', path, ...(service && directOf(stack, caller, service, asked.port, arrival)) };
  const again = (): ParsedRequest => asked.parsed(limits, listener.path) as ParsedRequest;
  const secure = isSecure(listener, asked, again());
  const answer = httpsRedirectOf(listener, again(), secure) ?? preflightOf(listener, asked, parsed);
  if (answer) return { ...about, outcome: 'answered', path, answer };
  // Clients of a gateway have no identity of the mesh.
  const security = securityOf(listener, {}, asked);
  if (security?.denied !== undefined) return { ...about, outcome: 'refused', path, refusal: refusalOf(security) };
  const choice = chooseRoute(listener, routed);
  const { route, nearMisses } = choice;
  if (!route) return { ...about, outcome: 'refused', path, nearMisses, refusal: { status: REASONS.no_route.status, reason: 'no route takes it' } };
  if (leadsNowhere(route)) {
    const refusal = { status: REASONS.no_backend.status, reason: `the weights of route '${route.name}' are all 0` };
    return { ...about, outcome: 'refused', path, nearMisses, refusal };
  }
  const normal = asked.target.replace(/^[^?]*/, () => path.normalized);
  const sent = asked.sentOn({ target: normal, ...sentOnOf(route, again()) }, route.requestHeaders, listener.jwt);
  const destinations = new Destinations(stack, caller, { ...arrival, sent });
  const cors = corsOf(route, listener, parsed);
  const explained = { ...explainRoute(choice as Choice, destinations, asked, secure, parsed, again), ...(cors && { cors }) };
  const denied = denialOf(explained);
  if (denied) return { ...about, outcome: 'refused', path, nearMisses, route: explained, refusal: denied };
  const question = questionInWords(listener, routed, route);
  return { ...about, outcome: explained.answer ? 'answered' : 'forwarded', path, nearMisses, route: explained, ...(question !== undefined && { question }) };
}

/** A request is nothing for a listener that looks at none, and a connection says too little for one that does. */
function checkScheme({ scheme, host, port }: AskedRequest, listener: ResolvedListener | undefined): void {
  if (!listener) return;
  const carried = listener.protocol !== 'tcp' ? undefined : listener.tcp?.readServerName ? 'tls' : 'tcp';
  if (carried === (scheme === 'tcp' || scheme === 'tls' ? scheme : undefined)) return;
  throw new UserError(carried ? `${host}:${port} carries ${carried.toUpperCase()}, where nobody looks at requests; ask about ${carried}://${host}:${port}`
    : `${host}:${port} takes requests; ask about one, as in GET http://${host}:${port}/`);
}

/** What the callee answers, when none of those that may take the request let it in. */
function denialOf({ levels }: ExplainedRoute): Explanation['refusal'] {
  const callees = levels[0]?.destinations.filter(({ percent }) => percent > 0).flatMap(({ inbound }) => inbound) ?? [];
  const denied = callees.map(({ security, stoppedBy }) => (stoppedBy === undefined && security?.denied !== undefined ? security : undefined));
  return denied[0] && denied.every((each) => each !== undefined) ? { ...refusalOf(denied[0]), by: 'callee' } : undefined;
}

function refusalOf({ code = 'not_authorized', denied }: Security): NonNullable<Explanation['refusal']> {
  return { status: REASONS[code].status, reason: `${code}, as ${denied}` };
}

/** What a preflight request is answered, by the route of the request that it asks about; undefined when it is the app's to answer. */
function preflightOf(listener: ResolvedListener, asked: AskedRequest, parsed: ParsedRequest): ListenerAnswer | undefined {
  const method = methodAskedFor(parsed);
  if (method === undefined) return undefined;
  const routed = asked.withMethod(method).routed(listener);
  const route = routed instanceof PathFault ? undefined : chooseRoute(listener, routed).route;
  const answer = preflightAnswerOf(route, listener, parsed);
  return answer && { status: answer.status, preflight: { method, cors: answer.cors, ...(answer.cors.by === 'route' && { route: route!.name }) } };
}

/** Who answers what passes the caller's sidecar by, through a Service. */
function directOf(stack: Stack, caller: Workload, service: ServiceSpec, asked: number, arrival: Arrival): Pick<Explanation, 'direct'> {
  const callees = workloadsBehind(service, stack.model.workloads);
  if (callees.length === 0) return {};
  const portOf = (callee: Workload): number | undefined => portOfService(service, callee, ({ port }) => port === asked);
  const inbound = callees.map((callee) => inboundOf(stack, caller, callee, portOf(callee), arrival));
  return { direct: { candidates: callees.map((callee) => candidateOf(stack, callee)), inbound } };
}

/** No request can go anywhere, though the route answers none by itself. */
function leadsNowhere({ split, fallback, redirect, respond }: ResolvedRoute): boolean {
  return !redirect && !respond && [split, ...fallback.map((level) => level.split)].flat().every(({ weight }) => weight === 0);
}

type Choice = ReturnType<typeof chooseRoute> & { readonly route: NonNullable<ReturnType<typeof chooseRoute>['route']> };

/** @param again parses the request anew, for what changes its head */
function explainRoute(
  { route, conditions, place, rows }: Choice, destinations: Destinations, asked: AskedRequest, secure: boolean, parsed: ParsedRequest,
  again: () => ParsedRequest,
): ExplainedRoute {
  const hashKeys = hashKeysOf(route.hash, parsed);
  const byHash = clusterByHash(route, hashKeys, parsed);
  const answer = answerOf(route, again(), secure);
  const sentOn = sentOnOf(route, again());
  const levels: Level[] = answer ? [] : [
    { destinations: destinations.ofSplit(route.split) },
    ...route.fallback.map(({ split, ...fallback }) => ({ fallback, destinations: destinations.ofSplit(split) })),
  ];
  const hedge = route.hedge && parsed.idempotent && asked.bodyBytes <= route.retry.maxReplayBytes ? route.hedge : undefined;
  return {
    name: route.name, conditions, place, rows,
    ...(answer && { answer }),
    ...(sentOn && { sentOn }),
    ...(route.requestHeaders && { requestHeaders: route.requestHeaders }),
    ...(route.responseHeaders && { responseHeaders: route.responseHeaders }),
    mirrors: route.mirror.map(({ cluster, percent }) => ({ to: destinations.of(cluster, 100), percent })),
    levels, hashKeys,
    ...(byHash !== undefined && { clusterByHash: byHash }),
    timeoutMs: route.timeoutMs,
    tryTimeoutMs: route.retry.tryTimeoutMs,
    retry: retriesOf(route, asked.method, parsed.idempotent, asked.bodyBytes),
    ...(levels[0] && { retryBudget: levels[0].destinations[0]!.config.retryBudget }),
    ...(hedge && { hedge }),
    ...(route.session && { session: { cookie: route.session.cookie, found: hasCookie(route.session.cookie, parsed) } }),
    faults: faultsOf(route.faults, parsed),
  };
}

/** The only service that calls a host; an error that says who does otherwise. @param flag what names a caller */
export function onlyCallerOf(stack: Stack, asked: AskedRequest, flag: string): Workload {
  const takers = stack.model.workloads.filter((workload) => entryOf(stack, workload, asked).interception.intercepted);
  // What sidecars take by its name is nothing that clients from outside ask for.
  const inside = takers.filter((workload) => !isGateway(workload));
  const callers = inside.length > 0 ? inside : takers.filter((workload) => takesHost(stack, workload, asked));
  const names = [...new Set(callers.map(({ service }) => service))];
  if (names.length === 1) return callers[0]!;
  const [gateway] = stack.model.workloads.filter(isGateway);
  throw new UserError(names.length === 0
    ? `no service of the stack calls ${asked.url}${gateway ? ', and no gateway takes it' : ''}; say which one sends it with ${flag}`
      + (gateway ? `, or see why a gateway doesn't take it with ${flag} ${gateway.service}` : '')
    : `${asked.url} is called by ${names.join(', ')}; say which one sends it with ${flag}`);
}

/** Whether a gateway has a route for a request. */
function takesHost(stack: Stack, gateway: Workload, asked: AskedRequest): boolean {
  const { listener } = entryOf(stack, gateway, asked);
  const routed = asked.routed(listener);
  return listener !== undefined && !(routed instanceof PathFault) && chooseRoute(listener, routed).route !== undefined;
}
