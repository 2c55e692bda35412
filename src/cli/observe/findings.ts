/** What is unhealthy in a mesh at one moment: each check names what it looked at, and finds what is wrong, why, and what to do about it. */
import { HEALTH_LIMITS } from '../../planning/health-limits';
import type { EndpointView, PodView, ServiceId, ServiceView, Snapshot } from '../live';

export interface Finding {
  readonly severity: 'error' | 'warning';
  /** A pod, or a caller and what it calls. */
  readonly where: string;
  readonly what: string;
  readonly remedy: string;
}

export interface Check {
  /** What is so when nothing is found. */
  readonly title: string;
  /** @param reasons why pods are not ready, by pod */
  find(snapshot: Snapshot, reasons: ReadonlyMap<string, string>): readonly Finding[];
}

export const CHECKS: readonly Check[] = [
  {
    title: 'all proxies answer',
    find: ({ silent }) => silent.map(({ proxy, why }) => ({
      severity: 'error', where: proxy, what: `its proxy does not answer: ${why}`, remedy: 'read its log; a pod that has just gone is no longer here at the next look',
    })),
  },
  {
    title: 'all proxies are ready',
    find: (snapshot, reasons) => ofPods(snapshot, (where, { ready, pod }) => (ready ? [] : [{
      severity: 'error', where, what: reasons.get(pod) ?? 'is not ready', remedy: 'requests go to its other pods; the reason above says what it waits for',
    }])),
  },
  {
    title: 'all configurations were taken over',
    find: (snapshot) => ofPods(snapshot, (where, { rejected }) => (rejected ? [{
      severity: 'error', where, what: `refused a configuration, and keeps the one before: ${rejected.join('; ')}`,
      remedy: 'correct what it names; the next configuration that is taken over ends this',
    }] : [])),
  },
  {
    title: 'every callee has a ready endpoint',
    find: ({ edges, endpoints }) => edges.flatMap(({ from, to, versions }) => versions.flatMap(({ cluster, version }): Finding[] => {
      const own = endpoints.filter((endpoint) => endpoint.from === from && endpoint.cluster === cluster);
      if (own.some(isReady)) return [];
      return [{
        severity: 'error', where: `${from} -> ${to}${version === undefined ? '' : ` ${version}`}`,
        what: own.length === 0 ? `${cluster} has no endpoint` : `${cluster} has no ready endpoint: ${statesOf(own)}`,
        remedy: 'see that its pods run and are ready, and that its Service selects them',
      }];
    })),
  },
  {
    title: 'no endpoint is ejected or unhealthy',
    find: ({ endpoints }) => endpoints.filter(({ state }) => state === 'ejected' || state === 'unhealthy').map((endpoint) => ({
      severity: 'warning', where: `${endpoint.from} -> ${endpoint.pod ?? endpoint.address}`,
      what: `${endpoint.state}${endpoint.reason === undefined ? '' : `: ${endpoint.reason}`} (said by ${endpoint.saidBy} of ${endpoint.callers})`,
      remedy: `look at the app of that pod; it gets requests again when its time is over and it answers. cdk8s-mesh tap ${endpoint.service} --failed shows what fails`,
    })),
  },
  {
    title: 'discovery is up to date',
    find: (snapshot) => ofPods(snapshot, (where, { discovery }) => discovery.filter(({ ageSeconds }) => ageSeconds > HEALTH_LIMITS.staleSeconds)
      .map(({ cluster, ageSeconds }) => ({
        severity: 'warning', where, what: `endpoints of ${cluster} were last confirmed ${inWords(ageSeconds)} ago; the last known ones stay in use`,
        remedy: 'see that the proxy reaches the Kubernetes API or DNS, and may read EndpointSlices; its log says what fails',
      }))),
  },
  {
    title: 'certificates and identities are valid, and will be for a while',
    find: (snapshot) => ofPods(snapshot, (where, pod) => [...certificateFindings(where, pod), ...identityFindings(where, pod, snapshot.at)]),
  },
  {
    title: 'mutual TLS is enforced where it is declared',
    find: (snapshot) => ofPods(snapshot, (where, { permissive }) => permissive.map((listener) => ({
      severity: 'warning', where, what: `${listener} also lets in connections without mutual TLS`,
      remedy: 'set the mode to strict once all callers have an identity; cdk8s-mesh edges shows who calls without',
    }))),
  },
  {
    title: 'no proxy is short of memory',
    find: (snapshot) => ofPods(snapshot, (where, { memoryLevel = 0 }) => (memoryLevel < 2 ? [] : [{
      severity: 'warning', where, what: `refuses new ${memoryLevel === 2 ? 'connections' : 'requests'}: its memory is used up`, remedy: 'raise its memory limit, or add pods',
    }])),
  },
  {
    title: 'all proxies are of one version',
    find: ({ services }) => {
      const versions = [...new Set(services.flatMap(({ pods }) => pods).flatMap(({ proxyVersion }) => proxyVersion ?? []))].sort();
      return versions.length <= 1 ? [] : [{
        severity: 'warning', where: 'the mesh', what: `proxies of versions ${versions.join(', ')} run`, remedy: 'finish the rollout; cdk8s-mesh stat -o json says which pod has which',
      }];
    },
  },
];

/** Endpoints that drain still answer, and others are given a try. */
const isReady = ({ state }: EndpointView): boolean => state === 'ready';

function ofPods({ services }: Snapshot, find: (where: string, pod: PodView) => readonly Finding[]): Finding[] {
  return services.flatMap(({ id, pods }) => pods.flatMap((pod) => find(whereOf(id, pod), pod)));
}

function whereOf(id: ServiceId, { pod, version }: ServiceView['pods'][number]): string {
  return `${pod} (${id} ${version})`;
}

function certificateFindings(where: string, { certificates = [] }: PodView): Finding[] {
  return certificates.flatMap(({ listener, file, secondsLeft, problem }): Finding[] => {
    const of = `the certificate ${file} of ${listener}`;
    const remedy = 'renew it in its Secret; the proxy takes it over by itself';
    if (problem === 'rejected') return [{ severity: 'error', where, what: `the renewed files of ${of} can't be used, and those before stay`, remedy: 'see that key and certificate belong together' }];
    if (problem !== undefined) return [{ severity: 'error', where, what: `${of} is ${problem.replaceAll('_', ' ')}`, remedy }];
    return secondsLeft > HEALTH_LIMITS.certificateSeconds ? [] : [{ severity: 'warning', where, what: `${of} ${expiryInWords(secondsLeft)}`, remedy }];
  });
}

function identityFindings(where: string, { identityExpiresAt }: PodView, now: number): Finding[] {
  if (identityExpiresAt === undefined) return [];
  const left = (identityExpiresAt - now) / 1_000;
  return left > HEALTH_LIMITS.identitySeconds ? [] : [{
    severity: left <= 0 ? 'error' : 'warning', where, what: `its identity ${expiryInWords(left)}`, remedy: 'see why its provider does not renew it: it should have long before',
  }];
}

function expiryInWords(seconds: number): string {
  return seconds <= 0 ? `expired ${inWords(-seconds)} ago` : `expires in ${inWords(seconds)}`;
}

/** `2 ejected, 1 draining`. */
function statesOf(endpoints: readonly EndpointView[]): string {
  const counts = new Map<string, number>();
  for (const { state } of endpoints) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => `${count} ${state}`).join(', ');
}

/** In the largest unit that it has at least two of. */
function inWords(seconds: number): string {
  const [unit, length] = ([['days', 86_400], ['hours', 3_600], ['minutes', 60]] as const).find(([, each]) => seconds >= 2 * each) ?? ['seconds', 1];
  return `${Math.floor(seconds / length)} ${unit}`;
}
