/** An explanation as text: a title, and aligned rows of a label and what there is to say. What is at its default is left out. */
import { counted, listed, percentInWords, timeInWords } from '../words/quantities';
import { balancingInWords, healthInWords, limitsInWords, stagesInWords } from '../words/balancing';
import { budgetInWords, conditionsInWords, faultInWords, hedgeInWords, timeoutInWords } from '../words/routes';
import { upstreamTlsInWords } from '../words/upstream-tls';
import { plain, renderTable, Paint } from '../terminal/table';
import { Answer, headerChangesInWords } from './actions';
import type { Candidate, Destination, Level } from './destination';
import type { CorsVerdict } from './edge-answer';
import type { ExplainedRoute, Explanation, ListenerAnswer } from './explanation';
import type { Inbound } from './inbound';
import type { HashKeyVerdict } from './request-traits';
import { conditionsOfRow, NearMiss } from './route-choice';

type Row = readonly [label: string, ...lines: readonly string[]];

/** Near misses that are shown; what is beyond is more of the same. */
const MOST_NEAR_MISSES = 8;

export function renderExplanation(explanation: Explanation, paint: Paint = plain): string[] {
  const { request, from } = explanation;
  const rows = rowsOf(explanation).filter(([, ...lines]) => lines.length > 0);
  const width = Math.max(...rows.map(([label]) => label.length));
  return [
    paint('bold', `${explanation.tcp ? 'connection to' : request.method} ${request.url}  from ${from.service} ${from.version}`),
    '',
    ...rows.flatMap(([label, ...lines]) => lines.map((line, index) => `  ${paint('dim', (index === 0 ? label : '').padEnd(width))}  ${line}`.trimEnd())),
  ];
}

function rowsOf(explanation: Explanation): Row[] {
  const { from, interception, path, refusal, answer, nearMisses, route, direct, tcp, question } = explanation;
  return [
    interception.intercepted
      ? ['taken by', interception.gateway ? `${interception.listener} of the gateway, at port ${interception.port} of Service ${interception.address}${interception.http2 ? ', by HTTP/2' : ''}`
        : `${interception.listener} of its sidecar, at ${interception.address}:${interception.port}`]
      : ['taken by', `no sidecar: ${interception.reason}`],
    ['identity', ...(from.identity === undefined ? [] : [from.identity])],
    ['declared', ...(interception.intercepted ? [] : [interception.declared.join(', ') || 'no call'])],
    ...(path && path.normalized !== path.sent ? [['path', `${path.normalized}, normalized from ${path.sent}`] as const] : []),
    ...(refusal ? [['answer', `${tcp ? 'refused' : refusal.status} by ${refuserOf(explanation)}: ${refusal.reason}`] as const] : []),
    ...(answer ? [['answer', listenerAnswerInWords(answer, refuserOf(explanation))] as const, ['CORS', ...(answer.preflight?.cors.fields ?? [])] as const] : []),
    ...(route && (!tcp || tcp.readServerName) ? [['route', routeInWords(route, tcp ? 'every server name' : undefined)] as const] : []),
    ['authority', ...(question === undefined ? [] : [question])],
    ['not taken', ...nearMissLines(nearMisses)],
    ...(route ? rowsOfRoute(route, tcp) : []),
    ...(direct ? [['goes to', ...direct.candidates.map(candidateInWords)] as const, ...inboundRows(direct.inbound)] : []),
  ];
}

function refuserOf({ interception, refusal }: Explanation): string {
  if (refusal?.by === 'callee') return "the callee's sidecar";
  return interception.intercepted && interception.gateway ? 'the gateway' : 'its sidecar';
}

function routeInWords({ name, conditions, place, rows }: ExplainedRoute, everything?: string): string {
  return `${name}: takes ${conditionsOfRow(conditions, everything)}${rows === 1 ? '' : ` (${place} of ${rows} in precedence)`}`;
}

function nearMissLines(misses: readonly NearMiss[]): string[] {
  const lines = renderTable([{ title: '' }, { title: '' }], misses.slice(0, MOST_NEAR_MISSES).map(({ route, failed }) => [route, failed]), plain).slice(1);
  const left = misses.length - MOST_NEAR_MISSES;
  return left > 0 ? [...lines, `and ${left} more`] : lines;
}

/** Longest part of a body that is shown. */
const BODY_SHOWN = 60;

function answerInWords({ status, location, body }: Answer): string {
  if (location !== undefined) return `${status} by the route: redirected to ${location}`;
  const text = body === undefined ? 'without a body' : JSON.stringify(body.length > BODY_SHOWN ? `${body.slice(0, BODY_SHOWN)}...` : body);
  return `${status} by the route, ${text}`;
}

function listenerAnswerInWords({ status, location, preflight }: ListenerAnswer, by: string): string {
  if (!preflight) return `${status} by ${by}, before any route: redirected to ${location}`;
  const { method, cors, route } = preflight;
  return `${status} by ${route === undefined ? by : `route '${route}'`}, to a preflight request for ${method}: ${cors.fields.length === 0 ? 'the origin is not allowed' : 'the origin is allowed'}`;
}

function corsInWords({ by, fields }: CorsVerdict): string[] {
  return fields.length > 0 ? [...fields] : [`the ${by} allows no origin of this request, and removes what the app says`];
}

function actionRows({ sentOn, requestHeaders, responseHeaders, cors, mirrors }: ExplainedRoute): Row[] {
  return [
    ['sent as', ...(sentOn ? [`${sentOn.target}${sentOn.host === undefined ? '' : ` to host ${sentOn.host}`}`] : [])],
    ['headers', ...(requestHeaders ? [`${headerChangesInWords(requestHeaders)} (request)`] : []), ...(responseHeaders ? [`${headerChangesInWords(responseHeaders)} (response)`] : [])],
    ['CORS', ...(cors ? corsInWords(cors) : [])],
    ['copied to', ...mirrors.map(({ to, percent }) => `${titleOf(to)}, ${percentInWords(percent)} of the requests`)],
  ];
}

function rowsOfRoute(route: ExplainedRoute, tcp: Explanation['tcp']): Row[] {
  if (route.answer) return [['answer', answerInWords(route.answer)], ...actionRows(route)];
  const [first, ...fallbacks] = route.levels as [Level, ...Level[]];
  const all = route.levels.flatMap(({ destinations }) => destinations);
  return [
    ...actionRows(route),
    ['goes to', ...destinationLines(first.destinations, route.clusterByHash)],
    ...fallbacks.map(({ fallback, destinations }): Row => [
      'fallback', ...destinationLines(destinations),
      `once less than ${percentInWords(10_000 / fallback!.overprovisioningPercent)} of the pods before are available; back over ${timeInWords(fallback!.recoveryMs)}`,
    ]),
    ['protocol', ...perDestination(all, ({ config: { protocol } }) => (protocol === 'http2' ? ['HTTP/2'] : tcp?.readServerName ? ['TLS of the apps, passed through unread'] : []))],
    ['mutual TLS', ...perDestination(all, ({ config: { mutualTls } }) => (mutualTls ? [`the endpoint must be ${mutualTls.serverIds.join(' or ')}`] : []))],
    ['TLS', ...perDestination(all, ({ config: { tls } }) => (tls ? [upstreamTlsInWords(tls)] : []))],
    ['balancing', ...perDestination(all, ({ config }) => [[balancingInWords(config.loadBalancing), ...stagesInWords(config)].join('; ')])],
    ['balanced by', ...(route.hashKeys.length === 0 ? [] : [hashKeysInWords(route.hashKeys)])],
    ['session', ...(route.session ? [sessionInWords(route.session)] : [])],
    ['timeout', [tcp ? timesInWords(tcp) : timeoutInWords(route.timeoutMs), ...connectInWords(all)].join('; ')],
    ['retries', tcp ? connectingInWords(route) : retriesInWords(route)],
    ['hedging', ...(route.hedge ? [hedgeInWords(route.hedge)] : [])],
    ['faults', ...route.faults.map(faultInWords)],
    ['health', ...perDestination(all, ({ config }) => healthInWords(config))],
    ['limits', ...perDestination(all, ({ config }) => limitsOf(config))],
    ...inboundRows(all.flatMap(({ inbound }) => inbound)),
  ];
}

/** How long a connection may last. */
function timesInWords({ idleTimeoutMs, maxDurationMs }: NonNullable<Explanation['tcp']>): string {
  const idle = idleTimeoutMs === 0 ? [] : [`ended after ${timeInWords(idleTimeoutMs)} without a byte`];
  const age = maxDurationMs === 0 ? [] : [`after ${timeInWords(maxDurationMs)} in any case`];
  return [...idle, ...age].join(', ') || 'never ended';
}

function connectingInWords({ retry: { maxRetries } }: ExplainedRoute): string {
  return maxRetries === 0 ? 'none' : `${maxRetries} of connecting, at other endpoints; none once there is a connection`;
}

function limitsOf(config: Destination['config']): string[] {
  const { maxConnections, maxRequests, maxRequestsPerEndpoint } = config;
  const limits = limitsInWords({ maxConnections, maxRequests, maxRequestsPerEndpoint });
  return limits.length === 0 ? [] : [limits.join(', ')];
}

function destinationLines(destinations: readonly Destination[], byHash?: string): string[] {
  const rows = destinations.flatMap((destination) => {
    const { cluster, candidates, outside, percent } = destination;
    const share = `${percentInWords(percent)}${byHash === cluster ? ' (this one, by its hash)' : ''}`;
    return candidates.length > 0
      ? candidates.map((candidate, index) => [index === 0 ? share : '', `${candidate.service} ${candidate.version}`, podsInWords(candidate)])
      : [[share, cluster, outside.join(', ')]];
  });
  return renderTable([{ title: '', right: byHash === undefined }, { title: '' }, { title: '' }], rows, plain).slice(1);
}

function candidateInWords(candidate: Candidate): string {
  return `${candidate.service} ${candidate.version}  ${podsInWords(candidate)}`;
}

function podsInWords({ replicas, zones }: Candidate): string {
  const pods = replicas === undefined ? 'pods' : replicas.min === replicas.max ? counted(replicas.min, 'pod') : `${replicas.min} to ${replicas.max} pods`;
  return zones.length === 0 ? pods : `${pods} in ${zones.length === 1 ? 'zone' : 'zones'} ${listed(zones)}`;
}

/** What destinations have in common is said once; otherwise each says its own. */
function perDestination(destinations: readonly Destination[], words: (destination: Destination) => readonly string[]): string[] {
  const all = destinations.map((destination) => ({ title: titleOf(destination), lines: words(destination) }));
  const [first] = all;
  if (!first || all.every(({ lines }) => lines.join('\n') === first.lines.join('\n'))) return [...first?.lines ?? []];
  return all.flatMap(({ title, lines }) => lines.map((line) => `${title}: ${line}`));
}

function titleOf({ cluster, candidates: [first] }: Destination): string {
  return first ? `${first.service} ${first.version}` : cluster;
}

function connectInWords(destinations: readonly Destination[]): string[] {
  const times = [...new Set(destinations.map(({ config }) => config.connectTimeoutMs))].sort((a, b) => a - b);
  return times.length === 0 ? [] : [`${times.map(timeInWords).join(' or ')} to connect`];
}

function hashKeysInWords(keys: readonly HashKeyVerdict[]): string {
  const words = keys.map(({ key, found }) => `${key} (${{ yes: 'found', no: 'not in the request', made: 'made by the sidecar, as the request has none', unread: 'not looked at' }[found]})`);
  return `${listed(words, 'then')}${keys.every(({ found }) => found === 'no') ? ': goes anywhere' : ''}`;
}

function sessionInWords({ cookie, found }: NonNullable<ExplainedRoute['session']>): string {
  return `cookie ${cookie} (${found ? 'found: stays with its pod, if the cookie is good' : 'not in the request: a new session'})`;
}

function retriesInWords({ retry, retryBudget, tryTimeoutMs }: ExplainedRoute): string {
  if (retry.maxRetries === 0) return 'none';
  const seen = retry.kept ? 'only where no app has seen the request' : 'only where no connection was made';
  const after = retry.on.length === 0 ? seen : `after ${conditionsInWords(retry.on)}`;
  const because = retry.because === undefined ? '' : `, as ${retry.because}`;
  return `${retry.maxRetries}, ${after}${because}; ${budgetInWords(retryBudget!)}${tryTimeoutMs > 0 ? `; ${timeInWords(tryTimeoutMs)} an attempt` : ''}`;
}

/** Sidecars that do the same are told together. */
function inboundRows(inbound: readonly Inbound[]): Row[] {
  const groups = new Map<string, string[]>();
  for (const each of inbound) {
    const words = inboundInWords(each);
    groups.set(words, [...groups.get(words) ?? [], `${each.service} ${each.version}`]);
  }
  const misses = [...new Set(inbound.flatMap(({ security, stoppedBy }) => (stoppedBy === undefined ? security?.nearMisses ?? [] : [])
    .map(({ rule, failed }) => `rule '${rule}': ${failed}`)))];
  return [
    ...[...groups].map(([words, titles], index): Row => [index === 0 ? 'callee' : '', groups.size === 1 ? words : `${listed(titles)}: ${words}`]),
    ['rules', ...misses.slice(0, MOST_NEAR_MISSES), ...(misses.length > MOST_NEAR_MISSES ? [`and ${misses.length - MOST_NEAR_MISSES} more`] : [])],
  ];
}

function inboundInWords({ listener, port, admits, exempt, timeoutMs, appPort, security, question, stoppedBy }: Inbound): string {
  if (stoppedBy !== undefined) return stoppedBy.startsWith('answers') ? `sidecar at port ${port} ${stoppedBy}` : stoppedBy;
  if (listener === undefined) return `no sidecar listens at port ${port ?? 'of the Service'}; requests go straight to the app`;
  const sidecar = [`sidecar at port ${port}`, ...(security ? [security.words] : [])].join(', ');
  if (security?.denied !== undefined) return sidecar;
  const admission = exempt ? [`let in whatever the load (limits: ${admits})`] : admits !== 'all' ? [`lets in ${admits}`] : security?.rule === undefined ? ['all let in'] : [];
  const timeout = timeoutMs === undefined || timeoutMs === 0 ? 'no timeout of its own' : `timeout ${timeInWords(timeoutMs)}`;
  return `${[sidecar, ...(question === undefined ? [] : [question]), ...admission, timeout].join(', ')}; app at port ${appPort ?? '?'}`;
}
