/** The HorizontalPodAutoscaler of a version. */
import { ApiObject, Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { LATENCY_P99, REQUESTS_IN_FLIGHT, REQUESTS_PER_SECOND } from '../../planning/scaling/series';
import { millisecondsOf } from '../props/quantities';
import * as kplus from './kplus';
import { AutoscalerInfo } from './autoscaler-info';
import { writeLean } from './lean-manifest';
import { behaviorOf, toleranceManifest } from './scaling-behavior';
import type { ScalingOptions } from './scaling-options';

export function makeAutoscaler(scope: Construct, id: string, { name, min, max, target, options }: AutoscalerInfo): kplus.HorizontalPodAutoscaler {
  const { upPeriodSeconds, downWindowSeconds, periodSeconds } = behaviorOf(options);
  const upPeriod = Duration.seconds(upPeriodSeconds);
  const autoscaler = new kplus.HorizontalPodAutoscaler(scope, id, {
    metadata: { name },
    target,
    minReplicas: min,
    maxReplicas: max,
    metrics: metricsOf(target.containers[0], options),
    scaleUp: {
      strategy: kplus.ScalingStrategy.MAX_CHANGE,
      stabilizationWindow: Duration.seconds(0),
      policies: [
        { replicas: kplus.Replicas.percent(100), duration: upPeriod },
        { replicas: kplus.Replicas.absolute(4), duration: upPeriod },
      ],
    },
    scaleDown: {
      strategy: kplus.ScalingStrategy.MAX_CHANGE,
      stabilizationWindow: Duration.seconds(downWindowSeconds),
      policies: [{ replicas: kplus.Replicas.percent(100), duration: Duration.seconds(periodSeconds) }],
    },
  });
  completeTolerance(autoscaler, options);
  writeLean(autoscaler);
  return autoscaler;
}

/** Metrics of one container, and of pods by the custom metrics API. */
function metricsOf(container: kplus.Container, options: ScalingOptions): kplus.Metric[] {
  const { cpuPercent, memoryPercent, requestsPerSecond, requestsInFlight, latency } = options;
  const utilization = (percent: number) => ({ container, target: kplus.MetricTarget.averageUtilization(percent) });
  const pods = (metric: string, value: number) => kplus.Metric.pods({ name: metric, target: kplus.MetricTarget.averageValue(value) });
  return [
    ...(cpuPercent !== undefined ? [kplus.Metric.containerCpu(utilization(cpuPercent))] : []),
    ...(memoryPercent !== undefined ? [kplus.Metric.containerMemory(utilization(memoryPercent))] : []),
    ...(requestsPerSecond !== undefined ? [pods(REQUESTS_PER_SECOND.name, requestsPerSecond)] : []),
    ...(requestsInFlight !== undefined ? [pods(REQUESTS_IN_FLIGHT.name, requestsInFlight)] : []),
    ...(latency !== undefined ? [pods(LATENCY_P99.name, millisecondsOf(latency)! / 1_000)] : []),
  ];
}

/** The tolerance is newer than the types of cdk8s-plus, whose serializer would drop it after all patches. */
function completeTolerance(autoscaler: kplus.HorizontalPodAutoscaler, options: ScalingOptions): void {
  if (options.tolerancePercent === undefined) {
    return;
  }
  const object = ApiObject.of(autoscaler);
  const translate = object.toJson.bind(object);
  object.toJson = () => {
    const manifest = translate();
    for (const direction of Object.values(manifest.spec?.behavior ?? {}) as object[]) {
      Object.assign(direction, { ...toleranceManifest(options), ...direction });
    }
    return manifest;
  };
}
