/** A scenario of the cluster suite: what is done, and what must hold. */
import type { Cluster } from './cluster';
import type { LoadResult } from './load';

/** Something that must hold besides the bars on requests; `wrong` says what is instead. */
export interface Check {
  readonly name: string;
  readonly wrong?: string;
}

export interface Outcome {
  readonly loads: readonly LoadResult[];
  readonly checks: readonly Check[];
}

export interface Scenario {
  readonly name: string;
  /** In a few words, for the report. */
  readonly does: string;
  /** Most requests that may fail; 0 by default. Undefined outages are bounded by {@link maxOutageMs}. */
  readonly maxFailed?: number;
  /** Longest time in which every request may fail, where some may. */
  readonly maxOutageMs?: number;
  /** Whether requests must all go to a sidecar of the calling pod. */
  readonly meshed: boolean;
  /** It changes more than the namespace, and runs only when it is asked for. */
  readonly onRequest?: boolean;
  run(cluster: Cluster): Promise<Outcome>;
}

export interface Result extends Outcome {
  readonly scenario: Scenario;
  readonly requests: number;
  readonly failed: number;
  readonly passedBy: number;
  readonly longestOutageMs: number;
  readonly seconds: number;
  /** Everything that did not hold, in words. */
  readonly broken: readonly string[];
}

/** Judges what came of a scenario. */
export function judge(scenario: Scenario, outcome: Outcome, seconds: number): Result {
  const { loads, checks } = outcome;
  const sum = (of: (load: LoadResult) => number): number => loads.reduce((total, load) => total + of(load), 0);
  const failed = sum((load) => load.failed);
  const passedBy = sum((load) => load.passedBy);
  const longestOutageMs = Math.max(0, ...loads.map((load) => load.longestOutageMs));
  const { maxFailed = 0, maxOutageMs, meshed } = scenario;
  const broken: string[] = [];
  const first = loads.flatMap(({ failures }) => failures)[0];
  if (failed > maxFailed) broken.push(`${failed} requests failed, at most ${maxFailed} may; the first: ${first}`);
  if (maxOutageMs !== undefined && longestOutageMs > maxOutageMs) {
    broken.push(`no request was answered for ${Math.round(longestOutageMs)} ms, at most ${maxOutageMs} ms may pass`);
  }
  if (meshed && passedBy > 0) broken.push(`${passedBy} requests passed the sidecar by`);
  for (const { name, wrong } of checks) if (wrong !== undefined) broken.push(`${name}: ${wrong}`);
  return { ...outcome, scenario, requests: sum((load) => load.sent), failed, passedBy, longestOutageMs, seconds, broken };
}

/** A check that a value is the one expected. */
export function equal(name: string, value: unknown, expected: unknown): Check {
  const [is, wanted] = [JSON.stringify(value), JSON.stringify(expected)];
  return is === wanted ? { name } : { name, wrong: `is ${is}, must be ${wanted}` };
}

/** A check that something holds. */
export function holds(name: string, so: boolean, wrong: string): Check {
  return so ? { name } : { name, wrong };
}

/** Lets requests flow while something is done, and for a while before and after. */
export async function under(cluster: Cluster, loads: readonly Parameters<Cluster['load']>[], act: () => Promise<void>): Promise<LoadResult[]> {
  const running = await Promise.all(loads.map((load) => cluster.load(...load)));
  let acted: unknown;
  try {
    await cluster.pause(BEFORE_MS);
    await act();
    await cluster.pause(AFTER_MS);
  } catch (error) {
    acted = error;
  }
  const results = await Promise.all(running.map((load) => load.stop()));
  if (acted !== undefined) throw acted;
  return results;
}

const BEFORE_MS = 3_000;
const AFTER_MS = 4_000;
