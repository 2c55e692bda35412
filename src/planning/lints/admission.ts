/**
 * What pods let in against what is to come. Each inbound listener of each worker of each pod has limits of its own
 * (src/proxy/serve/admission), so what they let in together is their sum. Rates and latencies are means: below them something is
 * refused for certain, above them it is a matter of chance, of which only the burst is looked at.
 */
import { groupBy, serviceKey } from './calls';
import type { AdmissionInfo, WorkloadInfo } from './info';
import { count, ofWorkloads, Problem, Remark, Rule, short } from './rule';

/** Part of the requests that a burst may turn away by chance before it is told, in percent. */
const MOST_BY_CHANCE = 5;
/** Bursts that are looked at; a larger one turns away less than {@link MOST_BY_CHANCE} up to its full rate. */
const MOST_BURST = 16;

const rate: Rule = {
  name: 'rate-limit-capacity',
  severity: 'warning',
  about: 'All pods of a service together, as many as there may be, let in fewer requests a second than are expected. Looked at where requests a second are known.',
  find: ofServices((service) => {
    const expected = service[0]!.requestsPerSecond;
    const limits = limitsOf(service, ({ rateLimit }) => rateLimit?.requestsPerSecond);
    if (expected === undefined || !limits || limits.total >= expected) return undefined;
    return {
      message: `${limits.inWords('requests/s')} = ${short(limits.total)} requests/s let in, fewer than the ${short(expected)} that are expected: `
        + `${short((1 - limits.total / expected) * 100)} % of them get 429`,
      remedy: limits.remedy(expected, 'rateLimit'),
    };
  }),
};

const concurrency: Rule = {
  name: 'concurrency-capacity',
  severity: 'warning',
  about: 'All pods of a service together, as many as there may be, let in fewer requests at a time than are under way by Little\'s law: rate x latency. '
    + 'Looked at where requests a second and latency are known.',
  find: ofServices((service) => {
    const [{ requestsPerSecond, latencyMs }] = service as [WorkloadInfo];
    const limits = limitsOf(service, (admission) => admission.concurrency?.max);
    if (requestsPerSecond === undefined || latencyMs === undefined || !limits) return undefined;
    const underWay = requestsPerSecond * latencyMs / 1_000;
    return limits.total >= underWay ? undefined : {
      message: `${limits.inWords('requests')} = ${limits.total} requests at a time, fewer than the ${short(requestsPerSecond)} requests/s x ${short(latencyMs)} ms = `
        + `${short(underWay)} that are under way: ${short((1 - limits.total / underWay) * 100)} % of them get 503`,
      remedy: limits.remedy(underWay, 'concurrency limit'),
    };
  }),
};

const burst: Rule = {
  name: 'rate-limit-burst',
  severity: 'warning',
  about: `A rate limit has so small a burst that more than ${MOST_BY_CHANCE} % of the requests are refused though fewer come than it lets in, since they don't come evenly: `
    + 'the loss of an M/D/1 queue with as many places (Brun and Garcia, 2000). Counted at the rate that is known, or else at half of the limit.',
  find: (subject) => ofWorkloads((workload): Remark | undefined => {
    const limits = admissionsOf(workload).flatMap(({ rateLimit }) => rateLimit ?? []);
    const [{ requestsPerSecond: limit, burst: size } = { requestsPerSecond: 0, burst: Infinity }] = [...limits].sort((a, b) => a.burst - b.burst);
    if (size > MOST_BURST) return undefined;
    // Which part of a service's requests is a version's, nobody knows.
    const isAlone = subject.workloads.filter((other) => serviceKey(other) === serviceKey(workload)).length === 1;
    const known = isAlone && workload.replicas?.min && workload.requestsPerSecond !== undefined
      ? workload.requestsPerSecond / workload.replicas.min / workload.document.workers : undefined;
    const load = known ?? limit / 2;
    const refused = lossPercent(load / limit, size);
    if (load >= limit || refused <= MOST_BY_CHANCE) return undefined;
    const enough = Array.from({ length: MOST_BURST }, (_, index) => index + 1).find((places) => lossPercent(load / limit, places) <= MOST_BY_CHANCE);
    return {
      message: `burst ${size} at ${short(load)} of ${short(limit)} requests/s: of requests that come by chance and not evenly, ${short(refused)} % find no token `
        + 'and get 429',      remedy: `set burst to ${enough ?? MOST_BURST} or more`,
    };
  })(subject),
};

const connections: Rule = {
  name: 'concurrency-connections',
  severity: 'warning',
  about: 'A fixed limit lets in more requests at a time than there may be connections to the app, so the rest waits in the proxy instead of going elsewhere.',
  find: ofWorkloads(({ document: { listeners, clusters } }) => {
    for (const { direction, admission, routes } of listeners) {
      const app = clusters.find(({ name }) => name === routes[0]?.split[0]?.cluster);
      if (direction !== 'inbound' || admission?.concurrency?.type !== 'fixed' || !app) continue;
      const { max } = admission.concurrency;
      const most = Math.min(app.maxConnectionsPerEndpoint, app.maxConnections || Infinity);
      if (max <= most) continue;
      return {
        message: `${count(max, 'request')} at a time are let in, over ${count(most, 'connection')} to the app: ${max - most} wait for one`,
        remedy: `lower the limit to ${most}, or raise appConnections to ${max}`,
      };
    }
    return undefined;
  }),
};

/** What limits let in together. */
interface Limits {
  readonly total: number;
  /** `50 requests/s x 2 workers x 3 replicas`, for each version. */
  inWords(unit: string): string;
  /** What would let in as many as are wanted. */
  remedy(wanted: number, what: string): string;
}

/** Undefined when one of the versions lets in any number, or has any number of pods. */
function limitsOf(service: readonly WorkloadInfo[], limitOf: (admission: AdmissionInfo) => number | undefined): Limits | undefined {
  const parts = service.map((workload) => {
    const { replicas, document: { workers } } = workload;
    const limits = admissionsOf(workload).map((admission) => limitOf(admission) ?? Infinity);
    const each = limits.length > 0 ? limits.reduce((sum, limit) => sum + limit) : Infinity;
    return each === Infinity || !replicas ? undefined : { each, workers, replicas: replicas.max };
  });
  if (parts.some((part) => part === undefined)) return undefined;
  const sound = parts.map((part) => part!);
  const processes = sound.reduce((sum, { workers, replicas }) => sum + workers * replicas, 0);
  return {
    total: sound.reduce((sum, { each, workers, replicas }) => sum + each * workers * replicas, 0),
    inWords: (unit) => sound.map(({ each, workers, replicas }) => (
      `${short(each)} ${unit}${workers > 1 ? ` x ${count(workers, 'worker')}` : ''} x ${count(replicas, 'replica')}`)).join(' + '),
    remedy: (wanted, what) => `raise the ${what} to ${Math.ceil(wanted / Math.max(1, processes))}, or have more replicas`,
  };
}

/** Those of its inbound listeners; an open one lets in anything. */
function admissionsOf({ document: { listeners } }: WorkloadInfo): AdmissionInfo[] {
  return listeners.filter(({ direction }) => direction === 'inbound').map(({ admission }) => admission ?? {});
}

/** A rule that looks at all versions of a service together. */
function ofServices(judge: (versions: readonly WorkloadInfo[]) => Remark | undefined): Rule['find'] {
  return ({ workloads }) => [...groupBy(workloads, serviceKey).values()].flatMap((versions): Problem[] => {
    const [workload] = versions as [WorkloadInfo];
    const remark = judge(versions);
    return remark ? [{ workload, where: workload.service, ...remark }] : [];
  });
}

/**
 * Part of the requests, in percent, that come by chance (Poisson) and find a bucket empty: what is missing from a bucket is the work
 * in an M/D/1 queue with as many places, of which the loss is 1 - b / (1 + load x b), where
 *
 *     b = sum over k < places of (-load x (places - 1 - k))^k / k! x e^(load x (places - 1 - k))
 *
 * @param load what comes, over what is let in; below 1
 */
export function lossPercent(load: number, places: number): number {
  let sum = 0;
  let factorial = 1;
  for (let k = 0; k < places; k += 1) {
    if (k > 0) factorial *= k;
    const work = load * (places - 1 - k);
    sum += (-work) ** k / factorial * Math.exp(work);
  }
  return (1 - sum / (1 + load * sum)) * 100;
}

export const ADMISSION_RULES: readonly Rule[] = [rate, burst, concurrency, connections];
