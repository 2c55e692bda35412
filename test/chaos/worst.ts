/**
 * What is published of several runs of a scenario, each with a seed of its own: the worst number of each column. One seed can be
 * lucky; a mean would hide the run that went wrong. So a row may join numbers of several runs, and none of them was better.
 */
import type { Result } from './run';

export interface Worst extends Omit<Result, 'seed' | 'broken' | 'notes'> {
  /** Seeds with which a bar was broken. */
  readonly brokenSeeds: readonly number[];
}

/** A row for each scenario and subject, in the order in which they first come. Requests are added up. */
export function worstOf(results: readonly Result[]): Worst[] {
  const groups = new Map<string, Result[]>();
  for (const result of results) {
    const key = JSON.stringify([result.scenario, result.subject]);
    groups.set(key, [...groups.get(key) ?? [], result]);
  }
  return [...groups.values()].map((group) => {
    const most = (column: (result: Result) => number): number => Math.max(...group.map(column));
    return {
      scenario: group[0]!.scenario,
      subject: group[0]!.subject,
      requests: group.reduce((sum, { requests }) => sum + requests, 0),
      failedIdempotent: most(({ failedIdempotent }) => failedIdempotent),
      failedOthers: most(({ failedOthers }) => failedOthers),
      twice: most(({ twice }) => twice),
      recoveredMs: most(({ recoveredMs }) => recoveredMs),
      p99BeforeMs: most(({ p99BeforeMs }) => p99BeforeMs),
      p99AfterMs: most(({ p99AfterMs }) => p99AfterMs),
      peakMemory: most(({ peakMemory }) => peakMemory),
      brokenSeeds: group.flatMap(({ seed, broken }) => (broken.length > 0 ? [seed] : [])),
    };
  });
}
