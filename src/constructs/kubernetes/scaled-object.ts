/**
 * The ScaledObject of a version, for KEDA 2.21. KEDA makes the HorizontalPodAutoscaler of it.
 *
 * Prometheus triggers ask for the sum over all pods, which KEDA divides by the threshold. A Prometheus that is gone must not look like no load, so
 * missing values are errors, and then the number of replicas stays. Replicas never go to none: the metric of pods that are not there stays at
 * none, and nothing would ever start them again.
 *
 * Source: https://keda.sh/docs/2.21/reference/scaledobject-spec/ and /scalers/{prometheus,cpu,memory,cron}/
 */
import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { LATENCY_P99, REQUESTS_IN_FLIGHT, REQUESTS_PER_SECOND } from '../../planning/scaling/series';
import { millisecondsOf } from '../props/quantities';
import { AutoscalerInfo } from './autoscaler-info';
import { leaveReplicasOut } from './patches';
import { behaviorManifest } from './scaling-behavior';

/** Seconds between two questions of KEDA itself; those of the autoscaler come every 15 s. */
const POLLING_SECONDS = 15;
/** After so many failures in a row the number of replicas stays. */
const FAILURES = 3;

interface Trigger {
  readonly type: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly metricType?: string;
}

export function makeScaledObject(scope: Construct, id: string, info: AutoscalerInfo): ApiObject {
  const { name, min, max, target, options } = info;
  const triggers = triggersOf(info);
  // cdk8s-plus leaves the number of replicas out for autoscalers of its own only.
  leaveReplicasOut(target);
  return new ApiObject(scope, id, {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: { name },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: target.name },
      pollingInterval: POLLING_SECONDS,
      minReplicaCount: min,
      maxReplicaCount: max,
      // KEDA takes a fallback only beside a trigger that has values of its own, and none for the metrics of resources.
      ...(triggers.some(({ type }) => type === 'prometheus') && {
        fallback: { failureThreshold: FAILURES, replicas: min, behavior: 'currentReplicasIfHigher' },
      }),
      advanced: { horizontalPodAutoscalerConfig: { behavior: behaviorManifest(options) } },
      triggers,
    },
  });
}

function triggersOf({ target, series, options }: AutoscalerInfo): Trigger[] {
  const { cpuPercent, memoryPercent, requestsPerSecond, requestsInFlight, latency, schedules = [], metrics } = options;
  const container = target.containers[0].name;
  const resource = (type: string, percent: number): Trigger => ({ type, metricType: 'Utilization', metadata: { value: String(percent), containerName: container } });
  const prometheus = (query: string, threshold: number, metricType: string): Trigger => ({
    type: 'prometheus', metricType,
    metadata: { serverAddress: metrics!._keda!.serverAddress, query, threshold: String(threshold), ignoreNullValues: 'false' },
  });
  return [
    ...(cpuPercent !== undefined ? [resource('cpu', cpuPercent)] : []),
    ...(memoryPercent !== undefined ? [resource('memory', memoryPercent)] : []),
    ...(requestsPerSecond !== undefined ? [prometheus(REQUESTS_PER_SECOND.query(series, ''), requestsPerSecond, 'AverageValue')] : []),
    ...(requestsInFlight !== undefined ? [prometheus(REQUESTS_IN_FLIGHT.query(series, ''), requestsInFlight, 'AverageValue')] : []),
    // A percentile of all pods together is not divided by how many they are.
    ...(latency !== undefined ? [prometheus(LATENCY_P99.query(series, ''), millisecondsOf(latency)! / 1_000, 'Value')] : []),
    ...schedules.map(({ start, end, timezone = 'Etc/UTC', replicas }): Trigger => ({
      type: 'cron', metadata: { timezone, start, end, desiredReplicas: String(replicas) },
    })),
  ];
}
