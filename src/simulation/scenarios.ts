/**
 * What goes wrong, or is as it is: from what a service is like in quiet times to a plan in which something happens to it.
 * Disturbances lie at parts of the run, so that a run of any length has a before, a while and an after; delays that
 * Kubernetes has are its own, but never longer than a part of the run.
 */
import type { Distribution } from './distribution';
import { meanOf } from './distribution';
import { checksOf } from './health-checks';
import { Change, durationOf, inOrder, Plan, BasePlan } from './plan';
import { rollout } from './rollout';
import { zoneLost } from './zone-lost';

export interface Scenario {
  readonly name: string;
  /** One sentence. */
  readonly about: string;
  plan(base: BasePlan): Plan;
}

/** From when to when something is wrong, as parts of the run. */
const FROM = 0.3;
const TO = 0.7;

const SLOW_FACTOR = 3;
const OLD_MACHINE_FACTOR = 1.6;
const OLD_MACHINES = 0.4;
const BURST_FACTOR = 2;
const BURST = { from: 0.4, to: 0.5 };
const REFUSAL_MS = 1;
const TAIL_SHAPE = 1.8;

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'steady',
    about: 'nothing happens',
    plan: (base) => ({ ...base, changes: [] }),
  },
  {
    name: 'slow-pod',
    about: `one pod takes ${SLOW_FACTOR} times as long for a while, as on a throttled machine`,
    plan: (base) => disturbed(base, FROM, TO, (fromMs, toMs) => [
      { atMs: fromMs, type: 'pace', endpoint: 0, factor: SLOW_FACTOR },
      { atMs: toMs, type: 'pace', endpoint: 0, factor: 1 },
    ]),
  },
  {
    name: 'failing-fast',
    about: 'one pod answers everything with 503 at once for a while',
    plan: (base) => disturbed(base, FROM, TO, (fromMs, toMs) => [
      { atMs: fromMs, type: 'failing', endpoint: 0, answerMs: REFUSAL_MS },
      { atMs: toMs, type: 'failing', endpoint: 0, answerMs: undefined },
      ...checksOf(base, 0, 'failing', fromMs, toMs),
    ]),
  },
  {
    name: 'zone-lost',
    about: 'the machines of one zone vanish; discovery learns of it when Kubernetes gives them up, and later their pods are back elsewhere',
    plan: (base) => zoneLost(base, FROM, TO),
  },
  {
    name: 'rollout',
    about: 'every pod is replaced, one after the other; new ones are slow until they are warm',
    plan: rollout,
  },
  {
    name: 'burst',
    about: `for a tenth of the time there are ${BURST_FACTOR} times as many requests`,
    plan: (base) => disturbed(base, BURST.from, BURST.to, (fromMs, toMs) => [
      { atMs: fromMs, type: 'rate', factor: BURST_FACTOR },
      { atMs: toMs, type: 'rate', factor: 1 },
    ]),
  },
  {
    name: 'heterogeneous',
    about: `two pods of five are on older machines and take ${OLD_MACHINE_FACTOR} times as long`,
    plan: (base) => {
      const old = Math.max(1, Math.round(base.endpoints.length * OLD_MACHINES));
      return {
        ...base,
        changes: Array.from({ length: old }, (_, endpoint): Change => ({ atMs: 0, type: 'pace', endpoint, factor: OLD_MACHINE_FACTOR })),
      };
    },
  },
  {
    name: 'long-tail',
    about: `service times have the same mean but a Pareto tail of shape ${TAIL_SHAPE}`,
    plan: (base) => ({
      ...base,
      changes: [],
      endpoints: base.endpoints.map((endpoint) => ({ ...endpoint, serviceTime: longTailed(endpoint.serviceTime) })),
    }),
  },
];

export function longTailed(serviceTime: Distribution): Distribution {
  return { type: 'pareto', meanMs: meanOf(serviceTime), shape: TAIL_SHAPE };
}

function disturbed(base: BasePlan, from: number, to: number, changes: (fromMs: number, toMs: number) => Change[]): Plan {
  const whole = durationOf(base);
  const disturbance = { fromMs: from * whole, toMs: to * whole };
  return { ...base, disturbance, changes: inOrder(changes(disturbance.fromMs, disturbance.toMs)) };
}
