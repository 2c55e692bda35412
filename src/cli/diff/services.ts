/** Services of two stacks compared: versions, pods, scaling, budgets, who is let in, and what their sidecars may use. */
import { APP_CLUSTER, DEFAULT_AUTHORIZATION, ResolvedListener } from '../../contract';
import { allowedEvictions } from '../../planning/disruption';
import type { Range } from '../../planning/lints';
import type { Manifest } from '../model/manifests';
import type { ServiceSpec, Workload } from '../model/model';
import { workloadsBehind } from '../model/callees';
import type { Stack } from '../stack/stack';
import { counted, timeInWords } from '../words/quantities';
import { changesOfCallers } from './callers';
import { Change, merged } from './change';
import { differencesOf } from './settings';
import type { Titles } from './titles';
import { changeOf } from './words';

/** Told elsewhere, or of no effect on requests. */
const OF_DOCUMENTS = new Set(['version', 'minor', 'requires', 'node', 'listeners', 'clusters', 'kubernetes', 'localCluster']);
/** `authorization`, `mutualTls` and whom a listener asks are told by caller. */
const OF_LISTENERS = new Set(['name', 'direction', 'address', 'routes', 'authorization', 'mutualTls', 'externalAuthorization.split']);
const OF_AUTHORIZATION = new Set(['authorization.rules']);
const OF_ROUTES = new Set(['name', 'split', 'meshFields']);

export function changesOfServices(before: Stack, after: Stack, titles: Titles): Change[] {
  const [byName, byNameNow] = [servicesOf(before, titles), servicesOf(after, titles)];
  return [...new Set([...byName.keys(), ...byNameNow.keys()])].flatMap((service) => {
    const [old, now] = [byName.get(service) ?? [], byNameNow.get(service) ?? []];
    if (old.length === 0) return [whole(service, '', now.map((workload) => versionInWords(after, workload)).join(', '))];
    if (now.length === 0) return [whole(service, old.map((workload) => versionInWords(before, workload)).join(', '), '')];
    const versions = [...new Set([...old, ...now].map(({ version }) => version))];
    const changes = versions.flatMap((version): Change[] => {
      const [from, to] = [old.find((workload) => workload.version === version), now.find((workload) => workload.version === version)];
      if (!from) return [{ where: service, subject: version, what: 'version', from: '', to: podsInWords(after, to!), meaning: '' }];
      if (!to) return [{ where: service, subject: version, what: 'version', from: podsInWords(before, from), to: '', meaning: '' }];
      return changesOfVersion(service, versions.length === 1 ? '' : version, [before, from], [after, to]);
    });
    return [...merged(changes, versions.length), ...changesOfFronts(service, [before, old], [after, now])];
  });
}

function servicesOf({ model }: Stack, titles: Titles): Map<string, Workload[]> {
  const services = new Map<string, Workload[]>();
  for (const workload of model.workloads) {
    const name = titles.of(workload);
    services.set(name, [...services.get(name) ?? [], workload]);
  }
  return services;
}

function whole(where: string, from: string, to: string): Change {
  return { where, subject: '', what: 'service', from, to, meaning: '' };
}

function versionInWords(stack: Stack, workload: Workload): string {
  return `${workload.version} with ${podsInWords(stack, workload)}`;
}

function podsInWords(stack: Stack, workload: Workload): string {
  const replicas = stack.replicasOf(workload);
  if (!replicas) return 'pods';
  return replicas.min === replicas.max ? counted(replicas.min, 'pod') : `${replicas.min} to ${replicas.max} pods`;
}

type Side = readonly [stack: Stack, workload: Workload];

function changesOfVersion(where: string, subject: string, from: Side, to: Side): Change[] {
  const fact = (what: string, of: (side: Side) => string, meaning: (side: Side) => string = () => ''): Change[] => {
    const [old, now] = [of(from), of(to)];
    return old === now ? [] : [{ where, subject, what, from: old, to: now, meaning: meaning(to) }];
  };
  return [
    ...fact('replicas', ([stack, workload]) => podsInWords(stack, workload), () => pace(from[0].replicasOf(from[1]), to[0].replicasOf(to[1]))),
    ...fact('scales by', ([stack, workload]) => scalingInWords(autoscalerOf(stack, workload))),
    ...fact('disruption budget', budgetInWords, evictionsInWords),
    ...fact('zones', ([, { zones }]) => zones.join(', ') || 'any'),
    ...fact('time to stop', ([, { graceMs }]) => timeInWords(graceMs)),
    ...fact('sleep before a stop', ([, { preStopMs }]) => timeInWords(preStopMs)),
    ...changesOfDocument(where, subject, from, to),
  ];
}

function pace(from: Range | undefined, to: Range | undefined): string {
  if (!from || !to) return '';
  return to.min < from.min ? 'fewer pods at least' : to.max < from.max ? 'fewer pods at most' : '';
}

function autoscalerOf(stack: Stack, { kind, name, namespace }: Workload): Manifest | undefined {
  return stack.manifests.find((manifest) => {
    if (manifest.kind !== 'HorizontalPodAutoscaler' || manifest.namespace !== namespace) return false;
    const target = manifest.body.get('spec').get('scaleTargetRef');
    return target.get('kind').text() === kind && target.get('name').text() === name;
  });
}

/** `cpu 60 %`. */
function scalingInWords(autoscaler: Manifest | undefined): string {
  if (!autoscaler) return 'nothing';
  return autoscaler.body.get('spec').get('metrics').list().map((metric) => {
    const source = metric.get('containerResource').present ? metric.get('containerResource') : metric.get('resource');
    if (!source.present) return JSON.stringify(metric.raw());
    const target = source.get('target');
    const percent = target.get('averageUtilization').optionalInteger();
    return `${source.get('name').text()} ${percent === undefined ? String(target.get('averageValue').raw()) : `${percent} %`}`;
  }).join(', ') || 'nothing';
}

function budgetInWords([stack, workload]: Side): string {
  const rule = stack.infoOf(workload).disruption;
  return rule ? `${rule.rule} ${rule.count.value}${rule.count.unit === 'percent' ? ' %' : ''}` : 'none';
}

function evictionsInWords([stack, workload]: Side): string {
  const { disruption, replicas } = stack.infoOf(workload);
  if (!disruption) return 'a drain of nodes may take all pods at a time';
  return replicas ? `a drain may take ${counted(allowedEvictions(disruption, replicas.min), 'pod')} of ${replicas.min} at a time` : '';
}

function changesOfDocument(where: string, subject: string, [before, old]: Side, [after, now]: Side): Change[] {
  const [from, to] = [before.documentOf(old), after.documentOf(now)];
  const app = (document: typeof from): unknown => document.clusters.find(({ name }) => name === APP_CLUSTER);
  const differences = [
    ...differencesOf(from, to, OF_DOCUMENTS),
    ...differencesOf(app(from), app(to), new Set(['name'])).map(({ path, ...values }) => ({ ...values, path: path === '' ? 'app' : `app.${path}` })),
  ];
  const [listeners, listenersNow] = [inboundOf(from.listeners), inboundOf(to.listeners)];
  const names = [...new Set([...listeners.keys(), ...listenersNow.keys()])];
  return [
    ...differences.map((difference) => changeOf(difference, where, subject)),
    ...names.flatMap((name) => changesOfInbound(where, subject, listeners.get(name), listenersNow.get(name))),
  ];
}

function inboundOf(listeners: readonly ResolvedListener[]): Map<string, ResolvedListener> {
  return new Map(listeners.filter(({ direction }) => direction === 'inbound').map((listener) => [listener.name, listener]));
}

function changesOfInbound(where: string, subject: string, from: ResolvedListener | undefined, to: ResolvedListener | undefined): Change[] {
  if (!from || !to) {
    const words = (listener: ResolvedListener | undefined): string => (listener ? `port ${listener.port}${listener.tls ? ' with TLS' : ''}` : '');
    return [{ where, subject, what: `listener ${(from ?? to)!.name}`, from: words(from), to: words(to), meaning: '' }];
  }
  const routes = [...new Set([...from.routes, ...to.routes].map((route) => route.name))];
  // Whom it asks is told as a whole where one of the two asks nobody.
  const ignored = from.externalAuthorization && to.externalAuthorization ? OF_LISTENERS : new Set([...OF_LISTENERS, 'externalAuthorization']);
  const [rules, rulesNow] = [from, to].map(({ authorization }) => authorization ?? DEFAULT_AUTHORIZATION);
  return [...changesOfCallers(where, subject, from, to), ...[
    ...differencesOf(from, to, ignored),
    ...differencesOf(rules, rulesNow, OF_AUTHORIZATION, 'authorization'),
    ...routes.flatMap((route) => differencesOf(
      from.routes.find((each) => each.name === route), to.routes.find((each) => each.name === route), OF_ROUTES,
    )),
  ].map((difference) => changeOf(difference, where, subject))];
}

/** Services through which others reach its pods. */
function changesOfFronts(
  where: string, [before, old]: readonly [Stack, readonly Workload[]], [after, now]: readonly [Stack, readonly Workload[]],
): Change[] {
  const fronts = (stack: Stack, workloads: readonly Workload[]): Map<string, string> => new Map(stack.model.services
    .filter((service) => workloadsBehind(service, workloads).length > 0).map((service) => [service.name, frontInWords(service)]));
  const [from, to] = [fronts(before, old), fronts(after, now)];
  return [...new Set([...from.keys(), ...to.keys()])].flatMap((name) => {
    const [one = '', other = ''] = [from.get(name), to.get(name)];
    return one === other ? [] : [{ where, subject: '', what: `Service ${name}`, from: one, to: other, meaning: openness(one, other) }];
  });
}

const OPEN = /^(LoadBalancer|NodePort)/;

function openness(from: string, to: string): string {
  if (OPEN.test(to) && !OPEN.test(from)) return 'clients outside of the cluster reach it';
  return OPEN.test(from) && !OPEN.test(to) ? 'clients outside of the cluster don\'t reach it any more' : '';
}

function frontInWords({ type, ports }: ServiceSpec): string {
  return `${type} ${ports.map(({ port, target }) => `${port} to ${target}`).join(', ')}`;
}
