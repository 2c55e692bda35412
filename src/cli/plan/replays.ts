/** Loads replayed through the autoscalers of services: what becomes of pods and requests, and what settings would do with less. */
import { instanceOf } from '../../planning/sizing/declared';
import { cheapestSettings, Settings } from '../../planning/scaling/cheapest';
import { replay, ReplayPlan, ReplayResult, ReplayStep } from '../../planning/scaling/replay';
import { Column, count, duration, Paint, percent, renderTable } from '../terminal/table';
import { floorOf } from '../../planning/scaling/schedule';
import type { ReadLoad } from './load';
import type { Planned } from './planned';

/** Age of metrics: a scrape each half minute, and the metrics server or adapter; and the window of rates. */
const METRIC_DELAY_SECONDS = 30;
const METRIC_WINDOW_SECONDS = 60;

export interface Replay {
  readonly planned: Planned;
  readonly plan: ReplayPlan;
  readonly result: ReplayResult;
  readonly cheapest?: Settings | undefined;
}

export function replayOf(planned: Planned, { load, seconds, start }: ReadLoad): Replay {
  const { declared, autoscaler, targets, external, min, schedules } = planned;
  const capacity = instanceOf(declared!.capacity);
  const plan: ReplayPlan = {
    load, seconds, capacity, autoscaler, targets: targets.length > 0 ? targets : [], external, replicas: min,
    startUpSeconds: declared!.capacity.startUpSeconds, slowStartSeconds: slowStartOf(planned),
    metricDelaySeconds: METRIC_DELAY_SECONDS, metricWindowSeconds: METRIC_WINDOW_SECONDS,
    ...(schedules.length > 0 && { floor: floorOf(schedules, start, seconds) }),
  };
  const scaled = autoscaler && (targets.length > 0 || schedules.length > 0) ? plan : { ...plan, autoscaler: undefined };
  return { planned, plan: scaled, result: replay(scaled), cheapest: cheapestSettings(scaled) };
}

/** None is read of callers: what they give a new pod is their own. */
function slowStartOf({ declared }: Planned): number {
  return Math.min(30, declared!.capacity.startUpSeconds);
}

const COLUMNS: readonly Column[] = [
  { title: 'service' }, { title: 'pods' }, { title: 'pod-hours', right: true }, { title: 'busiest', right: true }, { title: 'longest', right: true },
  { title: 'within objective', right: true }, { title: 'shed', right: true },
];
const STEPS: readonly Column[] = [
  { title: 'time', right: true }, { title: 'requests/s', right: true }, { title: 'pods', right: true }, { title: 'ready', right: true },
  { title: 'busy', right: true }, { title: 'response', right: true }, { title: 'shed/s', right: true },
];
/** Rows of the table over time. */
const ROWS = 24;

export function replayReport(replays: readonly Replay[], paint: Paint): string[] {
  return [
    ...renderTable(COLUMNS, replays.map(({ planned, result }) => rowOf(planned, result)), paint),
    ...replays.flatMap((each) => cheapestText(each)),
    ...(replays.length === 1 ? ['', ...renderTable(STEPS, stepsOf(replays[0]!).map(stepRow), paint)] : []),
  ];
}

function rowOf({ title }: Planned, result: ReplayResult): readonly string[] {
  const fewest = Math.min(...result.steps.map(({ replicas }) => replicas));
  const longest = result.steps.reduce((most, { responseMs }) => Math.max(most, responseMs), 0);
  return [
    title, fewest === result.mostReplicas ? String(fewest) : `${fewest}-${result.mostReplicas}`, result.podHours.toFixed(1), percent(result.mostUtilization),
    Number.isFinite(longest) ? duration(longest) : 'saturated', percent(result.goodShare), `${count(result.shed)} (${percent(result.shed / result.requests)})`,
  ];
}

function cheapestText({ planned: { title, autoscaler, declared }, cheapest, plan, result }: Replay): string[] {
  if (!declared!.capacity.goal || !autoscaler || plan.targets.length === 0) return [];
  const goal = percent(declared!.capacity.goal.share);
  if (!cheapest) return ['', `${title}: no target and fewest pods hold the objective of ${goal} with at most ${autoscaler.maxReplicas} pods`];
  const { minReplicas, target } = cheapest;
  return ['', `${title}: the cheapest settings that hold the objective of ${goal} are at least ${minReplicas} pods and a target of ${target} `
    + `(${plan.targets[0]!.metric}): ${cheapest.result.podHours.toFixed(1)} pod-hours in place of ${result.podHours.toFixed(1)}`];
}

/** So many of the steps, and those that are worst for their neighbours. */
function stepsOf({ result: { steps } }: Replay): ReplayStep[] {
  const every = Math.max(1, Math.ceil(steps.length / ROWS));
  const rows: ReplayStep[] = [];
  for (let index = 0; index < steps.length; index += every) {
    rows.push(steps.slice(index, index + every).reduce((worst, step) => (isWorse(step, worst) ? step : worst)));
  }
  return rows;
}

function isWorse(one: ReplayStep, other: ReplayStep): boolean {
  return one.shedRps > other.shedRps || one.responseMs > other.responseMs;
}

function stepRow({ seconds, rps, replicas, ready, utilization, responseMs, shedRps }: ReplayStep): readonly string[] {
  return [
    clock(seconds), count(rps), String(replicas), String(ready), percent(utilization), Number.isFinite(responseMs) ? duration(responseMs) : 'saturated',
    shedRps > 0 ? count(shedRps) : '-',
  ];
}

/** `7:30:15`. */
function clock(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  return `${hours}:${String(minutes).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
}

export function replayJson(replays: readonly Replay[]): object {
  return { replays: replays.map(({ planned, result: { steps, ...sums }, cheapest }) => ({
    service: planned.workload.service, version: planned.workload.version, ...sums,
    ...(cheapest && { cheapest: { minReplicas: cheapest.minReplicas, target: cheapest.target, podHours: cheapest.result.podHours } }),
    steps,
  })) };
}
