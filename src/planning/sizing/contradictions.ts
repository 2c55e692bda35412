/**
 * What is declared against itself and against what is in the manifests: each contradiction as the inequality that does not hold, with both sides as
 * numbers, and the smallest change that makes it hold. The constructs fail synthesis with them, and `cdk8s-mesh plan` shows them.
 */
import { availabilityText, minutesDownAYear, minutesText } from '../availability/error-budget';
import { derated } from '../capacity/instances';
import { responseQuantileMs, saturationRate } from '../capacity/response-time';
import { allowedEvictions, DisruptionRule } from '../disruption';
import type { ScalingTarget } from '../scaling/replay';
import { Declared, DeclaredAvailability, DeclaredCapacity, hasServiceTime, instanceOf } from './declared';
import { EVICTION_SHARE, evictionsOf, expectedAvailability, highestAvailability, instanceRate, leastResponseMs, neededFor, replicasFor, sizingOf } from './sizing';

/** Something that can't be, or that is unwise. */
export interface Objection {
  readonly severity: 'error' | 'warning';
  /** The prop that it is about, as users of the constructs know it. */
  readonly prop: string;
  readonly value: string | number;
  /** What is wrong, and what to do. */
  readonly text: string;
}

/** What there is beside what is declared. */
export interface Settings {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly autoscaled: boolean;
  readonly targets: readonly ScalingTarget[];
  /** Deviation above the target that the autoscaler lets pass, 0 to 1. */
  readonly tolerance: number;
  /** Absent: there is no budget. */
  readonly disruption?: DisruptionRule | undefined;
  /** CPU request of the app's container, in thousandths of a core. */
  readonly cpuMillis?: number | undefined;
  /** Most requests that the sidecar gives the app at a time. */
  readonly admittedAtATime?: number | undefined;
  /** Most requests a second that a sidecar lets in. */
  readonly admittedRps?: number | undefined;
}

/** Over so many times of what is needed, pods are called idle. */
const GENEROUS = 3;
/** Peaks of so many times the usual load are worth an autoscaler. */
const VARIED = 3;
/** A pod that starts for longer is no help in a burst. */
const LONG_START_SECONDS = 180;

/** What is declared against itself. With an error here there is nothing to compare with settings. */
export function contradictionsOf({ capacity, availability }: Declared): Objection[] {
  const found = [...latencyObjections(capacity), ...loadObjections(capacity), ...(availability ? availabilityObjections(availability) : [])];
  return found.some(({ severity }) => severity === 'error') || sizingOf({ capacity, availability }) ? found : [...found, {
    severity: 'error', prop: 'capacity.peakRps', value: capacity.peakRps,
    text: `no number of instances carries it and holds the target; one instance carries ${number(instanceRate(capacity))} a second`,
  }];
}

/** Settings against what is declared. */
export function objectionsTo(settings: Settings, declared: Declared): Objection[] {
  const { capacity, availability } = declared;
  return [
    ...replicaObjections(settings, declared),
    ...(settings.minReplicas > 0 ? evictionObjections(settings, declared) : []),
    ...targetObjections(settings, capacity),
    ...admissionObjections(settings, capacity),
    ...resourceObjections(settings, capacity),
    ...(availability && settings.minReplicas < availability.zones && settings.minReplicas > 0 ? [{
      severity: 'warning' as const, prop: 'scaling.min', value: settings.minReplicas,
      text: `${settings.minReplicas} pods can't be in ${availability.zones} zones; ${availability.zones} would be in all of them`,
    }] : []),
  ];
}

function latencyObjections(capacity: DeclaredCapacity): Objection[] {
  const { goal, serviceMs, variation, networkMs, derating } = capacity;
  if (!goal || !hasServiceTime(capacity)) return [];
  const least = leastResponseMs(capacity, goal.share)!;
  if (goal.withinMs >= least * (1 - 1e-9) && instanceRate(capacity) > 0) return [];
  return [{
    severity: 'error', prop: 'capacity.latency', value: `${goal.withinMs} ms`,
    text: `p${percentText(goal.share)} of the requests take ${number(least)} ms without any load (service time ${number(serviceMs!)} ms, variation ${variation}, `
      + `derating ${percentText(derating)} %, network ${number(networkMs)} ms): ${number(goal.withinMs)} < ${number(least)}; allow more than ${Math.ceil(least)} ms, or make the app faster`,
  }];
}

function loadObjections(capacity: DeclaredCapacity): Objection[] {
  const { peakRps, usualRps, startUpSeconds, burst } = capacity;
  const found: Objection[] = [];
  if (usualRps > peakRps) {
    found.push({ severity: 'error', prop: 'capacity.usualRps', value: usualRps, text: `it is above the peak: ${number(usualRps)} > ${number(peakRps)}; use at most ${number(peakRps)}` });
  } else if (usualRps < peakRps && startUpSeconds > LONG_START_SECONDS) {
    found.push({
      severity: 'warning', prop: 'capacity.startUp', value: `${startUpSeconds} s`,
      text: `pods that start for so long come after a burst of ${burst}: keep more pods with a higher 'usualRps', schedule a minimum before known peaks, or make the app start within ${LONG_START_SECONDS} s`,
    });
  }
  return found;
}

function availabilityObjections(availability: DeclaredAvailability): Objection[] {
  const { target, zones, zoneUp } = availability;
  const highest = highestAvailability(availability);
  if (target < highest) return [];
  const enough = Math.ceil(Math.log(1 - target) / Math.log(1 - zoneUp) + 1e-9);
  return [{
    severity: 'error', prop: 'availability.target', value: availabilityText(target),
    text: `${zones === 1 ? 'one zone' : `${zones} zones`} of ${availabilityText(zoneUp)} ${zones === 1 ? 'is' : 'are'} up ${availabilityText(highest)} of the time at most: `
      + `${minutesText(minutesDownAYear(target))} < ${minutesText(minutesDownAYear(highest))} a year; use ${Math.max(enough, zones + 1)} zones, or a target below that`,
  }];
}

function replicaObjections({ minReplicas, maxReplicas, autoscaled }: Settings, { capacity, availability }: Declared): Objection[] {
  const [low, high] = autoscaled ? ['scaling.min', 'scaling.max'] : ['scaling.replicas', 'scaling.replicas'];
  const { peakRps, usualRps, burst } = capacity;
  const needed = neededFor(capacity, peakRps)!;
  const usual = autoscaled ? Math.min(peakRps, usualRps * burst) : peakRps;
  const neededUsually = neededFor(capacity, usual)!;
  const found: Objection[] = [];
  if (maxReplicas < needed) {
    found.push({
      severity: 'error', prop: high, value: maxReplicas,
      text: `${maxReplicas} pods carry ${number(maxReplicas * instanceRate(capacity))} requests a second, and the peak is ${number(peakRps)}: ${maxReplicas} < ${needed} pods; use at least ${needed}`,
    });
  }
  if (minReplicas < neededUsually && (autoscaled || maxReplicas >= needed)) {
    found.push({
      severity: 'error', prop: low, value: minReplicas,
      text: `${minReplicas} pods carry ${number(minReplicas * instanceRate(capacity))} requests a second, and ${number(usual)} may come before there are more: ${minReplicas} < ${neededUsually} pods; use at least ${neededUsually}`,
    });
  } else if (availability && maxReplicas >= needed) {
    const quiet = [low, minReplicas, neededUsually] as const;
    for (const [prop, replicas, k] of autoscaled ? [quiet, [high, maxReplicas, needed] as const] : [quiet]) {
      const expected = expectedAvailability(availability, replicas, k, 1);
      const enough = replicasFor(k, availability);
      if (expected >= availability.target || enough === undefined) continue;
      found.push({
        severity: 'error', prop, value: replicas,
        text: `of ${replicas} pods in ${availability.zones} zones, ${k} are up ${availabilityText(expected)} of the time, and the target is ${availabilityText(availability.target)}: `
          + `${minutesText(minutesDownAYear(expected))} > ${minutesText(minutesDownAYear(availability.target))} a year; use at least ${enough}`,
      });
    }
  }
  if (minReplicas > (replicasFor(neededUsually, availability) ?? Infinity) * GENEROUS) {
    found.push({
      severity: 'warning', prop: low, value: minReplicas,
      text: `${replicasFor(neededUsually, availability)} are enough for ${number(usual)} requests a second: ${minReplicas} > ${GENEROUS} x ${replicasFor(neededUsually, availability)}`,
    });
  }
  if (!autoscaled && usualRps * VARIED < peakRps) {
    found.push({
      severity: 'warning', prop: low, value: minReplicas,
      text: `the peak is ${number(peakRps / usualRps)} times the usual load, so most of the pods idle at quiet times; use Scaling.derived()`,
    });
  }
  return found;
}

function evictionObjections({ minReplicas, maxReplicas, disruption, autoscaled }: Settings, { capacity, availability }: Declared): Objection[] {
  const rps = autoscaled ? Math.min(capacity.peakRps, capacity.usualRps * capacity.burst) : capacity.peakRps;
  const neededUsually = neededFor(capacity, rps)!;
  const needed = neededFor(capacity, capacity.peakRps)!;
  if (minReplicas < neededUsually) return [];
  const most = evictionsOf({ minReplicas, maxReplicas }, { needed, neededUsually }, availability);
  if (!disruption) {
    return [{
      severity: 'warning', prop: 'disruptionBudget', value: 'none',
      text: `all of ${minReplicas} pods may be evicted at once, and ${neededUsually} are needed; use DisruptionBudget.maxUnavailable(${most})`,
    }];
  }
  const evictions = allowedEvictions(disruption, minReplicas);
  const said = { severity: 'error' as const, prop: 'disruptionBudget', value: `${disruption.rule} ${disruption.count.value}${disruption.count.unit === 'percent' ? ' %' : ''}` };
  if (minReplicas - evictions < neededUsually) {
    return [{
      ...said,
      text: `it lets ${evictions} of ${minReplicas} pods go, and ${neededUsually} are needed for ${number(rps)} requests a second: `
        + `${minReplicas} - ${evictions} < ${neededUsually}; `
        + (minReplicas > neededUsually ? `use maxUnavailable(${most})` : `use at least ${neededUsually + 1} replicas with maxUnavailable(1)`),
    }];
  }
  if (!availability || evictions <= most) return [];
  const expected = expectedAvailability(availability, minReplicas, neededUsually, evictions);
  return expected >= availability.target ? [] : [{
    ...said,
    text: `with ${evictions} pods away for ${percentText(EVICTION_SHARE)} % of the time enough are up ${availabilityText(expected)} of it, and the target is `
      + `${availabilityText(availability.target)}: ${minutesText(minutesDownAYear(expected))} > ${minutesText(minutesDownAYear(availability.target))} a year; use maxUnavailable(${most})`,
  }];
}

function targetObjections({ targets, tolerance, maxReplicas }: Settings, capacity: DeclaredCapacity): Objection[] {
  const instance = instanceOf(capacity);
  const saturated = saturationRate(derated(instance));
  const highest = instanceRate(capacity);
  return targets.flatMap((target): Objection[] => {
    const rps = rateAt(target, capacity);
    const prop = `scaling.${PROP_OF[target.metric]}`;
    if (rps === undefined) return latencyTargetObjections(target.target, prop, capacity);
    const atMost = rps * (1 + tolerance);
    if (atMost > highest * (1 + 1e-3)) {
      const limit = (highest / rps) * target.target / (1 + tolerance);
      const p = capacity.goal && atMost < saturated ? ` (p${percentText(capacity.goal.share)} ${number(responseQuantileMs(derated(instance), 1, atMost, capacity.goal.share))} ms)` : '';
      return [{
        severity: 'error', prop, value: target.target,
        text: `with its tolerance of ${percentText(tolerance)} % the autoscaler lets a pod have ${number(atMost)} requests a second${p}, and one carries ${number(highest)}: `
          + `${number(atMost)} > ${number(highest)}; use at most ${floor(limit)}`,
      }];
    }
    const wanted = Math.ceil(capacity.peakRps / rps - 1e-9);
    return wanted > maxReplicas * (1 + tolerance) ? [{
      severity: 'warning', prop, value: target.target,
      text: `at the peak it asks for ${wanted} pods, and there are ${maxReplicas} at most; raise the most, or the target`,
    }] : [];
  });
}

/** The prop of each metric. */
const PROP_OF: Readonly<Record<ScalingTarget['metric'], string>> = {
  cpu: 'cpuPercent', requestsPerSecond: 'requestsPerSecond', inFlight: 'requestsInFlight', latency: 'latency',
};

/** The rate of an instance at a target; undefined for one of latency. */
function rateAt(target: ScalingTarget, capacity: DeclaredCapacity): number | undefined {
  const instance = derated(instanceOf(capacity));
  switch (target.metric) {
    case 'cpu': return (target.target / 100 / target.atSaturation) * saturationRate(instance);
    case 'requestsPerSecond': return target.target;
    // Little's law without waiting, which is what few requests do at a target that is worth having.
    case 'inFlight': return hasServiceTime(capacity) ? (target.target * 1_000) / instance.serviceMs : undefined;
    case 'latency': return undefined;
  }
}

function latencyTargetObjections(target: number, prop: string, { goal }: DeclaredCapacity): Objection[] {
  if (!goal || prop !== 'scaling.latency' || target < goal.withinMs) return [];
  return [{
    severity: 'error', prop, value: `${target} ms`,
    text: `pods are added when the objective is missed already: ${number(target)} >= ${number(goal.withinMs)} ms; use at most ${Math.floor(goal.withinMs * 0.8)} ms`,
  }];
}

function admissionObjections({ admittedAtATime, admittedRps }: Settings, capacity: DeclaredCapacity): Objection[] {
  const highest = instanceRate(capacity);
  const found: Objection[] = [];
  if (admittedRps !== undefined && admittedRps < highest * (1 - 1e-9)) {
    found.push({
      severity: 'error', prop: 'admission.rateLimit', value: admittedRps,
      text: `the sidecar lets in fewer requests a second than a pod is planned for: ${number(admittedRps)} < ${number(highest)}; use at least ${Math.ceil(highest)}`,
    });
  }
  if (admittedAtATime !== undefined && capacity.concurrency !== undefined && admittedAtATime < capacity.concurrency) {
    found.push({
      severity: 'error', prop: 'admission.concurrency', value: admittedAtATime,
      text: `the sidecar gives the app fewer requests at a time than it works on: ${admittedAtATime} < ${capacity.concurrency}; use at least ${capacity.concurrency}`,
    });
  }
  return found;
}

function resourceObjections({ cpuMillis }: Settings, capacity: DeclaredCapacity): Objection[] {
  if (capacity.cpuMs === undefined || cpuMillis === undefined) return [];
  const millis = Math.ceil(instanceRate(capacity) * capacity.cpuMs - 1e-6);
  return cpuMillis >= millis ? [] : [{
    severity: 'warning', prop: 'containers[0].resources.cpu.request', value: `${cpuMillis}m`,
    text: `${number(instanceRate(capacity))} requests a second of ${number(capacity.cpuMs)} ms CPU need ${millis}m: ${cpuMillis} < ${millis}; request ${millis}m, or leave it out`,
  }];
}

/** Three digits, and no more than are there. */
function number(value: number): string {
  return Math.abs(value) >= 1_000 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

function floor(value: number): number {
  return value >= 10 ? Math.floor(value) : Math.floor(value * 100) / 100;
}

function percentText(part: number): string {
  return String(Number((part * 100).toFixed(6)));
}
