/**
 * What kind of value each prop takes. The compiler knows in TypeScript; JavaScript, casts and configuration that was read
 * from files get past it, and would end in a TypeError of this library or in YAML that the API server refuses. Kinds are
 * checked before anything looks into the values, so what is wrong here is told alone, and together.
 *
 * One table for all constructs, because a prop of a name means the same wherever it is.
 */
import { IConstruct } from 'constructs';
import { isIP } from 'node:net';
import { Availability } from '../capacity/availability';
import { Capacity } from '../capacity/capacity';
import { Fallback } from '../destinations/fallback';
import { Allow } from '../identity/allow';
import { Authorization } from '../identity/authorization';
import { Identity } from '../identity/identity';
import { ExternalAuthorization } from '../destinations/external-authorization';
import { Jwt } from '../identity/jwt';
import { MutualTls } from '../identity/mutual-tls';
import { DisruptionBudget } from '../kubernetes/disruption-budget';
import { Scaling } from '../kubernetes/scaling';
import { ServiceType, SessionAffinity, TrafficPolicy } from '../kubernetes/service-type';
import { Monitoring } from '../monitoring/monitoring';
import { Slo } from '../monitoring/slo';
import { NetworkPolicies } from '../network/network-policies';
import { FaultInjection } from '../policies/fault-injection';
import { HealthCheck } from '../policies/health-check';
import { LoadBalancing } from '../policies/load-balancing';
import { OutlierDetection } from '../policies/outlier-detection';
import { Retry } from '../policies/retry';
import { SessionPersistence } from '../policies/session-persistence';
import { isName, NAME_RULES } from '../props/name-rules';
import { millisecondsOf } from '../props/quantities';
import { isList } from '../props/texts';
import { ValidationErrors } from '../props/validation-errors';
import { EncodedSlashes } from '../routes/encoded-slashes';
import { Route } from '../routes/route';
import { Class, isA, refusalOfCopy } from '../synthesis/copies';
import { AppAddress } from './app-address';
import { Discovery } from './discovery';
import { Interception } from './interception';
import { AccessLog } from '../policies/access-log';
import { Mistakes } from './mistakes';
import { ProxyImage } from './proxy-image';
import { ProxyUser } from './proxy-user';
import { Tracing } from './tracing';

/** Whether a value fits, and what to give when it does not. */
interface Kind {
  readonly fits: (value: unknown) => boolean;
  readonly remedy: string | ((value: unknown) => string);
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

function made(by: Class, example: string): Kind {
  return { fits: (value) => isA(by, value), remedy: (value) => refusalOfCopy(by, value) ?? `make it with ${example}` };
}

function memberOf(name: string, members: Record<string, string>): Kind {
  return { fits: (value) => Object.values(members).includes(value as string), remedy: `use one of ${Object.keys(members).map((key) => `${name}.${key}`).join(', ')}` };
}

/** By what it can do and not by its class, since an app may have several copies of cdk8s. */
const duration: Kind = {
  fits: (value) => millisecondsOf(value) !== undefined,
  remedy: 'use a Duration, such as Duration.seconds(5)',
};

const text: Kind = { fits: (value) => typeof value === 'string', remedy: 'use a text' };

const hasName = (value: unknown): boolean => isObject(value) && typeof (value as { name?: unknown }).name === 'string';

function isListOf(fits: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.every(fits);
}

const LISTS = {
  // #region generated lists of RouteConfig: faults
  faults: { least: 0, most: 8 },
  // #endregion
};

const KINDS: Readonly<Record<string, Kind>> = {
  affinity: { fits: isObject, remedy: 'use an affinity as in Kubernetes, such as { nodeAffinity: { ... } }' },
  automountServiceAccountToken: { fits: (value) => typeof value === 'boolean', remedy: 'use true or false' },
  dns: { fits: isObject, remedy: 'use { searches: [\'example.com\'] }, for example' },
  hostAliases: { fits: isListOf(isObject), remedy: 'list addresses with their names, such as [{ ip: \'10.0.0.9\', hostnames: [\'db.example.com\'] }]' },
  imagePullSecrets: { fits: isListOf(hasName), remedy: 'list Secrets of cdk8s-plus, such as [Secret.fromSecretName(this, \'registry\', \'registry-login\')]' },
  initContainers: { fits: isListOf(isObject), remedy: 'list containers, such as [{ image: \'ghcr.io/acme/migrate:1\' }]' },
  nodeSelector: { fits: isObject, remedy: 'use { \'kubernetes.io/arch\': \'arm64\' }, for example' },
  podMetadata: { fits: isObject, remedy: 'use { labels: { team: \'shop\' } }, for example' },
  priorityClassName: text,
  runtimeClassName: text,
  securityContext: { fits: isObject, remedy: 'use { fsGroup: 2000 }, for example' },
  serviceAccount: { fits: hasName, remedy: 'give a ServiceAccount of cdk8s-plus, such as new ServiceAccount(this, \'Account\')' },
  strategy: { fits: (value) => isObject(value) && '_toKube' in value, remedy: 'make it with DeploymentStrategy.rollingUpdate() or DeploymentStrategy.recreate() of cdk8s-plus' },
  terminationGracePeriod: duration,
  tolerations: { fits: isListOf((value) => isObject(value) && '_toKube' in value), remedy: 'list taints, such as [NodeTaintQuery.is(\'dedicated\', \'web\')] of cdk8s-plus' },
  volumes: { fits: isListOf((value) => hasName(value) && '_toKube' in (value as object)), remedy: 'list volumes of cdk8s-plus, such as [Volume.fromEmptyDir(this, \'Tmp\', \'tmp\')]' },
  accessLog: memberOf('AccessLog', AccessLog),
  admission: { fits: isObject, remedy: 'use { concurrency: ConcurrencyLimit.adaptive() }, for example' },
  allow: {
    fits: (value) => Array.isArray(value) && value.length > 0 && value.every((each) => isA(Allow, each)),
    remedy: (value) => (Array.isArray(value) ? value.map((each) => refusalOfCopy(Allow, each)).find((refusal) => refusal) : undefined)
      ?? 'list what is allowed, such as [Allow.when(Match.method(\'GET\'))]; leave it out for everything',
  },
  appAddress: made(AppAddress, 'AppAddress.loopback(), for example'),
  appDrain: duration,
  authorization: made(Authorization, 'Authorization.enforce() or Authorization.dryRun()'),
  availability: made(Availability, 'Availability.target(\'99.99%\', { zones: 3 })'),
  capacity: made(Capacity, 'Capacity.of({ peakRps: 1200, rpsPerPod: 150 })'),
  clients: { fits: isObject, remedy: 'use { allow: [\'203.0.113.0/24\'] }, for example' },
  containers: {
    fits: (value) => Array.isArray(value) && value.every(isObject),
    remedy: 'list containers, such as [{ image: \'ghcr.io/acme/web:1\', portNumber: 8080 }]',
  },
  cors: { fits: isObject, remedy: 'use { allowOrigins: [\'https://shop.example.com\'] }, for example' },
  discovery: made(Discovery, 'Discovery.endpointSlices() or Discovery.dns()'),
  disruptionBudget: made(DisruptionBudget, 'DisruptionBudget.maxUnavailable(1), for example'),
  endpointPropagation: duration,
  errorPages: { fits: (value) => Array.isArray(value) && value.every(isObject), remedy: 'list pages, such as [{ statuses: [503], body: \'<h1>Back soon</h1>\' }]' },
  externalAuthorization: made(ExternalAuthorization, 'ExternalAuthorization.http(auth), for example'),
  externalTrafficPolicy: memberOf('TrafficPolicy', TrafficPolicy),
  fallback: made(Fallback, 'Fallback.to(service)'),
  faults: {
    fits: (value) => Array.isArray(value) && isList(LISTS.faults, value) && value.every((fault) => isA(FaultInjection, fault)),
    remedy: (value) => (Array.isArray(value) ? value.map((fault) => refusalOfCopy(FaultInjection, fault)).find((refusal) => refusal) : undefined)
      ?? `list at most ${LISTS.faults.most}, each made with FaultInjection.delay() or FaultInjection.abort()`,
  },
  forwarded: { fits: isObject, remedy: 'use { trustedHops: 1 }, for example' },
  healthCheck: made(HealthCheck, 'HealthCheck.http(\'/healthz\'), for example'),
  hsts: { fits: isObject, remedy: 'use { maxAge: Duration.days(365) }, for example' },
  httpsRedirect: { fits: (value) => typeof value === 'boolean', remedy: 'use true or false' },
  identity: made(Identity, 'Identity.certManagerSpiffe(), for example'),
  internalTrafficPolicy: memberOf('TrafficPolicy', TrafficPolicy),
  jwt: {
    fits: (value) => Array.isArray(value) && value.every((each) => isA(Jwt, each)),
    remedy: (value) => (Array.isArray(value) ? value.map((each) => refusalOfCopy(Jwt, each)).find((refusal) => refusal) : undefined)
      ?? 'list issuers, such as [Jwt.fromConfigMap(keys, { issuer: \'https://login.example.com/\', audiences: [\'shop\'] })]',
  },
  interception: made(Interception, 'Interception.hostsFile(), for example'),
  lints: { fits: isObject, remedy: 'use { off: [\'timeout-chain\'] }, for example' },
  loadBalancerSourceRanges: {
    fits: (value) => Array.isArray(value) && value.every(isRange),
    remedy: 'list ranges of addresses with their prefix, such as [\'203.0.113.0/24\']',
  },
  loadBalancing: made(LoadBalancing, 'LoadBalancing.leastRequest(), for example'),
  mistakes: memberOf('Mistakes', Mistakes),
  mutualTls: made(MutualTls, 'MutualTls.STRICT or MutualTls.PERMISSIVE'),
  networkPolicies: made(NetworkPolicies, 'NetworkPolicies.fromCalls()'),
  outlierDetection: made(OutlierDetection, 'OutlierDetection.eject(), for example'),
  podSecurity: { fits: isObject, remedy: 'use { enforce: PodSecurityLevel.RESTRICTED }, for example' },
  proxyDrain: duration,
  encodedSlashes: memberOf('EncodedSlashes', EncodedSlashes),
  mergeSlashes: { fits: (value) => typeof value === 'boolean', remedy: 'use true or false' },
  required: { fits: (value) => typeof value === 'boolean', remedy: 'use true or false' },
  retry: made(Retry, 'Retry.idempotent(), for example'),
  routes: {
    fits: (value) => Array.isArray(value) && value.every((route) => isA(Route, route)),
    remedy: (value) => (Array.isArray(value) ? value.map((route) => refusalOfCopy(Route, route)).find((refusal) => refusal) : undefined)
      ?? 'list routes, such as [Route.when(Match.pathPrefix(\'/search\')).to(search)]',
  },
  proxyImage: made(ProxyImage, 'ProxyImage.of(\'registry.example.com/proxy:1.0\')'),
  proxyUser: made(ProxyUser, 'ProxyUser.assigned() or ProxyUser.of(20000)'),
  proxyPorts: { fits: isObject, remedy: 'use { inbound: 16006, admin: 16020 }, for example' },
  proxyProtocol: { fits: isObject, remedy: 'use { from: [\'10.0.0.0/8\'] }, for example' },
  proxyResources: { fits: isObject, remedy: 'use { cpu: { request: Cpu.millis(100) }, memory: { limit: Size.mebibytes(128) } }, for example' },
  resources: { fits: isObject, remedy: 'use { cpu: { request: Cpu.millis(500) }, memory: { limit: Size.mebibytes(256) } }, for example' },
  scaling: made(Scaling, 'Scaling.replicas(3) or Scaling.between(3, 30)'),
  serviceAnnotations: {
    fits: (value) => isObject(value) && Object.entries(value).every(([name, text]) => isName(NAME_RULES.qualified, name) && typeof text === 'string'),
    remedy: `${NAME_RULES.qualified.remedy}, with texts as values`,
  },
  sessionAffinity: made(SessionAffinity, 'SessionAffinity.clientIp()'),
  tls: { fits: isObject, remedy: 'use { secret: Secret.fromSecretName(this, \'tls\', \'shop-tls\') }, for example' },
  sessionPersistence: made(SessionPersistence, 'SessionPersistence.cookie(\'session\', { keys }), for example'),
  monitoring: made(Monitoring, 'Monitoring.prometheus()'),
  slo: made(Slo, 'Slo.availability(\'99.9%\')'),
  tracing: made(Tracing, 'Tracing.otlp({ endpoint: \'http://otel-collector.observability:4318\' })'),
  type: memberOf('ServiceType', ServiceType),
  via: { fits: (value) => typeof value === 'boolean', remedy: 'use true or false' },
};

function isRange(value: unknown): boolean {
  const [, address = '', prefix] = /^([^/]+)\/(\d{1,3})$/.exec(String(value).trim()) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(prefix) <= (family === 4 ? 32 : 128);
}

/** Throws when a prop has a value of another kind than it takes, or when there are no props at all. */
export function checkKinds(where: IConstruct, props: unknown, prefix: string = ''): void {
  const errors = new ValidationErrors();
  if (!isObject(props)) {
    errors.add(`${prefix}props`, props, 'give an object, such as { name: value }');
    errors.throwIfAny(where);
    return;
  }
  for (const [prop, value] of Object.entries(props)) {
    if (value !== undefined && Object.hasOwn(KINDS, prop) && !KINDS[prop].fits(value)) {
      const { remedy } = KINDS[prop];
      errors.add(`${prefix}${prop}`, value, typeof remedy === 'string' ? remedy : remedy(value));
    }
  }
  errors.throwIfAny(where);
}
