/**
 * What props are called in Istio, Linkerd, Envoy, Kubernetes and cdk8s-plus, for people who write them from memory. Names that `nearest` would find
 * are here only where it would find another prop. A name is looked up only where the prop that it stands for exists. Envoy's own spelling
 * (`base_ejection_time`) is read as that of Istio (`baseEjectionTime`).
 */

/** The prop here, and what to do where `use 'prop'` does not say enough. */
type Meaning = readonly [prop: string, remedy?: string];

const CONTAINERS = 'such as [{ image: \'ghcr.io/acme/web:1\', portNumber: 8080 }]';
const IN_CONTAINER = (field: string): Meaning => ['containers', `it is of a container; use 'containers[0].${field}'`];
const POLICY = (example: string): Meaning => ['loadBalancing', `use 'loadBalancing', such as ${example}`];

/** By the other name. */
const OTHER_NAMES: Readonly<Record<string, Meaning | readonly Meaning[]>> = {
  // Kubernetes and cdk8s-plus: workloads and pods
  annotations: [['podMetadata', 'use \'podMetadata\' for those of pods, and \'serviceAnnotations\' for those of the Service'], ['serviceAnnotations']],
  args: IN_CONTAINER('args'),
  autoscaling: ['scaling', 'use \'scaling\', such as Scaling.between(3, 30)'],
  command: IN_CONTAINER('command'),
  containerPort: IN_CONTAINER('portNumber'),
  dnsConfig: ['dns'],
  dnsPolicy: ['dns'],
  dockerRegistryAuth: ['imagePullSecrets', 'use \'imagePullSecrets\', a list of Secrets'],
  env: IN_CONTAINER('envVariables'),
  envVariables: IN_CONTAINER('envVariables'),
  hostNetwork: ['podMetadata', 'pods with a sidecar have a network of their own, so leave it out'],
  hpa: ['scaling', 'use \'scaling\', such as Scaling.between(3, 30)'],
  image: ['containers', `use 'containers[0].image', ${CONTAINERS}`],
  imagePullPolicy: IN_CONTAINER('imagePullPolicy'),
  labels: ['podMetadata', 'use \'podMetadata\', such as { labels: { team: \'shop\' } }'],
  livenessProbe: IN_CONTAINER('liveness'),
  maxReplicas: ['scaling', 'use \'scaling\', such as Scaling.between(3, 30)'],
  minReplicas: ['scaling', 'use \'scaling\', such as Scaling.between(3, 30)'],
  pdb: ['disruptionBudget', 'use \'disruptionBudget\', such as DisruptionBudget.maxUnavailable(1)'],
  podDisruptionBudget: ['disruptionBudget', 'use \'disruptionBudget\', such as DisruptionBudget.maxUnavailable(1)'],
  portNumber: IN_CONTAINER('portNumber'),
  ports: [['containers', 'use \'port\' for the port that callers use, \'containers[0].portNumber\' for the app\'s, and addPort() for further ones'], ['port']],
  readinessProbe: IN_CONTAINER('readiness'),
  replicaCount: ['scaling', 'use \'scaling\', such as Scaling.replicas(3)'],
  replicas: ['scaling', 'use \'scaling\', such as Scaling.replicas(3)'],
  resources: IN_CONTAINER('resources'),
  runtimeClass: ['runtimeClassName'],
  serviceAccountName: ['serviceAccount', 'use \'serviceAccount\', such as ServiceAccount.fromServiceAccountName(this, \'account\', \'web\')'],
  serviceType: ['type'],
  startupProbe: IN_CONTAINER('startup'),
  targetPort: [['containers', 'it is of a container; use \'containers[0].portNumber\''], ['appPort']],
  terminationGracePeriodSeconds: ['terminationGracePeriod', 'use \'terminationGracePeriod\', such as Duration.seconds(30)'],
  volumeMounts: IN_CONTAINER('volumeMounts'),

  // Istio, Linkerd and Envoy: clusters and destination rules
  authorizationPolicy: ['authorization'],
  baseEjectionTime: ['baseEjection'],
  circuitBreaker: ['outlierDetection', 'use \'connections\' for limits, and \'outlierDetection\' for pods that fail'],
  circuitBreakers: ['outlierDetection', 'use \'connections\' for limits, and \'outlierDetection\' for pods that fail'],
  connectionPool: ['connections'],
  consecutive5xx: ['consecutiveServerErrors'],
  consecutive5xxErrors: ['consecutiveServerErrors'],
  consecutiveErrors: ['consecutiveServerErrors'],
  consecutiveGatewayFailure: ['consecutiveGatewayErrors'],
  consistentHash: POLICY('LoadBalancing.ringHash(HashKey.header(\'x-user\'))'),
  enforcingConsecutive5xx: ['consecutiveServerErrors', 'use OutlierDetection.dryRun() for what is only counted'],
  healthChecks: ['healthCheck'],
  http1MaxPendingRequests: ['maxPendingRequests'],
  http2MaxRequests: ['maxRequests'],
  lbPolicy: POLICY('LoadBalancing.leastRequest()'),
  loadBalancer: POLICY('LoadBalancing.leastRequest()'),
  localityLbSetting: POLICY('LoadBalancing.leastRequest({ zoneAware: {} })'),
  maxEjectionPercent: ['maxEjectedPercent'],
  maxEjectionTime: ['maxEjection'],
  maxRetriesInFlight: ['maxInFlight'],
  minHealthPercent: ['panicPercent'],
  mtls: ['mutualTls'],
  peerAuthentication: ['mutualTls'],
  resolution: ['endpoints', 'use \'endpoints\', such as ExternalEndpoints.dns(\'api.example.com\')'],
  subsets: ['version', 'add versions with addVersion()'],
  successRateStdevFactor: ['successRateMarginPercent'],
  tcpKeepalive: ['idleTimeout', 'there is no keep-alive of TCP to set; use \'idleTimeout\''],
  trafficPolicy: ['outlierDetection', 'use \'loadBalancing\', \'connections\' and \'outlierDetection\''],
  warmupDurationSecs: ['slowStart'],

  // Virtual services and routes
  attempts: ['maxRetries'],
  authority: ['host'],
  corsPolicy: ['cors'],
  fault: ['faults', 'use \'faults\', such as [FaultInjection.delay(Duration.seconds(1), { percent: 10 })]'],
  hedgePolicy: ['hedge'],
  hosts: ['hostname', 'use \'hostname\', for one name'],
  isRetryable: ['retry', 'use \'retry\', such as Retry.idempotent()'],
  mirror: ['routes', 'use \'routes\', such as [Route.always().mirror(shadow)]'],
  mirrorPercentage: ['percent'],
  numRetries: ['maxRetries'],
  perTryTimeout: ['tryTimeout'],
  redirect: ['routes', 'use \'routes\', such as [Route.when(Match.pathPrefix(\'/old\')).redirect({ pathPrefix: \'/new\' })]'],
  redirectCode: ['status'],
  retries: ['retry', 'use \'retry\', such as Retry.idempotent({ maxRetries: 2 })'],
  retryBudget: [['budget'], ['retry', 'use \'retry\', such as Retry.idempotent({ budget: { percent: 20 } })']],
  retryOn: [['on'], ['maxRetries', 'Retry.idempotent() and Retry.allMethods() say what is retried']],
  retryPolicy: ['retry', 'use \'retry\', such as Retry.idempotent({ maxRetries: 2 })'],
  rewrite: ['routes', 'use \'routes\', such as [Route.always().rewritePathPrefix(\'/v2\')]'],
  uri: ['path', 'use \'path\', or \'pathPrefix\''],
};

/** What to do about a prop that is one of other meshes. */
export function ofOtherMeshes(prop: string, known: Readonly<Record<string, true>>): string | undefined {
  const name = prop.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  if (name !== prop && Object.hasOwn(known, name)) {
    return `use '${name}'`;
  }
  const meanings = Object.hasOwn(OTHER_NAMES, name) ? OTHER_NAMES[name] : [];
  const all = (typeof meanings[0] === 'string' ? [meanings] : meanings) as readonly Meaning[];
  const found = all.find(([here]) => Object.hasOwn(known, here));
  return found && (found[1] ?? `use '${found[0]}'`);
}
