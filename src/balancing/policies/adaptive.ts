/**
 * Adaptive: round robin, least request or least response time, whichever fits the traffic that is measured (traffic.ts).
 *
 *   - Least response time when endpoints differ in what a request costs there by more than chance explains: one is slow,
 *     or fails, or the machines are not alike. The other two policies would send each endpoint its share regardless, or
 *     see a failing one as idle. Also when one is new: it is likely to be cold, and nobody knows yet.
 *   - Least request when endpoints are alike and requests are not: some take long, and what waits behind them could have been
 *     served elsewhere, while measured latencies are mostly noise that would be run after. Little in flight is enough: what
 *     counts is that a request finds the endpoint held up by another one, which lasts long because the other is.
 *   - Round robin when both are alike, or when there is next to nothing in flight: no choice by chance is as even.
 *
 * Least response time goes here by what is typical of an endpoint, not by peaks (endpoint-stats.ts): a request in a thousand that takes
 * a thousand times as long must not shut its endpoint out. So it costs little to choose it where least request would do,
 * which is what chance makes of long-tailed requests now and then.
 *
 * A bound is lower for staying than for going (hysteresis), and between two changes lies a minimum dwell, so that the policy
 * doesn't swing. Only least response time is gone over to at once: then an endpoint is slow or fails, and each second
 * costs; going back takes its dwell. The choice is looked at once a second, when the picker is built anew; the policy in use
 * goes on undisturbed unless the choice or the endpoints change. What was learned of endpoints stays with them in any case.
 */
import type { AdaptiveConfig } from '../../contract';
import { leastRequest } from './least-request';
import { leastResponseTime } from './least-response-time';
import type { Balanced, Candidates, Picker, PickerFactory, PickRequest, PolicyChoice, Runtime } from '../endpoints/picker';
import { measureTraffic, Traffic } from './traffic';
import { weightedOrder } from './weighted-order';

type Policy = 'roundRobin' | 'leastRequest' | 'leastResponseTime';

const MEASURE_MS = 1_000;

/** How far apart endpoints must be, beyond chance, to go over to least response time, and to stay with it. */
const SPREAD_TO_ENTER = 1.5;
const SPREAD_TO_STAY = 1.2;

/**
 * Requests in flight for each endpoint, and how far their latencies stray, to go over to least request, and to stay with it.
 * Times spread evenly between 1 and 3 stray by 0.3, and by 0.4 with some waiting; exponential ones, and most real ones, by 0.8.
 */
const LOAD_TO_ENTER = 0.05;
const LOAD_TO_STAY = 0.03;
const VARIATION_TO_ENTER = 0.5;
const VARIATION_TO_STAY = 0.42;

/** The fullest endpoint against the mean, for the same: one that hangs shows here before any latency does. */
const IMBALANCE_TO_ENTER = 4;
const IMBALANCE_TO_STAY = 3;

/** Two readings make rates of what only grows. */
interface Measured {
  readonly at: number;
  /** Requests that had ended, and how long those that succeeded had taken. */
  readonly ended: number;
  readonly latencySumMs: number;
  /** Requests a second, and requests in flight by Little's law; each the mean of the last measurement and those before. */
  readonly rate: number;
  readonly work: number;
}

interface Choice extends PolicyChoice {
  readonly policy: Policy;
}

class Adaptive<E extends Balanced> implements Picker<E> {
  readonly renewAfterMs = MEASURE_MS;

  constructor(
    readonly candidates: Candidates<E>,
    readonly choice: Choice,
    readonly picker: Picker<E>,
    readonly measured: Measured,
  ) {}

  pick(request?: PickRequest): E | undefined {
    return this.picker.pick(request);
  }
}

/** What fits, and why. */
export function choosePolicy(traffic: Traffic, present: Policy): { readonly policy: Policy; readonly reason: string } {
  const { load, imbalance, newcomers, spread, chanceSpread, variation } = traffic;
  const spreadBound = chanceSpread * (present === 'leastResponseTime' ? SPREAD_TO_STAY : SPREAD_TO_ENTER);
  if (spread >= spreadBound) {
    return { policy: 'leastResponseTime', reason: `endpoints differ ${spread.toFixed(1)} times in cost, at least ${spreadBound.toFixed(1)}` };
  }
  if (newcomers > 0) return { policy: 'leastResponseTime', reason: `what a request costs is not known yet of new endpoints (${newcomers})` };
  const [loadBound, variationBound] = present === 'leastRequest' ? [LOAD_TO_STAY, VARIATION_TO_STAY] : [LOAD_TO_ENTER, VARIATION_TO_ENTER];
  if (load >= loadBound && variation >= variationBound) {
    return {
      policy: 'leastRequest',
      reason: `endpoints are alike, requests stray by ${variation.toFixed(2)} (at least ${variationBound}), and ${load.toFixed(2)} are in flight each (at least ${loadBound})`,
    };
  }
  const imbalanceBound = present === 'leastRequest' ? IMBALANCE_TO_STAY : IMBALANCE_TO_ENTER;
  if (imbalance >= imbalanceBound) {
    return { policy: 'leastRequest', reason: `one endpoint holds ${imbalance.toFixed(1)} times the mean, at least ${imbalanceBound}` };
  }
  return {
    policy: 'roundRobin',
    reason: `endpoints are alike, requests stray by ${variation.toFixed(2)} (least request needs ${variationBound}), and ${load.toFixed(2)} are in flight each (${loadBound})`,
  };
}

export const adaptive: PickerFactory<AdaptiveConfig> = <E extends Balanced>(
  candidates: Candidates<E>, config: AdaptiveConfig, runtime: Runtime,
): Picker<E> => {
  const { choices, minimumDwellMs } = config;
  if (choices === undefined || minimumDwellMs === undefined) {
    throw new TypeError('adaptive needs its number of choices and its dwell; fill in the configuration\'s defaults before building a picker');
  }
  const now = runtime.now();
  const previous = candidates.previous instanceof Adaptive ? candidates.previous as Adaptive<E> : undefined;
  const measured = measure(candidates.endpoints, now, previous?.measured);
  const present: Choice = previous?.choice ?? { policy: 'roundRobin', reason: 'nothing is measured yet', since: -Infinity };
  const wanted = choosePolicy(measureTraffic(candidates.endpoints, measured.rate, measured.work), present.policy);
  const choice: Choice = wanted.policy === present.policy ? { ...present, reason: wanted.reason }
    : wanted.policy === 'leastResponseTime' || now - present.since >= minimumDwellMs ? { ...wanted, since: now }
    : present;

  const build = (): Picker<E> => {
    switch (choice.policy) {
      case 'roundRobin': return weightedOrder(candidates, runtime);
      case 'leastRequest': return leastRequest(candidates, { type: 'leastRequest', scan: 'choices', choices, bias: 1 }, runtime);
      case 'leastResponseTime': return leastResponseTime(candidates, { type: 'leastResponseTime', choices }, runtime);
    }
  };
  const same = previous !== undefined && previous.choice.policy === choice.policy && sameCandidates(previous.candidates, candidates);
  // Without the picker replaced, which would keep all those before it alive.
  const own = { endpoints: candidates.endpoints, weights: candidates.weights };
  return new Adaptive(own, choice, same ? previous.picker : build(), measured);
};

function measure(endpoints: readonly Balanced[], now: number, before: Measured | undefined): Measured {
  let ended = 0;
  let latencySumMs = 0;
  for (const { stats } of endpoints) {
    ended += stats.succeeded + stats.failed;
    latencySumMs += stats.latencySumMs;
  }
  const elapsed = before === undefined ? 0 : now - before.at;
  if (before === undefined || elapsed <= 0) return { at: now, ended, latencySumMs, rate: before?.rate ?? 0, work: before?.work ?? 0 };
  // Endpoints that came or went make one measurement too high or too low; the average forgives it.
  const mean = (present: number, past: number): number => (Math.max(0, present) / elapsed + past) / 2;
  const rate = mean((ended - before.ended) * 1_000, before.rate);
  return { at: now, ended, latencySumMs, rate, work: mean(latencySumMs - before.latencySumMs, before.work) };
}

function sameCandidates(a: Candidates<Balanced>, b: Candidates<Balanced>): boolean {
  return a.endpoints.length === b.endpoints.length
    && a.endpoints.every((endpoint, index) => endpoint === b.endpoints[index] && a.weights[index] === b.weights[index]);
}
