/** What an autoscaler follows, and how fast. */
import { Duration } from 'cdk8s';
import { millisecondsOf } from '../props/quantities';
import { ValidationErrors } from '../props/validation-errors';
import { isA } from '../synthesis/copies';
import { ScalingMetrics } from './scaling-metrics';

/**
 * A time of day at which there are more replicas.
 */
export interface ScheduledMinimum {
  /**
   * When it begins, as a cron expression of five fields, such as '30 7 * * 1-5'.
   */
  readonly start: string;

  /**
   * When it ends, in the same form.
   */
  readonly end: string;

  /**
   * Time zone of both, such as 'Europe/Berlin'.
   *
   * @default 'Etc/UTC'
   */
  readonly timezone?: string;

  /**
   * Fewest replicas in that time.
   */
  readonly replicas: number;
}

/**
 * What an autoscaler follows. With several targets, the one that asks for the most replicas wins.
 */
export interface ScalingOptions {
  /**
   * Target CPU usage of the app's container, in percent of its CPU request. The sidecar's usage does not count.
   *
   * @default 70, if there is no other target
   */
  readonly cpuPercent?: number;

  /**
   * Target memory usage of the app's container, in percent of its memory request.
   *
   * @default - memory is not used for scaling
   */
  readonly memoryPercent?: number;

  /**
   * Target of requests a second for each pod, as the sidecars count them. Unlike CPU it says the same on fast and on slow nodes.
   *
   * @default - requests are not used for scaling
   */
  readonly requestsPerSecond?: number;

  /**
   * Target of requests under way in each pod. It follows both the rate and the time that each takes.
   *
   * @default - requests under way are not used for scaling
   */
  readonly requestsInFlight?: number;

  /**
   * Target of the 99th percentile of latency. Latency rises steeply close to saturation and says nothing before: use it beside another target.
   *
   * @default - latency is not used for scaling
   */
  readonly latency?: Duration;

  /**
   * Where metrics of sidecars come from.
   *
   * @default ScalingMetrics.adapter()
   */
  readonly metrics?: ScalingMetrics;

  /**
   * How long a pod takes from its start to its full speed, slow start included. Up to that time passes between two scale-ups, so that the first
   * is felt before the second, and ten times as long (from 5 minutes to an hour) before pods are taken away.
   *
   * @default - that of `capacity`, or Kubernetes' own behaviour: 15 seconds, and 5 minutes
   */
  readonly startUp?: Duration;

  /**
   * Deviation from the target, in percent, that changes nothing. It needs `kubernetes: '1.35'` on the Mesh.
   *
   * @default - Kubernetes' own, 10
   */
  readonly tolerancePercent?: number;

  /**
   * Times with more replicas, for peaks that are known. It needs `ScalingMetrics.keda()`.
   *
   * @default - none
   */
  readonly schedules?: ScheduledMinimum[];
}

const OPTIONS = {
  cpuPercent: true, memoryPercent: true, requestsPerSecond: true, requestsInFlight: true, latency: true, metrics: true, startUp: true,
  tolerancePercent: true, schedules: true,
} as const satisfies Record<keyof ScalingOptions, true>;

/** Minor release of Kubernetes from which on autoscalers have a tolerance of their own. */
const TOLERANCE_SINCE = 35;

/** Targets that need metrics of sidecars. */
export const SIDECAR_TARGETS = ['requestsPerSecond', 'requestsInFlight', 'latency'] as const;

/** Checks what one construct says. @param minor of the oldest Kubernetes that it is for */
export function checkScalingOptions(errors: ValidationErrors, prop: string, options: ScalingOptions, minor: number): void {
  errors.unknownProps(options, OPTIONS, `${prop}.`);
  for (const target of ['cpuPercent', 'memoryPercent'] as const) {
    if (options[target] !== undefined) {
      errors.wholeNumber(`${prop}.${target}`, options[target], 1);
    }
  }
  for (const target of ['requestsPerSecond', 'requestsInFlight'] as const) {
    const value = options[target];
    if (value !== undefined && !(Number.isFinite(value) && value > 0)) {
      errors.add(`${prop}.${target}`, value, 'use a number above 0');
    }
  }
  for (const time of ['latency', 'startUp'] as const) {
    const milliseconds = millisecondsOf(options[time]);
    if (options[time] !== undefined && !(milliseconds !== undefined && milliseconds > 0)) {
      errors.add(`${prop}.${time}`, milliseconds ?? options[time], 'use a Duration above 0, such as Duration.millis(200)');
    }
  }
  const { tolerancePercent, metrics, schedules } = options;
  if (tolerancePercent !== undefined) {
    if (!(tolerancePercent >= 0 && tolerancePercent < 100)) {
      errors.add(`${prop}.tolerancePercent`, tolerancePercent, 'use a number from 0 to 99');
    } else if (minor < TOLERANCE_SINCE) {
      errors.add(`${prop}.tolerancePercent`, tolerancePercent,
        `autoscalers have it from Kubernetes 1.${TOLERANCE_SINCE} on, and the Mesh is for 1.${minor}; give it kubernetes: '1.${TOLERANCE_SINCE}', or leave this out`);
    }
  }
  if (metrics !== undefined) {
    if (isA(ScalingMetrics, metrics)) metrics._check(errors, `${prop}.metrics`);
    else errors.add(`${prop}.metrics`, metrics, 'make it with ScalingMetrics.adapter() or ScalingMetrics.keda()');
  }
  schedules?.forEach((schedule, index) => checkSchedule(errors, `${prop}.schedules[${index}]`, schedule));
  if (schedules?.length && !metrics?._keda) {
    errors.add(`${prop}.schedules`, `${schedules.length} of them`, 'a HorizontalPodAutoscaler knows no times; use metrics: ScalingMetrics.keda()');
  }
}

/** Five fields of numbers, ranges, lists, steps or names; a field of anything else is told, wrong numbers are left to KEDA. */
const CRON = /^(\S+\s+){4}\S+$/;
const CRON_FIELD = /^[\d*/,\-A-Za-z]+$/;

function checkSchedule(errors: ValidationErrors, prop: string, { start, end, replicas }: ScheduledMinimum): void {
  for (const [name, value] of Object.entries({ start, end })) {
    if (!CRON.test(String(value)) || !String(value).split(/\s+/).every((field) => CRON_FIELD.test(field))) {
      errors.add(`${prop}.${name}`, value, 'use a cron expression of five fields, such as \'30 7 * * 1-5\'');
    }
  }
  if (start === end) {
    errors.add(`${prop}.end`, end, 'it ends when it begins; use a later time');
  }
  errors.wholeNumber(`${prop}.replicas`, replicas, 1);
}
