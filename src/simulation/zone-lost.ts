/**
 * The machines of one zone vanish, with the pods that answer and the callers that are there; the requests come to the callers
 * that are left. Discovery removes the pods when Kubernetes gives their nodes up, and in the end all are back in the other zones.
 */
import { arrival, delay, PROPAGATION_MS, replacementOf } from './arrival';
import { checksOf } from './health-checks';
import { Change, durationOf, inOrder, Plan, PlannedCaller, PlannedEndpoint, BasePlan } from './plan';

/** How long Kubernetes takes to give up a node (node-monitor-grace-period). */
const NODE_LOST_MS = 40_000;
const NODE_LOST_PART = 0.2;

/** Where pods are when nothing says it. */
const ZONES = ['a', 'b', 'c'];

/** @param from when it happens, and `to` when all are back, as parts of the run */
export function zoneLost(base: BasePlan, from: number, to: number): Plan {
  const whole = durationOf(base);
  const fromMs = from * whole;
  const toMs = to * whole;
  const noticedMs = fromMs + Math.min(NODE_LOST_MS, NODE_LOST_PART * whole);
  const endpoints = zoned(base.endpoints);
  const zone = zoneToLose(endpoints, base.callers);
  const left = endpoints.filter((endpoint) => endpoint.zone !== zone);

  const pods = indexesIn(zone, endpoints);
  const newPods = pods.map((index, turn) => {
    const { zone: elsewhere, weight } = left.length > 0 ? left[turn % left.length]! : endpoints[index]!;
    return { ...replacementOf(endpoints[index]!), zone: elsewhere, weight };
  });
  const there = indexesIn(zone, base.callers);
  // Where all are there, nobody would be left to ask; then only the pods are lost.
  const callers = there.length < base.callers.length ? there : [];
  const newCallers = callers.map((_, turn): PlannedCaller => ({ zone: newPods[turn % newPods.length]!.zone, later: true }));
  const staying = base.callers.flatMap((_, index) => (callers.includes(index) ? [] : [index]));
  const returned = newCallers.map((_, turn) => base.callers.length + turn);
  const counted = (atMs: number, present: readonly number[]): Change[] => (callers.length > 0 ? [{ atMs, type: 'counted', callers: present }] : []);

  return {
    ...base,
    endpoints: [...endpoints, ...newPods],
    callers: [...base.callers, ...newCallers],
    disturbance: { fromMs, toMs },
    changes: inOrder([
      ...callers.map((caller): Change => ({ atMs: fromMs, type: 'calling', caller, calls: false })),
      ...pods.flatMap((endpoint): Change[] => [
        { atMs: fromMs, type: 'vanished', endpoint },
        ...checksOf(base, endpoint, 'vanished', fromMs, noticedMs),
        { atMs: noticedMs, type: 'discovered', endpoint, state: 'gone' },
      ]),
      ...counted(noticedMs, staying),
      ...returned.map((caller): Change => ({ atMs: toMs, type: 'calling', caller, calls: true })),
      ...newPods.flatMap((_, turn) => arrival(endpoints.length + turn, toMs, whole)),
      ...counted(toMs + delay(PROPAGATION_MS, whole), [...staying, ...returned]),
    ]),
  };
}

/** In zones of which one can be lost. */
function zoned(endpoints: readonly PlannedEndpoint[]): readonly PlannedEndpoint[] {
  return endpoints.every(({ zone }) => zone === endpoints[0]!.zone)
    ? endpoints.map((endpoint, index) => ({ ...endpoint, zone: ZONES[index % ZONES.length] }))
    : endpoints;
}

/** That of the first pod, unless all callers are there too. */
function zoneToLose(endpoints: readonly PlannedEndpoint[], callers: readonly PlannedCaller[]): string | undefined {
  const candidates = endpoints.map(({ zone }) => zone);
  return candidates.find((zone) => callers.some((caller) => caller.zone !== zone)) ?? candidates[0];
}

function indexesIn(zone: string | undefined, list: readonly { readonly zone?: string | undefined }[]): number[] {
  return list.flatMap((one, index) => (one.zone === zone ? [index] : []));
}
