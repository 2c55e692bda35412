/** Differences of settings in words: what is changed, from what to what, and what more or less of it means. */
import type {
  CorsConfig, FaultConfig, HashKeyConfig, HeaderChanges, HedgeConfig, IdentityConfig, LoadBalancingConfig, ResolvedAdmission, ResolvedHealthCheck,
  ResolvedMetricsMutualTls, ResolvedTls, RetryCondition, UpstreamMutualTlsConfig, UpstreamTlsConfig,
} from '../../contract';
import { headerChangesInWords } from '../explain/actions';
import { balancingInWords, healthCheckInWords } from '../words/balancing';
import { bytesInWords, listed, percentInWords, timeInWords } from '../words/quantities';
import { admissionInWords, conditionsInWords, faultInWords, hashKeyInWords, hedgeInWords } from '../words/routes';
import { upstreamTlsInWords } from '../words/upstream-tls';
import type { Change } from './change';
import type { Difference } from './settings';

/** What a setting is called, and what it means when it changes. */
interface Meaning {
  readonly what: string;
  readonly more?: string;
  readonly less?: string;
  /** What 0 means, where that is less than any other. */
  readonly off?: string;
  /** What 0 means, where that is no limit. */
  readonly unlimited?: string;
  /** What another value means that is no number. */
  readonly other?: string;
}

const MEANINGS: Readonly<Record<string, Meaning>> = {
  timeoutMs: { what: 'timeout', more: 'requests are given up later', less: 'requests are given up sooner', unlimited: 'requests are never given up' },
  'retry.maxRetries': { what: 'retries', more: 'more attempts before a request fails', less: 'fewer attempts before a request fails', off: 'a request that fails is not sent again' },
  'retry.methods': { what: 'retried methods' },
  'retry.on': { what: 'retried after' },
  'retry.tryTimeoutMs': { what: 'timeout of an attempt', more: 'another endpoint is tried later', less: 'another endpoint is tried sooner', unlimited: 'an attempt may take as long as the request' },
  'retry.silenceMs': { what: 'silence of a pod', more: 'a silent pod is given up later', less: 'a silent pod is given up sooner', unlimited: 'a silent pod is waited for' },
  'tcp.idleTimeoutMs': {
    what: 'idle time of connections', more: 'idle connections are ended later', less: 'idle connections are ended sooner', unlimited: 'idle connections are never ended',
  },
  'tcp.maxDurationMs': {
    what: 'longest time of a connection', more: 'connections may last longer', less: 'connections are ended sooner', unlimited: 'no connection is ended for its age',
  },
  'tcp.readServerName': { what: 'choice by server name', other: 'clients have to begin with TLS where it is on' },
  proxyProtocol: { what: 'PROXY protocol', other: 'the server has to expect its header' },
  protocol: { what: 'protocol', other: 'apps and those that call them have to speak it' },
  hedge: { what: 'hedging' },
  hash: { what: 'hash keys', other: 'requests move to other pods' },
  session: { what: 'session persistence' },
  faults: { what: 'faults' },
  requestHeaders: { what: 'request headers' },
  responseHeaders: { what: 'response headers' },
  accessLog: { what: 'access log' },
  cors: { what: 'CORS' },
  'cors.allowOrigins': { what: 'origins whose pages may use responses' },
  'cors.allowCredentials': { what: 'CORS with credentials' },
  'cors.allowMethods': { what: 'methods of other origins' },
  'cors.allowHeaders': { what: 'request fields of other origins' },
  'cors.exposeHeaders': { what: 'response fields for other origins' },
  loadBalancing: { what: 'balancing' },
  zoneAware: { what: 'zone awareness' },
  slowStart: { what: 'slow start' },
  subset: { what: 'subset' },
  dynamicWeights: { what: 'dynamic weights' },
  healthCheck: { what: 'health check' },
  'failover.panicPercent': { what: 'panic below', more: 'pods that don\'t work get requests sooner', less: 'pods that don\'t work get requests later', off: 'pods that don\'t work get no requests' },
  connectTimeoutMs: { what: 'timeout of a connection', more: 'another endpoint is tried later', less: 'another endpoint is tried sooner' },
  'retryBudget.percent': { what: 'retry budget', more: 'retries may add more load', less: 'retries may add less load' },
  'outlierDetection.mode': { what: 'outlier detection' },
  'outlierDetection.maxEjectedPercent': { what: 'ejected pods at most', more: 'more pods may be taken out', less: 'fewer pods may be taken out' },
  'outlierDetection.consecutiveGatewayErrors': { what: 'ejected after gateway errors', more: 'failing pods stay longer', less: 'failing pods go sooner', off: 'gateway errors in a row eject nobody' },
  'outlierDetection.consecutiveServerErrors': { what: 'ejected after errors', more: 'failing pods stay longer', less: 'failing pods go sooner', off: 'errors in a row eject nobody' },
  maxRequests: { what: 'active requests at most', more: 'more requests pass', less: 'more requests get 503', unlimited: 'no limit' },
  maxRequestsPerEndpoint: { what: 'active requests per pod at most', more: 'more requests pass', less: 'requests move to other pods sooner', unlimited: 'no limit' },
  maxPendingRequests: { what: 'pending requests at most', more: 'more requests wait', less: 'more requests get 503' },
  maxConnections: { what: 'connections at most', unlimited: 'no limit' },
  maxConnectionsPerEndpoint: { what: 'connections per pod at most' },
  admission: { what: 'admission' },
  'admission.concurrency': { what: 'requests let in at a time' },
  'admission.concurrency.max': { what: 'requests let in at a time', more: 'more requests reach the app', less: 'more requests get 503' },
  'admission.rateLimit': { what: 'rate limit' },
  'admission.rateLimit.requestsPerSecond': { what: 'requests let in a second', more: 'more requests reach the app', less: 'more requests get 429' },
  'admission.rateLimit.burst': { what: 'requests let in at once', more: 'fewer bursts get 429', less: 'more bursts get 429' },
  'shutdown.endpointPropagationMs': { what: 'time for callers to learn of a stop' },
  'shutdown.drainMs': { what: 'drain of the proxy', more: 'requests in flight have more time', less: 'requests in flight have less time' },
  'admin.metricsMutualTls': { what: 'mutual TLS for metrics' },
  'admin.metricsMutualTls.clientIds': { what: 'who may read metrics', other: 'everybody else gets 403' },
  'authorization.dryRun': { what: 'dry run of rules' },
  'authorization.audit': { what: 'audit log' },
  identity: { what: 'identity' },
  'identity.id': { what: 'identity' },
  mutualTls: { what: 'mutual TLS' },
  'mutualTls.serverIds': { what: 'ids of endpoints' },
  tls: { what: 'TLS' },
  'tls.serverName': { what: 'name that endpoints must prove', other: 'requests go to nobody else' },
  'tls.trustBundleFile': { what: 'trusted roots' },
  'tls.certificateFile': { what: 'certificate that is shown' },
  'tls.minimumVersion': { what: 'oldest version of TLS' },
  'tls.pins': { what: 'pinned keys', other: 'endpoints with other keys get no requests' },
  hostnames: { what: 'names' },
  port: { what: 'port' },
  workers: { what: 'worker processes' },
};

/** How what is no number is shown. */
const SHOWN: Readonly<Record<string, (value: never) => string>> = {
  hash: (keys: readonly HashKeyConfig[]) => keys.map(hashKeyInWords).join(', ') || 'none',
  faults: (faults: readonly FaultConfig[]) => faults.map(faultInWords).join('; ') || 'none',
  'retry.on': (conditions: readonly RetryCondition[]) => conditionsInWords(conditions) || 'nothing',
  hedge: (hedge: Required<HedgeConfig>) => hedgeInWords(hedge),
  session: ({ cookie }: { readonly cookie: string }) => `cookie ${cookie}`,
  requestHeaders: (changes: HeaderChanges) => headerChangesInWords(changes),
  responseHeaders: (changes: HeaderChanges) => headerChangesInWords(changes),
  cors: ({ allowOrigins }: CorsConfig) => `for pages of ${listed(allowOrigins)}`,
  loadBalancing: (policy: LoadBalancingConfig) => balancingInWords(policy),
  healthCheck: (check: ResolvedHealthCheck) => healthCheckInWords(check),
  admission: (admission: ResolvedAdmission) => `lets in ${admissionInWords(admission)}`,
  'admin.metricsMutualTls': ({ clientIds }: ResolvedMetricsMutualTls) => `only ${clientIds.join(', ')} may read them`,
  identity: ({ id, trustDomain }: IdentityConfig) => id ?? `any of ${trustDomain}`,
  mutualTls: ({ serverIds }: UpstreamMutualTlsConfig) => `the endpoint must be ${serverIds.join(' or ')}`,
  // That of a listener has no server.
  tls: (tls: UpstreamTlsConfig | ResolvedTls) => ('serverName' in tls ? upstreamTlsInWords(tls) : inShort(tls)),
  'admission.concurrency': (concurrency: ResolvedAdmission['concurrency']) => admissionInWords({ ...(concurrency && { concurrency }) }),
  'admission.rateLimit': (rateLimit: ResolvedAdmission['rateLimit']) => admissionInWords({ ...(rateLimit && { rateLimit }) }),
};

/** @param where a service or an edge. @param subject the part of it: `route 'beta'`, `catalog v2` */
export function changeOf({ path, from, to }: Difference, where: string, subject: string): Change {
  const { what = path } = MEANINGS[path] ?? {};
  return { where, subject, what, from: shown(path, from), to: shown(path, to), meaning: meaningOf(path, from, to) };
}

function meaningOf(path: string, from: unknown, to: unknown): string {
  const { more = '', less = '', off, unlimited, other = '' } = MEANINGS[path] ?? {};
  if (typeof from !== 'number' || typeof to !== 'number') return other;
  if (to === 0) return off ?? unlimited ?? less;
  return to > from && !(unlimited !== undefined && from === 0) ? more : less;
}

function shown(path: string, value: unknown): string {
  const words = SHOWN[path];
  if (value === undefined) return 'none';
  if (words) return words(value as never);
  if (typeof value === 'number') return quantity(path, value);
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((each) => typeof each !== 'object')) return value.join(', ') || 'none';
  return inShort(value);
}

function quantity(path: string, value: number): string {
  const { off, unlimited } = MEANINGS[path] ?? {};
  if (value === 0 && path !== 'retry.maxRetries' && (unlimited ?? off) !== undefined) return 'none';
  if (path.endsWith('Ms')) return timeInWords(value);
  if (path.endsWith('Bytes')) return bytesInWords(value);
  return /percent$/i.test(path) ? percentInWords(value) : String(value);
}

/** An object by its settings: `windowMs 30 s, aggression 1`. */
function inShort(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value);
  return Object.entries(value).map(([name, each]) => `${name} ${shown(name, each)}`).join(', ');
}
