/** Autoscalers whose metrics nobody serves: they keep the number of pods as it is, and say so only in their own status. */
import { SCALING_SERIES } from '../scaling/series';
import { Problem, Rule, titleOf } from './rule';

const NAMES: ReadonlySet<string> = new Set(SCALING_SERIES.map(({ name }) => name));

const adapter: Rule = {
  name: 'adapter-rules',
  severity: 'warning',
  about: 'An autoscaler asks the custom metrics API for a metric of sidecars, and no rules of prometheus-adapter among the objects serve it.',
  find: ({ workloads, servedMetrics = [] }) => workloads.flatMap((workload): Problem[] => {
    const missing = (workload.podMetrics ?? []).filter((name) => NAMES.has(name) && !servedMetrics.includes(name));
    return missing.length === 0 ? [] : [{
      workload,
      where: titleOf(workload),
      message: `its autoscaler asks for ${missing.join(' and ')}, which no rules of prometheus-adapter here serve: without them it adds no pod`,
      remedy: "add AdapterRules to the chart of the adapter, or leave this rule out (lints: { off: ['adapter-rules'] }) where another app has them",
    }];
  }),
};

export const SCALING_RULES: readonly Rule[] = [adapter];
