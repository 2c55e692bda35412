/**
 * The end of a pod: that it may come, and that it leaves time for what is under way (../shutdown-budget.ts).
 */
import { allowedEvictions } from '../disruption';
import { count, ofTargets, ofWorkloads, Rule } from './rule';

const budget: Rule = {
  name: 'disruption-budget',
  severity: 'error',
  about: 'A PodDisruptionBudget lets no pod go even when all are healthy, which blocks every drain of a node.',
  find: ofWorkloads(({ disruption, replicas }) => {
    if (!disruption || !replicas || replicas.min === 0 || allowedEvictions(disruption, replicas.min) > 0) return undefined;
    const { rule, count: { unit, value } } = disruption;
    const pods = unit === 'pods' ? String(value) : `${value} % (${Math.ceil(value * replicas.min / 100)})`;
    return {
      message: rule === 'minAvailable'
        ? `${count(replicas.min, 'replica')} - minAvailable ${pods} leaves no eviction`
        : `maxUnavailable ${pods} of ${count(replicas.min, 'replica')} is no eviction`,
      remedy: 'use maxUnavailable 1, or more replicas',
    };
  }),
};

const grace: Rule = {
  name: 'grace-period',
  severity: 'error',
  about: 'The preStop hook and the drain of the proxy take more than `terminationGracePeriodSeconds`: the proxy is killed while it drains.',
  find: ofWorkloads(({ preStopMs, graceMs, document: { shutdown: { drainMs } } }) => (preStopMs + drainMs > graceMs ? {
    message: `preStop ${preStopMs} ms + drain of the proxy ${drainMs} ms = ${preStopMs + drainMs} ms > grace period ${graceMs} ms`,
    remedy: `set terminationGracePeriodSeconds to ${Math.ceil((preStopMs + drainMs) / 1_000)} plus what the app needs`,
  } : undefined)),
};

const drain: Rule = {
  name: 'drain-against-timeout',
  severity: 'warning',
  about: 'Callers wait longer than a pod has left for requests when it ends, so a rollout cuts off the longest ones.',
  find: ofTargets(({ callees }, { route: { timeoutMs } }) => {
    for (const { graceMs, preStopMs, service } of callees) {
      const left = graceMs - preStopMs;
      if (timeoutMs <= left) continue;
      return {
        message: `timeout ${timeoutMs} ms > grace period ${graceMs} ms - preStop ${preStopMs} ms = ${left} ms that a pod has for requests when it ends`,
        remedy: `shorten the timeout to ${left} ms, or lengthen appDrain of '${service}' by ${timeoutMs - left} ms`,
      };
    }
    return undefined;
  }),
};

export const STOPPING_RULES: readonly Rule[] = [budget, grace, drain];
