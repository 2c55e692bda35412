/** Autoscalers of both kinds as the replay takes them, with Kubernetes' defaults for what they leave open. */
import { Autoscaler, DEFAULT_SCALE_DOWN, DEFAULT_SCALE_UP, ScalingPolicy, ScalingRules } from '../../planning/scaling/autoscaler';
import type { ScalingTarget } from '../../planning/scaling/replay';
import { LATENCY_P99, REQUESTS_IN_FLIGHT, REQUESTS_PER_SECOND } from '../../planning/scaling/series';
import { floorOf, Schedule } from '../../planning/scaling/schedule';
import { messageOf, UserError } from '../command-line/errors';
import type { Field } from '../model/field';
import type { Manifest } from '../model/manifests';

export interface Scaled {
  readonly autoscaler: Autoscaler;
  readonly targets: readonly ScalingTarget[];
  /** Its metrics are external ones: KEDA's. */
  readonly external: boolean;
  /** Fewest pods at times of day. */
  readonly schedules: readonly Schedule[];
}

/** By kind, namespace and name of what is scaled. */
export function readAutoscalers(manifests: readonly Manifest[]): Map<string, Scaled> {
  const found = new Map<string, Scaled>();
  for (const { kind, namespace, body } of manifests) {
    const spec = body.get('spec');
    const target = spec.get('scaleTargetRef');
    if (kind === 'HorizontalPodAutoscaler') {
      found.set(`${target.get('kind').text()}/${namespace}/${target.get('name').text()}`, {
        autoscaler: autoscalerOf(spec.get('minReplicas'), spec.get('maxReplicas'), spec.get('behavior')),
        targets: spec.get('metrics').list().flatMap(metricOf),
        external: false,
        schedules: [],
      });
    } else if (kind === 'ScaledObject') {
      found.set(`${target.get('kind').optionalText() ?? 'Deployment'}/${namespace}/${target.get('name').text()}`, {
        autoscaler: autoscalerOf(spec.get('minReplicaCount'), spec.get('maxReplicaCount'), spec.get('advanced').get('horizontalPodAutoscalerConfig').get('behavior')),
        targets: spec.get('triggers').list().flatMap(triggerOf),
        external: true,
        schedules: spec.get('triggers').list().flatMap(scheduleOf),
      });
    }
  }
  return found;
}

/** KEDA's own default. */
const DEFAULT_MAX = 100;

function autoscalerOf(min: Field, max: Field, behavior: Field): Autoscaler {
  return {
    minReplicas: min.optionalInteger() ?? 1,
    maxReplicas: max.optionalInteger() ?? DEFAULT_MAX,
    scaleUp: rulesOf(behavior.get('scaleUp'), DEFAULT_SCALE_UP),
    scaleDown: rulesOf(behavior.get('scaleDown'), DEFAULT_SCALE_DOWN),
  };
}

function rulesOf(rules: Field, defaults: ScalingRules): ScalingRules {
  const tolerance = rules.get('tolerance');
  const policies = rules.get('policies').list().map((policy): ScalingPolicy => ({
    type: policy.get('type').text() === 'Percent' ? 'Percent' : 'Pods', value: policy.get('value').integer(), periodSeconds: policy.get('periodSeconds').integer(),
  }));
  const select = rules.get('selectPolicy').optionalText();
  return {
    stabilizationWindowSeconds: rules.get('stabilizationWindowSeconds').optionalInteger() ?? defaults.stabilizationWindowSeconds,
    selectPolicy: select === 'Min' || select === 'Disabled' ? select : 'Max',
    policies: policies.length > 0 ? policies : defaults.policies,
    tolerance: tolerance.present ? quantity(String(tolerance.raw())) : defaults.tolerance,
  };
}

function metricOf(metric: Field): ScalingTarget[] {
  const pods = metric.get('pods');
  if (pods.present) return seriesTarget(pods.get('metric').get('name').text(), quantity(String(pods.get('target').get('averageValue').raw())));
  const resource = metric.get('containerResource').present ? metric.get('containerResource') : metric.get('resource');
  const percent = resource.get('target').get('averageUtilization').optionalInteger();
  return resource.get('name').optionalText() === 'cpu' && percent !== undefined ? [{ metric: 'cpu', target: percent, atSaturation: 1 }] : [];
}

function triggerOf(trigger: Field): ScalingTarget[] {
  const metadata = trigger.get('metadata');
  if (trigger.get('type').text() === 'cpu') return [{ metric: 'cpu', target: Number(metadata.get('value').text()), atSaturation: 1 }];
  if (trigger.get('type').text() !== 'prometheus') return [];
  const query = metadata.get('query').text();
  const name = query.startsWith('histogram_quantile') ? LATENCY_P99.name : query.includes('mesh_requests_in_flight') ? REQUESTS_IN_FLIGHT.name
    : query.includes('mesh_requests_total') ? REQUESTS_PER_SECOND.name : '';
  return seriesTarget(name, Number(metadata.get('threshold').text()));
}

function scheduleOf(trigger: Field): Schedule[] {
  if (trigger.get('type').text() !== 'cron') return [];
  const metadata = trigger.get('metadata');
  const schedule = {
    start: metadata.get('start').text(), end: metadata.get('end').text(), timezone: metadata.get('timezone').text(),
    replicas: Number(metadata.get('desiredReplicas').text()),
  };
  try {
    floorOf([schedule], { ofDay: 0 }, 0);
    new Intl.DateTimeFormat('en-US', { timeZone: schedule.timezone });
  } catch (error) {
    throw new UserError(`${metadata.where}: ${messageOf(error)}`);
  }
  return [schedule];
}

function seriesTarget(name: string, value: number): ScalingTarget[] {
  switch (name) {
    case REQUESTS_PER_SECOND.name: return [{ metric: 'requestsPerSecond', target: value }];
    case REQUESTS_IN_FLIGHT.name: return [{ metric: 'inFlight', target: value }];
    case LATENCY_P99.name: return [{ metric: 'latency', target: value * 1_000, share: 0.99 }];
    default: return [];
  }
}

/** A Quantity: a number, or one in thousandths. */
function quantity(text: string): number {
  return text.endsWith('m') ? Number(text.slice(0, -1)) / 1_000 : Number(text);
}
