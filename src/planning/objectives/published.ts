/**
 * What a workload promises and needs, as an annotation of its object. Objectives are rules of a Prometheus and nothing in a proxy's document, and
 * whether an app needs an answer is known to its author alone; so the annotation carries both to whatever reads the YAML. It is on the workload and
 * not on its pods: a new objective restarts nothing.
 */

/** Annotation of workloads whose service has objectives, or whose calls say whether they are required. */
export const OBJECTIVES_ANNOTATION = 'cdk8s-mesh/objectives';

/** So many of the requests take at most so long. */
export interface LatencyPromise {
  /** 0 to 1. */
  readonly ratio: number;
  readonly seconds: number;
}

/** Service level objectives, as callers see them. */
export interface ServicePromise {
  /** Part of the requests that do not fail, 0 to 1. */
  readonly availability: number;
  readonly latencies: readonly LatencyPromise[];
}

/** What is known of a workload. Calls are named by their outbound listeners. */
export interface Objectives {
  readonly slo?: ServicePromise | undefined;
  /** Calls without whose answer its own requests fail. */
  readonly required?: readonly string[] | undefined;
  /** Calls that it can do without. */
  readonly optional?: readonly string[] | undefined;
}

/** The text of the annotation; undefined when there is nothing to say. */
export function objectivesText({ slo, required = [], optional = [] }: Objectives): string | undefined {
  const said: Objectives = { ...(slo && { slo }), ...(required.length > 0 && { required }), ...(optional.length > 0 && { optional }) };
  return Object.keys(said).length === 0 ? undefined : JSON.stringify(said);
}

/** Reads the annotation; undefined for what the constructs do not write. */
export function readObjectives(text: string): Objectives | undefined {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof read !== 'object' || read === null) return undefined;
  const { slo, required, optional } = read as Record<string, unknown>;
  return (slo === undefined || isPromise(slo)) && [required, optional].every((names) => names === undefined || isListOf(names, isText))
    ? read as Objectives : undefined;
}

function isPromise(value: unknown): boolean {
  const { availability, latencies } = (value ?? {}) as Record<string, unknown>;
  return isPart(availability) && isListOf(latencies, (each) => {
    const { ratio, seconds } = (each ?? {}) as Record<string, unknown>;
    return isPart(ratio) && typeof seconds === 'number' && seconds > 0;
  });
}

function isPart(value: unknown): boolean {
  return typeof value === 'number' && value > 0 && value < 1;
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isListOf(value: unknown, fits: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(fits);
}
