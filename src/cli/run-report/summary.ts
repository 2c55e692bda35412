/** What a call came to over the whole run. */
import type { RecordedCall } from './recording';
import { failedRate } from './timeline';

export interface CallSummary {
  readonly from: string;
  readonly to: string;
  /** Added up from rates, so it is right to some requests. */
  readonly requests: number;
  readonly failed: number;
  /** Medians over the run; undefined when there was no request. */
  readonly usualP50Ms: number | undefined;
  readonly usualP99Ms: number | undefined;
  /** In the worst moment, and when that was. */
  readonly worstP99: { readonly ms: number; readonly seconds: number } | undefined;
}

export function summaryOf({ from, to, steps }: RecordedCall): CallSummary {
  const lengths = steps.map(({ seconds }, index) => seconds - (steps[index - 1]?.seconds ?? Math.max(0, seconds - 1)));
  const sum = (rateOf: (step: RecordedCall['steps'][number]) => number): number => Math.round(steps.reduce((all, step, index) => all + rateOf(step) * lengths[index]!, 0));
  const worst = steps.filter(({ figures }) => figures.p99Ms !== undefined)
    .reduce<CallSummary['worstP99']>((most, { seconds, figures: { p99Ms } }) => (most && most.ms >= p99Ms! ? most : { ms: p99Ms!, seconds }), undefined);
  return {
    from, to,
    requests: sum(({ figures }) => figures.rate),
    failed: sum(failedRate),
    usualP50Ms: median(steps.flatMap(({ figures }) => figures.p50Ms ?? [])),
    usualP99Ms: median(steps.flatMap(({ figures }) => figures.p99Ms ?? [])),
    worstP99: worst,
  };
}

function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
