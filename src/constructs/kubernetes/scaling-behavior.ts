/**
 * How fast an autoscaler adds and removes pods. What is written without a start-up is what Kubernetes does by default: up at once by what is more of
 * 100 % and 4 pods in 15 s; down by any number, but only to the highest count that was wanted in the last five minutes.
 *
 * A pod that starts for a minute would let the autoscaler double four times before it serves. So a step up waits as long as a pod takes; and pods
 * that are expensive to start are kept for longer.
 */
import { millisecondsOf } from '../props/quantities';
import type { ScalingOptions } from './scaling-options';

/** Between two changes of the number of pods. */
const PERIOD_SECONDS = 15;
const STABILIZATION_SECONDS = 300;
/** Kubernetes takes no longer windows and periods. */
const LONGEST_WINDOW_SECONDS = 3_600;
const LONGEST_PERIOD_SECONDS = 1_800;
/** How many times its start-up a pod is kept. */
const KEPT = 10;

export interface ScalingBehavior {
  readonly upPeriodSeconds: number;
  readonly downWindowSeconds: number;
  readonly periodSeconds: number;
}

export function behaviorOf({ startUp }: Pick<ScalingOptions, 'startUp'>): ScalingBehavior {
  const seconds = (millisecondsOf(startUp) ?? 0) / 1_000;
  const inPeriods = Math.ceil(seconds / PERIOD_SECONDS) * PERIOD_SECONDS;
  return {
    upPeriodSeconds: Math.min(LONGEST_PERIOD_SECONDS, Math.max(PERIOD_SECONDS, inPeriods)),
    downWindowSeconds: Math.min(LONGEST_WINDOW_SECONDS, Math.max(STABILIZATION_SECONDS, inPeriods * KEPT)),
    periodSeconds: PERIOD_SECONDS,
  };
}

/** The same as the field of a manifest. */
export function behaviorManifest(options: ScalingOptions): object {
  const { upPeriodSeconds, downWindowSeconds, periodSeconds } = behaviorOf(options);
  const tolerance = toleranceManifest(options);
  return {
    scaleUp: {
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Max',
      policies: [{ type: 'Percent', value: 100, periodSeconds: upPeriodSeconds }, { type: 'Pods', value: 4, periodSeconds: upPeriodSeconds }],
      ...tolerance,
    },
    scaleDown: {
      stabilizationWindowSeconds: downWindowSeconds,
      selectPolicy: 'Max',
      policies: [{ type: 'Percent', value: 100, periodSeconds }],
      ...tolerance,
    },
  };
}

/** A Quantity, so a text. */
export function toleranceManifest({ tolerancePercent }: ScalingOptions): { readonly tolerance?: string } {
  return tolerancePercent === undefined ? {} : { tolerance: String(tolerancePercent / 100) };
}
