/** How a cluster chooses endpoints, in words: the policy, and what stands around it. */
import type { LoadBalancingConfig, ResolvedCluster, ResolvedHealthCheck } from '../../contract';
import { counted, listed, percentInWords, timeInWords } from './quantities';

/** Names that are not the words of the type. */
const NAMES: Partial<Record<LoadBalancingConfig['type'], string>> = {
  maglev: 'Maglev',
  rendezvous: 'rendezvous hashing',
  clientSideWeightedRoundRobin: 'weighted round robin by load reports',
};

/** `least request of 2 choices`. The policy with its defaults. A policy without a name here is called by the words of its type. */
export function balancingInWords(policy: LoadBalancingConfig): string {
  const name = NAMES[policy.type] ?? policy.type.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return name + choicesInWords(policy) + ('boundedLoadPercent' in policy ? boundInWords(policy.boundedLoadPercent) : '');
}

function choicesInWords(policy: LoadBalancingConfig): string {
  if ('scan' in policy && policy.scan === 'all') return ' of all';
  return 'choices' in policy ? ` of ${policy.choices} choices` : '';
}

function boundInWords(percent: number | undefined): string {
  return percent === undefined ? '' : `, at most ${percent} % of its share at one endpoint`;
}

/** What stands around the policy; none when it stands alone. */
export function stagesInWords({ slowStart, dynamicWeights, zoneAware, subset }: ResolvedCluster): string[] {
  return [
    ...(zoneAware ? [`own zone first, at least ${zoneAware.remotePercent} % elsewhere`] : []),
    ...(subset ? [`a subset of ${counted(subset.size, 'endpoint')}`] : []),
    ...(slowStart ? [`slow start over ${timeInWords(slowStart.windowMs)}`] : []),
    ...(dynamicWeights ? [`weights ${dynamicWeights.source === 'reports' ? 'from load reports' : 'by observed latency'}`] : []),
  ];
}

/** What is found out about endpoints: outlier detection and health checks. */
export function healthInWords({ outlierDetection, healthCheck }: Pick<ResolvedCluster, 'outlierDetection' | 'healthCheck'>): string[] {
  return [
    ...outliersInWords(outlierDetection),
    ...(healthCheck ? [healthCheckInWords(healthCheck)] : []),
  ];
}

/** `GET /ready every 5 s, out after 3 failed`. */
export function healthCheckInWords(check: ResolvedHealthCheck): string {
  const what = check.type === 'http' ? `GET ${check.path}` : check.type === 'grpc' ? `gRPC health check${check.service && ` of ${check.service}`}` : 'TCP check';
  return `${what} every ${timeInWords(check.intervalMs)}, out after ${check.unhealthyThreshold} failed`;
}

function outliersInWords(outliers: ResolvedCluster['outlierDetection']): string[] {
  const { mode, consecutiveGatewayErrors, consecutiveServerErrors, successRateMarginPercent, failurePercent, latencyFactor } = outliers;
  if (mode === 'off') return ['no outlier detection'];
  const inARow = Math.min(...[consecutiveGatewayErrors, consecutiveServerErrors].filter((count) => count > 0));
  const rules = [
    ...(Number.isFinite(inARow) ? [`${inARow} errors in a row`] : []),
    ...(failurePercent > 0 ? [`${percentInWords(failurePercent)} failed`] : []),
    ...(successRateMarginPercent > 0 ? [`${successRateMarginPercent} points more failures`] : []),
    ...(latencyFactor > 0 ? [`${latencyFactor} times the latency`] : []),
  ];
  if (rules.length === 0) return ['no outlier detection'];
  const verb = mode === 'dryRun' ? 'would be ejected (dry run)' : 'ejected';
  return [`${verb} after ${listed(rules, 'or')}; ${outliers.maxEjectedPercent} % of the pods at most`];
}

/** Limits that somebody set. @param stated what the cluster says itself */
export function limitsInWords(stated: Partial<Pick<ResolvedCluster, 'maxConnections' | 'maxConnectionsPerEndpoint' | 'maxPendingRequests' | 'maxRequests' | 'maxRequestsPerEndpoint'>>): string[] {
  const { maxConnections = 0, maxConnectionsPerEndpoint, maxPendingRequests, maxRequests = 0, maxRequestsPerEndpoint = 0 } = stated;
  return [
    ...(maxRequests > 0 ? [counted(maxRequests, 'active request')] : []),
    ...(maxRequestsPerEndpoint > 0 ? [`${counted(maxRequestsPerEndpoint, 'active request')} per endpoint`] : []),
    ...(maxPendingRequests !== undefined ? [counted(maxPendingRequests, 'pending request')] : []),
    ...(maxConnections > 0 ? [counted(maxConnections, 'connection')] : []),
    ...(maxConnectionsPerEndpoint !== undefined ? [`${counted(maxConnectionsPerEndpoint, 'connection')} per endpoint`] : []),
  ];
}
