/** What a comparison says in a terminal: how long requests took, what failed, and who got how much, policy by policy. */
import type { LoadBalancingConfig } from '../../contract';
import { durationOf, Measurements, meanOf, Plan, BasePlan } from '../../simulation';
import { count, duration, Paint, percent, renderTable } from '../terminal/table';
import { failuresInText } from './failures';
import type { SimulateOptions } from './options';
import { serviceTimeInText } from './service-time';
import { stagesInText } from './stages';

/** One policy's run of a plan. */
export interface Run {
  readonly policy: LoadBalancingConfig;
  /** Zones are looked at. */
  readonly zoneAware: boolean;
  readonly measurements: Measurements;
}

/** More endpoints than this are shown by the least and the most of them. */
const MOST_COLUMNS = 12;

export function titleOfComparison({ title, calledBy, wholeRps, base, balancings, seed }: SimulateOptions): string[] {
  const { endpoints, callers, rps, requests } = base;
  const [first] = endpoints;
  const [chosen] = balancings;
  const busy = busyPart(base);
  return [
    `${title}: ${counted(endpoints.length, 'pod')}, called by ${counted(callers.length, 'proxy', 'proxies')}${calledBy === '' ? '' : ` of ${calledBy}`}`
      + ` with ${chosen!.loadBalancing.type}`,
    stagesInText(balancings, base),
    failuresInText(base),
    `${count(rps)} requests a second${wholeRps === undefined ? '' : ` of the service's ${count(wholeRps)}`}, ${count(requests)} in all (${seconds(durationOf(base))}), seed ${seed}`,
    `a pod works on ${counted(first!.concurrency, 'request')} at a time, ${serviceTimeInText(first!.serviceTime)}: all together are ${percent(busy)} busy`
      + (busy >= 1 ? ', which is more than they can do' : ''),
  ];
}

/** Part of what all pods can do that the requests ask for. */
function busyPart({ endpoints, rps }: BasePlan): number {
  const capacity = endpoints.reduce((sum, { concurrency, serviceTime }) => sum + (concurrency / meanOf(serviceTime)) * 1_000, 0);
  return rps / capacity;
}

/** The tables of one scenario. */
export function reportOf(name: string, about: string, plan: Plan, runs: readonly Run[], paint: Paint): string[] {
  const { disturbance } = plan;
  const when = disturbance ? `, from ${seconds(disturbance.fromMs)} to ${seconds(disturbance.toMs)}` : '';
  return [
    `${paint('bold', name)}: ${about}${when}`,
    '',
    ...indented(latencyTable(plan, runs, paint)),
    '',
    `  share of the requests sent to each pod${disturbance ? ' in that time' : ''}`,
    ...indented(shareTable(plan, runs, paint)),
  ];
}

function latencyTable({ disturbance, outlierDetection }: Plan, runs: readonly Run[], paint: Paint): string[] {
  const disturbed = disturbance !== undefined;
  const ejecting = outlierDetection?.mode === 'enforce';
  const zoned = runs.some(({ zoneAware, measurements }) => zoneAware && measurements.zones.all > 0);
  const rows = runs.map(({ policy, measurements }, index) => {
    const { latency, failed, measured, retries, hedges, ejections, zones } = measurements;
    return [
      nameOf(policy, index),
      duration(latency.percentile(0.5)), duration(latency.percentile(0.95)), duration(latency.percentile(0.99)),
      failed > 0 ? { text: percent(failed / measured), style: 'red' as const } : '0',
      retries + hedges > 0 ? percent((retries + hedges) / measurements.ended) : '0',
      ...(ejecting ? [count(ejections)] : []),
      ...(zoned ? [percent(zones.own / zones.all)] : []),
      ...(disturbed ? [recoveryInText(measurements.recoveryMs())] : []),
    ];
  });
  return renderTable([
    { title: 'policy' }, { title: 'p50', right: true }, { title: 'p95', right: true }, { title: 'p99', right: true },
    { title: 'failed', right: true }, { title: 'retried', right: true },
    ...(ejecting ? [{ title: 'ejected', right: true }] : []), ...(zoned ? [{ title: 'own zone', right: true }] : []),
    ...(disturbed ? [{ title: 'recovers after', right: true }] : []),
  ], rows, paint);
}

export function recoveryInText(ms: number | undefined): string {
  if (ms === undefined) return '-';
  return ms === 0 ? 'unharmed' : ms === Infinity ? 'not at all' : seconds(ms);
}

function shareTable(plan: Plan, runs: readonly Run[], paint: Paint): string[] {
  const wide = plan.endpoints.length > MOST_COLUMNS;
  const columns = wide ? ['least', 'middle', 'most'] : plan.endpoints.map(({ name }) => name);
  const rows = runs.map(({ policy, measurements }, index) => {
    const sent = measurements.endpoints.map((endpoint) => (plan.disturbance ? endpoint.sentDisturbed : endpoint.sent));
    const total = sent.reduce((sum, requests) => sum + requests, 0);
    const sorted = [...sent].sort((a, b) => a - b);
    const shown = wide ? [sorted[0]!, sorted[sorted.length >> 1]!, sorted[sorted.length - 1]!] : sent;
    return [nameOf(policy, index), ...shown.map((requests) => percent(requests / total))];
  });
  return renderTable([{ title: 'policy' }, ...columns.map((title) => ({ title, right: true }))], rows, paint);
}

/** The first one is the one that was chosen. */
function nameOf({ type }: LoadBalancingConfig, index: number): string {
  return index === 0 ? `${type} *` : type;
}

function seconds(ms: number): string {
  return ms >= 10_000 ? `${(ms / 1_000).toFixed(0)} s` : `${(ms / 1_000).toFixed(1)} s`;
}

function counted(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
