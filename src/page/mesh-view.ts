/** What the page shows of a snapshot: versions of a service with declared and measured shares and the condition of their pods. */
import type { EndpointView, PodView, RouteView, ServiceView, Snapshot } from '../cli/live';

/** A version as the graph and the drawer show it. */
export interface VersionRow {
  readonly version: string;
  readonly declared: number | undefined;
  readonly measured: number | undefined;
  readonly pods: readonly PodDot[];
}

/** A pod and the worst that any caller says of it. */
export interface PodDot {
  readonly pod: string;
  readonly state: string;
  readonly reason: string | undefined;
}

/** The worst last. */
const STATES = ['ready', 'probing', 'draining', 'unhealthy', 'ejected'];

export function versionRows(service: ServiceView, snapshot: Snapshot): VersionRow[] {
  const splits = ({ split: parts }: RouteView): boolean => parts.filter((part) => part.service === service.id).length > 1;
  const split = snapshot.routes.find((route) => route.isRest && splits(route))?.split ?? [];
  const total = service.versions.reduce((sum, { figures }) => sum + figures.rate, 0);
  return service.versions.map(({ version, figures }) => {
    const part = split.find((one) => one.service === service.id && one.version === version);
    return {
      version,
      declared: part?.declared,
      measured: part ? part.measured : total > 0 ? figures.rate / total : undefined,
      pods: service.pods.filter((pod) => pod.version === version).map((pod) => dotOf(service, pod, snapshot)),
    };
  });
}

function dotOf(service: ServiceView, { pod, ready }: PodView, { endpoints }: Snapshot): PodDot {
  const said = endpoints.filter((endpoint) => endpoint.service === service.id && endpoint.pod === pod);
  const worst = worstOf(said);
  return { pod, state: worst?.state ?? stateOf(ready), reason: worst?.reason };
}

/** What a pod says of itself, when no caller does. */
export function stateOf(ready: boolean): string {
  return ready ? 'ready' : 'unready';
}

export function worstOf(endpoints: readonly EndpointView[]): EndpointView | undefined {
  return [...endpoints].sort((a, b) => badness(b.state) - badness(a.state))[0];
}

/** A state that this page doesn't know is the worst. */
function badness(state: string): number {
  const index = STATES.indexOf(state);
  return index === -1 ? STATES.length : index;
}

/** Services that nobody in the mesh calls: requests to them come from outside. */
export function entriesOf({ services, edges }: Snapshot): ServiceView[] {
  const called = new Set(edges.filter(({ from, to }) => from !== to).map(({ to }) => to));
  return services.filter(({ id, kind, figures }) => !called.has(id) && kind !== 'outside' && (kind === 'gateway' || figures.rate > 0));
}
