/**
 * What goes wrong, or is as it is: from what a service is like in quiet times to a plan in which something happens to it.
 * Disturbances lie at parts of the run, so that a run of any length has a before, a while and an after; delays that
 * Kubernetes has are its own, but never longer than a part of the run.
 */
import type { Distribution } from './distribution';
import { meanOf } from './distribution';
import { Change, durationOf, Plan, PlannedEndpoint } from './plan';

/** A service in quiet times: no endpoint comes or goes. */
export type Quiet = Omit<Plan, 'changes' | 'disturbance'>;

export interface Scenario {
  readonly name: string;
  /** One sentence. */
  readonly about: string;
  plan(quiet: Quiet): Plan;
}

/** From when to when something is wrong, as parts of the run. */
const FROM = 0.3;
const TO = 0.7;

const SLOW_FACTOR = 3;
const OLD_MACHINE_FACTOR = 1.6;
const OLD_MACHINES = 0.4;
const BURST_FACTOR = 2;
const BURST = { from: 0.4, to: 0.5 };
const ROLLOUT = { from: 0.2, to: 0.8 };
const REFUSAL_MS = 1;
const TAIL_SHAPE = 1.8;

/** How long Kubernetes takes to give up a node (node-monitor-grace-period). */
const NODE_LOST_MS = 40_000;
const NODE_LOST_PART = 0.2;
/** From a change of a pod to the proxies' knowing of it. */
const PROPAGATION_MS = 500;
/** How long a pod that stops goes on serving (preStop). */
const PRE_STOP_MS = 5_000;
/** How long a fresh process is slow, and how slow. */
const COLD_MS = 10_000;
const COLD_FACTOR = 2;
/** Such delays take at most this part of the run. */
const DELAY_PART = 0.02;

const ZONES = ['a', 'b', 'c'];

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'steady',
    about: 'nothing happens',
    plan: (quiet) => ({ ...quiet, changes: [] }),
  },
  {
    name: 'slow-pod',
    about: `one pod takes ${SLOW_FACTOR} times as long for a while, as on a throttled machine`,
    plan: (quiet) => disturbed(quiet, FROM, TO, (fromMs, toMs) => [
      { atMs: fromMs, type: 'pace', endpoint: 0, factor: SLOW_FACTOR },
      { atMs: toMs, type: 'pace', endpoint: 0, factor: 1 },
    ]),
  },
  {
    name: 'failing-fast',
    about: 'one pod answers everything with 503 at once for a while',
    plan: (quiet) => disturbed(quiet, FROM, TO, (fromMs, toMs) => [
      { atMs: fromMs, type: 'failing', endpoint: 0, answerMs: REFUSAL_MS },
      { atMs: toMs, type: 'failing', endpoint: 0, answerMs: undefined },
    ]),
  },
  {
    name: 'zone-lost',
    about: 'the machines of one zone vanish; discovery learns of it when Kubernetes gives them up, and later their pods are back elsewhere',
    plan: zoneLost,
  },
  {
    name: 'rollout',
    about: 'every pod is replaced, one after the other; new ones are slow until they are warm',
    plan: rollout,
  },
  {
    name: 'burst',
    about: `for a tenth of the time there are ${BURST_FACTOR} times as many requests`,
    plan: (quiet) => disturbed(quiet, BURST.from, BURST.to, (fromMs, toMs) => [
      { atMs: fromMs, type: 'rate', factor: BURST_FACTOR },
      { atMs: toMs, type: 'rate', factor: 1 },
    ]),
  },
  {
    name: 'heterogeneous',
    about: `two pods of five are on older machines and take ${OLD_MACHINE_FACTOR} times as long`,
    plan: (quiet) => {
      const old = Math.max(1, Math.round(quiet.endpoints.length * OLD_MACHINES));
      return {
        ...quiet,
        changes: Array.from({ length: old }, (_, endpoint): Change => ({ atMs: 0, type: 'pace', endpoint, factor: OLD_MACHINE_FACTOR })),
      };
    },
  },
  {
    name: 'long-tail',
    about: `service times have the same mean but a Pareto tail of shape ${TAIL_SHAPE}`,
    plan: (quiet) => ({
      ...quiet,
      changes: [],
      endpoints: quiet.endpoints.map((endpoint) => ({ ...endpoint, serviceTime: longTailed(endpoint.serviceTime) })),
    }),
  },
];

export function longTailed(serviceTime: Distribution): Distribution {
  return { type: 'pareto', meanMs: meanOf(serviceTime), shape: TAIL_SHAPE };
}

/** Most replacements of pods that a scenario adds: each endpoint once. */
function replacementOf(endpoint: PlannedEndpoint): PlannedEndpoint {
  return { ...endpoint, name: `${endpoint.name}'`, later: true };
}

function disturbed(quiet: Quiet, from: number, to: number, changes: (fromMs: number, toMs: number) => Change[]): Plan {
  const whole = durationOf(quiet);
  const disturbance = { fromMs: from * whole, toMs: to * whole };
  return { ...quiet, disturbance, changes: changes(disturbance.fromMs, disturbance.toMs) };
}

function zoneLost(quiet: Quiet): Plan {
  const whole = durationOf(quiet);
  const zoned = quiet.endpoints.every(({ zone }) => zone === quiet.endpoints[0]!.zone)
    ? quiet.endpoints.map((endpoint, index) => ({ ...endpoint, zone: ZONES[index % ZONES.length] }))
    : quiet.endpoints;
  const zone = zoned[0]!.zone;
  const lost = zoned.flatMap((endpoint, index) => (endpoint.zone === zone ? [index] : []));
  const elsewhere = zoned.map((endpoint) => endpoint.zone).find((other) => other !== zone);
  const fromMs = FROM * whole;
  const toMs = TO * whole;
  const noticedMs = fromMs + Math.min(NODE_LOST_MS, NODE_LOST_PART * whole);
  const replacements = lost.map((index) => ({ ...replacementOf(zoned[index]!), zone: elsewhere }));
  return {
    ...quiet,
    endpoints: [...zoned, ...replacements],
    disturbance: { fromMs, toMs },
    changes: inOrder([
      ...lost.flatMap((endpoint): Change[] => [
        { atMs: fromMs, type: 'vanished', endpoint },
        { atMs: noticedMs, type: 'discovered', endpoint, state: 'gone' },
      ]),
      ...replacements.flatMap((_, index) => arrival(zoned.length + index, toMs, whole)),
    ]),
  };
}

function rollout(quiet: Quiet): Plan {
  const whole = durationOf(quiet);
  const fromMs = ROLLOUT.from * whole;
  const toMs = ROLLOUT.to * whole;
  const { length } = quiet.endpoints;
  return {
    ...quiet,
    endpoints: [...quiet.endpoints, ...quiet.endpoints.map(replacementOf)],
    disturbance: { fromMs, toMs },
    changes: inOrder(quiet.endpoints.flatMap((_, index): Change[] => {
      const atMs = fromMs + ((toMs - fromMs) * index) / length;
      return [
        ...arrival(length + index, atMs, whole),
        // The old one begins to stop when the new one is ready.
        { atMs: atMs + delay(PROPAGATION_MS, whole), type: 'discovered', endpoint: index, state: 'draining' },
        { atMs: atMs + delay(PRE_STOP_MS, whole), type: 'discovered', endpoint: index, state: 'gone' },
        { atMs: atMs + delay(PRE_STOP_MS, whole), type: 'stopped', endpoint: index },
      ];
    })),
  };
}

/** A new pod: ready, then known, then warm. */
function arrival(endpoint: number, atMs: number, whole: number): Change[] {
  return [
    { atMs, type: 'pace', endpoint, factor: COLD_FACTOR },
    { atMs, type: 'started', endpoint },
    { atMs: atMs + delay(PROPAGATION_MS, whole), type: 'discovered', endpoint, state: 'ready' },
    { atMs: atMs + delay(COLD_MS, whole), type: 'pace', endpoint, factor: 1 },
  ];
}

function delay(ms: number, whole: number): number {
  return Math.min(ms, DELAY_PART * whole * (ms / PRE_STOP_MS));
}

function inOrder(changes: readonly Change[]): Change[] {
  return [...changes].sort((a, b) => a.atMs - b.atMs);
}
