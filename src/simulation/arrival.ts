/** How a pod comes that wasn't there before, with the delays that Kubernetes and a fresh process have. */
import type { Change, PlannedEndpoint } from './plan';

/** From a change of a pod to the proxies' knowing of it. */
export const PROPAGATION_MS = 500;
/** How long a pod that stops goes on serving (preStop). */
export const PRE_STOP_MS = 5_000;
/** How long a fresh process is slow, and how slow. */
const COLD_MS = 10_000;
const COLD_FACTOR = 2;
/** Such delays take at most this part of the run. */
const DELAY_PART = 0.02;

/** Most replacements of pods that a scenario adds: each endpoint once. */
export function replacementOf(endpoint: PlannedEndpoint): PlannedEndpoint {
  return { ...endpoint, name: `${endpoint.name}'`, later: true };
}

/** A new pod: ready, then known, then warm. */
export function arrival(endpoint: number, atMs: number, whole: number): Change[] {
  return [
    { atMs, type: 'pace', endpoint, factor: COLD_FACTOR },
    { atMs, type: 'started', endpoint },
    { atMs: atMs + delay(PROPAGATION_MS, whole), type: 'discovered', endpoint, state: 'ready' },
    { atMs: atMs + delay(COLD_MS, whole), type: 'pace', endpoint, factor: 1 },
  ];
}

/** @param whole length of the run, in which delays keep their proportions to each other */
export function delay(ms: number, whole: number): number {
  return Math.min(ms, DELAY_PART * whole * (ms / PRE_STOP_MS));
}
