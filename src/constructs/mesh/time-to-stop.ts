/**
 * Bounds the time to stop. Its parts come from several constructs and add up to the pod's grace period, so the sum is what
 * is checked, and the message shows it.
 */
import { MAX_GRACE_SECONDS, shutdownBudget } from '../../planning/shutdown-budget';
import { ValidationErrors } from '../props/validation-errors';
import { ProxyOptions } from './mesh-props';

type Parts = Pick<ProxyOptions, 'endpointPropagation' | 'appDrain' | 'proxyDrain'>;

/** Checks what is known of the parts; `appDrainProp` is where the app's own comes from. */
export function checkTimeToStop(errors: ValidationErrors, parts: Parts, appDrainProp: string = 'appDrain'): void {
  const { endpointPropagation, appDrain, proxyDrain } = parts;
  const terms = [['endpointPropagation', endpointPropagation], [appDrainProp, appDrain], ['proxyDrain', proxyDrain]] as const;
  const known = terms.flatMap(([prop, time]) => (time ? [{ prop, seconds: Math.ceil(time.toMilliseconds() / 1_000) }] : []));
  const { gracePeriodSeconds } = shutdownBudget({
    endpointPropagationMs: endpointPropagation?.toMilliseconds() ?? 0,
    appDrainMs: appDrain?.toMilliseconds() ?? 0,
    proxyDrainMs: proxyDrain?.toMilliseconds() ?? 0,
  });
  if (gracePeriodSeconds > MAX_GRACE_SECONDS) {
    const longest = known.reduce((a, b) => (b.seconds > a.seconds ? b : a));
    errors.add(longest.prop, `${longest.seconds} s`, `${known.map(({ prop, seconds }) => `${seconds} s (${prop})`).join(' + ')} = ${gracePeriodSeconds} s for a pod to stop, `
      + `and a node is not drained before; stay within a day (${MAX_GRACE_SECONDS} s) in all`);
  }
}
