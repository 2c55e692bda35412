/**
 * Slow start against what else happens while an endpoint is new.
 */
import { ofTargets, Rule } from './rule';

const autoscaler: Rule = {
  name: 'slow-start-autoscaler',
  severity: 'warning',
  about: 'Slow start takes longer than the autoscaler waits before it adds pods again: those it added don\'t relieve the others yet, so it '
    + 'adds too many.',
  find: ofTargets(({ cluster: { slowStart }, callees }) => {
    const cycle = Math.min(...callees.map(({ scaleUpCycleMs, replicas }) => (replicas && replicas.min < replicas.max && scaleUpCycleMs) || Infinity));
    return slowStart && slowStart.windowMs > cycle ? {
      message: `slow start ${slowStart.windowMs} ms > ${cycle} ms from one scale-up to the next: pods are added again before the last ones have their share`,
      remedy: `shorten the slow start to ${cycle} ms or less, or lengthen the stabilization window for scaling up`,
    } : undefined;
  }),
};

const healthCheck: Rule = {
  name: 'slow-start-health-check',
  severity: 'warning',
  about: 'An endpoint is checked once at most while it starts slowly, so it has its full share before a second look.',
  find: ofTargets(({ cluster: { slowStart, healthCheck: check } }) => (slowStart && check && check.intervalMs >= slowStart.windowMs ? {
    message: `health checks every ${check.intervalMs} ms >= slow start ${slowStart.windowMs} ms: no second check before the full share`,
    remedy: `check at least every ${Math.max(100, Math.floor(slowStart.windowMs / 2))} ms, or lengthen the slow start`,
  } : undefined)),
};

export const SLOW_START_RULES: readonly Rule[] = [autoscaler, healthCheck];
