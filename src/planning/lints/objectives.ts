/**
 * Service level objectives against what the calls of a service can give. An objective is a promise to callers, and it is kept only when those that
 * are called keep theirs. What promises give together is in ../objectives.
 *
 * An error needs certainty: both objectives are declared, and the caller's author says that each request needs the answer (`required: true`).
 * Of a call of which nothing is said, an app may do without, so it is a warning; so is what pods and service times say, which are plans and not
 * promises.
 */
import { availabilityText } from '../availability/error-budget';
import { Dependency, Promises, PromisingService, Reading } from '../objectives/dependencies';
import type { LatencyPromise } from '../objectives/published';
import { leastResponseMs } from '../sizing/sizing';
import type { Call } from './calls';
import type { WorkloadInfo } from './info';
import { Problem, Remark, Rule, short } from './rule';

/** Percentages of an `Slo` have so many digits. */
const DIGITS = 4;
const CLOSE = 1e-12;

/** A rule that looks at services with objectives one by one. */
function ofPromises(judge: (service: PromisingService, promises: Promises) => readonly Remark[]): Rule['find'] {
  return (subject) => {
    const promises = new Promises(subject.workloads, subject.calls);
    return promises.promising.flatMap((service) => judge(service, promises)
      .map((remark): Problem => ({ workload: service.workloads[0]!, where: service.name, ...remark })));
  };
}

/** A factor of what is promised, in words; without a number where it is none. */
interface Part {
  readonly text: string;
  readonly up: number | undefined;
}

/** What exceeds what is promised along the calls. */
function availabilityRemarks(service: PromisingService, promises: Promises, reading: Reading): Remark[] {
  const promised = service.slo!.availability;
  const bound = promises.boundOf(service, reading);
  if (promised <= bound + CLOSE) return [];
  const needs = promises.needsOf(service, reading);
  const answers = promises.promisesTo(service, reading);
  const own: Part[] = reading === 'called' && service.up < 1 ? [{ text: `its own pods ${availabilityText(service.up)}`, up: service.up }] : [];
  const parts = [...own, ...needs.flatMap(({ callee, fallbacks }, index): Part[] => {
    const name = nameOf(callee, promises);
    const called = `${name}${promises.get(callee)?.slo ? '' : ' with what it calls'} ${availabilityText(answers[index]!)}`;
    // Those that take over are in the bound, and in no product.
    if (fallbacks.length > 0) return [{ text: `${called} (or ${fallbacks.map((each) => nameOf(each, promises)).join(', ')})`, up: undefined }];
    return answers[index]! < 1 ? [{ text: called, up: answers[index]! }] : [];
  })];
  const isProduct = parts.every(({ up }) => up !== undefined) && Math.abs(parts.reduce((all, { up }) => all * up!, 1) - bound) < CLOSE;
  const sum = parts.length === 1 && isProduct ? parts[0]!.text
    : `${parts.map(({ text }) => text).join(isProduct ? ' x ' : ', ')}${isProduct ? ' =' : ', together'} ${percent(bound)} %`;
  const least = floorPercent(bound);
  const remedies = [
    least > 0 ? `promise at most '${least}%'` : 'promise nothing',
    ...(isProduct ? betterCallee(promised / bound, needs, promises) : []),
    ...(reading === 'called' && needs.length > 0 && !isGateway(service) ? ['say \'required: false\' in calls() of what it can answer without'] : []),
  ];
  return [{
    message: `its objective is ${availabilityText(promised)}, and what ${reading === 'required' ? 'each of its requests needs' : 'it has'} promises less: ${sum}: `
      + `${percent(promised)} > ${percent(bound)}`,
    remedy: listed(remedies),
  }];
}

/** The callee with the lowest promise, if a higher one of it is enough. */
function betterCallee(factor: number, needs: readonly Dependency[], promises: Promises): string[] {
  const [weakest] = needs.map(({ callee }) => promises.get(callee)).filter((callee) => callee?.slo)
    .sort((a, b) => a!.slo!.availability - b!.slo!.availability);
  const enough = weakest && ceilPercent(weakest.slo!.availability * factor);
  return enough === undefined || enough >= 100 ? [] : [`have ${weakest!.name} promise at least '${enough}%'`];
}

const availability: Rule = {
  name: 'slo-availability',
  severity: 'error',
  about: 'The objective of a service (`slo`) is better than the product of the objectives of what each of its requests needs: calls with `required: true`. '
    + 'A call with a fallback fails when both do.',
  find: ofPromises((service, promises) => availabilityRemarks(service, promises, 'required')),
};

const availabilityOfCalls: Rule = {
  name: 'slo-availability-calls',
  severity: 'warning',
  about: 'The same with all calls that are not said to be optional (`required: false`), and with the availability that is declared of pods. An app may do '
    + 'without an answer, and fewer pods than the peak needs may be enough, so it is no error.',
  find: ofPromises((service, promises) => (
    availabilityRemarks(service, promises, 'required').length > 0 ? [] : availabilityRemarks(service, promises, 'called'))),
};

/** Latency below that of what is called. A fallback may be faster. */
function latencyRemarks(service: PromisingService, promises: Promises, need: Dependency['need']): Remark[] {
  return service.dependencies.filter((each) => each.need === need && each.fallbacks.length === 0).flatMap(({ callee }) => {
    const called = promises.get(callee);
    return service.slo!.latencies.flatMap((own): Remark[] => {
      const slower = slowerPromise(own, called?.slo?.latencies ?? []);
      if (!called || !slower) return [];
      const needed = need === 'required' ? ', whose answer each of its requests needs,' : ', which it calls,';
      return [{
        message: `its objective is ${latencyText(own)}, and ${called.name}${needed} promises ${latencyText(slower)}: ${milliseconds(own)} < ${milliseconds(slower)}`,
        remedy: listed([
          `allow at least ${milliseconds(slower)} ms`, `have ${called.name} promise ${latencyText(own)}`,
          ...(need === 'unknown' && !isGateway(service) ? ['say \'required: false\' in calls() if it answers without'] : []),
        ]),
      }];
    });
  });
}

/** What the callee promises of no more of the requests, when it is slower. A promise of more of them says nothing of the faster ones. */
function slowerPromise(own: LatencyPromise, promised: readonly LatencyPromise[]): LatencyPromise | undefined {
  if (promised.some(({ ratio, seconds }) => ratio >= own.ratio && seconds <= own.seconds)) return undefined;
  return promised.filter(({ ratio, seconds }) => ratio <= own.ratio && seconds > own.seconds).sort((a, b) => a.seconds - b.seconds)[0];
}

const latency: Rule = {
  name: 'slo-latency',
  severity: 'error',
  about: 'The latency objective of a service is below that of a service whose answer each of its requests needs (`required: true`), for no '
    + 'more of the requests.',
  find: ofPromises((service, promises) => latencyRemarks(service, promises, 'required')),
};

const latencyOfCalls: Rule = {
  name: 'slo-latency-calls',
  severity: 'warning',
  about: 'The same with all calls that are not said to be optional; or an objective is below what the declared service time of the app takes without any '
    + 'load.',
  find: ofPromises((service, promises) => (
    [...latencyRemarks(service, promises, 'unknown'), ...service.slo!.latencies.flatMap((own) => ownTimeRemarks(service, own))])),
};

function ownTimeRemarks({ workloads }: PromisingService, own: LatencyPromise): Remark[] {
  const times = workloads.map(({ declared }) => declared && leastResponseMs(declared.capacity, own.ratio));
  if (!times.every((time) => time !== undefined)) return [];
  const least = Math.min(...times);
  return milliseconds(own) >= least * (1 - 1e-9) ? [] : [{
    message: `its objective is ${latencyText(own)}, and by the declared service time as many take ${short(least)} ms without any load: `
      + `${milliseconds(own)} < ${short(least)}`,
    remedy: `allow at least ${Math.ceil(least)} ms, or say in 'capacity' how much service times really vary`,
  }];
}

const timeout: Rule = {
  name: 'slo-timeout',
  severity: 'warning',
  about: 'A latency objective can\'t be missed, as all callers in the mesh give up before: what they give up is a failed request, and objectives for latency '
    + 'count those that don\'t fail.',
  find: (subject) => {
    const waits = waitsFor(subject.calls);
    return ofPromises((service) => timeoutRemarks(service, waits))(subject);
  },
};

function timeoutRemarks(service: PromisingService, waits: ReadonlyMap<WorkloadInfo, number>): Remark[] {
  const longest = Math.max(0, ...service.workloads.map((workload) => waits.get(workload) ?? 0));
  if (longest === 0 || longest === Infinity || isGateway(service)) return [];
  return service.slo!.latencies.filter((own) => milliseconds(own) >= longest).map((own): Remark => ({
    message: `its objective is ${latencyText(own)}, and no caller waits for more than ${longest} ms: ${milliseconds(own)} >= ${longest}`,
    remedy: `promise less than ${longest} ms, lengthen the timeout, or leave it to the objective for availability`,
  }));
}

/** How long the most patient caller of each workload waits; Infinity without a timeout. */
function waitsFor(calls: readonly Call[]): Map<WorkloadInfo, number> {
  const waits = new Map<WorkloadInfo, number>();
  for (const { route: { timeoutMs }, targets } of calls) {
    for (const callee of targets.flatMap(({ callees }) => callees)) {
      waits.set(callee, Math.max(waits.get(callee) ?? 0, timeoutMs === 0 ? Infinity : timeoutMs));
    }
  }
  return waits;
}

function nameOf(key: string, promises: Promises): string {
  return promises.get(key)?.name ?? key;
}

/** A gateway has routes and no calls(). */
function isGateway({ workloads }: PromisingService): boolean {
  return workloads.some(({ document: { listeners } }) => listeners.some(({ direction, address }) => direction === 'outbound' && address === undefined));
}

function latencyText(promise: LatencyPromise): string {
  return `p${percent(promise.ratio)} within ${milliseconds(promise)} ms`;
}

function milliseconds({ seconds }: LatencyPromise): number {
  return Number((seconds * 1_000).toFixed(6));
}

function percent(part: number): string {
  return String(Number((part * 100).toFixed(6)));
}

function floorPercent(part: number): number {
  return Math.floor(part * 100 * 10 ** DIGITS + 1e-6) / 10 ** DIGITS;
}

function ceilPercent(part: number): number {
  return Math.ceil(part * 100 * 10 ** DIGITS - 1e-6) / 10 ** DIGITS;
}

/** `a, b, or c`. */
function listed(texts: readonly string[]): string {
  return texts.length <= 2 ? texts.join(', or ') : `${texts.slice(0, -1).join(', ')}, or ${texts.at(-1)!}`;
}

export const OBJECTIVE_RULES: readonly Rule[] = [availability, availabilityOfCalls, latency, latencyOfCalls, timeout];
