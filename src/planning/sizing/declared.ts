/**
 * What is declared of a version of a service: its load, what one instance does, and how available it is to be. An annotation of its workload has it
 * as JSON, so that `cdk8s-mesh plan` needs nothing but the YAML.
 */
import type { InstanceCapacity, LatencyGoal } from '../capacity/instances';

/** Annotation of workloads whose capacity is declared. */
export const PLAN_ANNOTATION = 'cdk8s-mesh/plan';

/** Rates are requests a second, over all instances unless said. */
export interface DeclaredCapacity {
  readonly peakRps: number;
  /** Load that is there at quiet times. Instances for it are always there. */
  readonly usualRps: number;
  /** Rate of one instance that was measured; then nothing is known of response times. Otherwise the two below are there. */
  readonly instanceRps?: number | undefined;
  readonly serviceMs?: number | undefined;
  readonly concurrency?: number | undefined;
  readonly variation: number;
  readonly networkMs: number;
  /** Part of the capacity that is not counted on, 0 to 1. */
  readonly derating: number;
  /** Busiest that an instance is planned to be, 0 to 1. */
  readonly maxUtilization: number;
  readonly goal?: LatencyGoal | undefined;
  /** How many times as much may come before more instances are there. */
  readonly burst: number;
  readonly startUpSeconds: number;
  /** CPU time that the app takes for a request, in milliseconds. */
  readonly cpuMs?: number | undefined;
}

export interface DeclaredAvailability {
  /** Part of the time in which enough instances are up, 0 to 1. */
  readonly target: number;
  readonly zones: number;
  readonly instanceUp: number;
  readonly zoneUp: number;
}

export interface Declared {
  readonly capacity: DeclaredCapacity;
  readonly availability?: DeclaredAvailability | undefined;
}

/** Reads the annotation; undefined for what the constructs do not write. */
export function readDeclared(text: string): Declared | undefined {
  try {
    const declared = JSON.parse(text) as Declared;
    return typeof declared.capacity?.peakRps === 'number' ? declared : undefined;
  } catch {
    return undefined;
  }
}

/** One instance for the formulas. A rate that was measured is one of the rate's own objective, so that it is used up to the end. */
export function instanceOf(capacity: DeclaredCapacity): InstanceCapacity {
  const { instanceRps, serviceMs, concurrency, variation, networkMs, derating, maxUtilization, goal } = capacity;
  return instanceRps === undefined
    ? { serviceMs: serviceMs!, concurrency: concurrency!, variation, networkMs, derating, maxUtilization, goal, model: 'separate' }
    : { serviceMs: 1_000 / instanceRps, concurrency: 1, variation: 0, networkMs: 0, derating, maxUtilization: 1, model: 'separate' };
}

/** Whether response times can be told. */
export function hasServiceTime({ serviceMs }: DeclaredCapacity): boolean {
  return serviceMs !== undefined;
}
