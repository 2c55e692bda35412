/**
 * Waits until every caller's sidecar knows the pods that it may call. A pod is ready when its own programs are. Its callers
 * see it in an EndpointSlice later, the later the more pods start together, and until then a request to it fails.
 */
import { serviceOf } from '../model/callees';
import { endpointsSeenBy } from './endpoint-view';
import { MeshModel, titleOf } from '../model/model';
import { inText } from './network';
import type { Pod } from './pod';
import { Turns } from './processes/turns';
import { podsBehind } from './service-pods';

/** What is looked at: the mesh as it is now. */
interface Population {
  readonly pods: readonly Pod[];
  readonly model: MeshModel;
}

interface WaitOptions {
  /** After this time `up` goes on without them: one missing callee must not stop all traffic. */
  readonly timeoutMs: number;
  /** Called with what is missing, in words, whenever it changes. */
  onWaiting(text: string): void;
  /** True ends the wait. */
  stopped(): boolean;
}

/** A cluster of which the caller's sidecar doesn't know every pod yet. */
interface MissingEndpoints {
  readonly caller: Pod;
  readonly cluster: string;
  readonly known: number;
  readonly there: number;
}

const PERIOD_MS = 50;
/** Sidecars that are asked at a time: all of a large stack at once would keep them, and the API, from what they are asked about. */
const ASKED_AT_ONCE = 8;

/** Settles with what is still missing, in words; undefined when nothing is. */
export async function awaitEndpoints(look: () => Population, { timeoutMs, onWaiting, stopped }: WaitOptions): Promise<string | undefined> {
  const deadline = performance.now() + timeoutMs;
  const done = new Set<Pod>();
  const turns = new Turns(ASKED_AT_ONCE);
  let said = '';
  while (!stopped()) {
    const population = look();
    const callers = population.pods.filter((pod) => pod.state === 'ready' && !done.has(pod));
    const missing = await Promise.all(callers.map((caller) => turns.take(async () => {
      const found = await missingFor(caller, population);
      if (found.length === 0) done.add(caller);
      return found;
    })));
    const left = missing.flat();
    if (left.length === 0) return undefined;
    const text = inWords(left);
    if (performance.now() > deadline) return text;
    if (text !== said) onWaiting(text);
    said = text;
    await new Promise((resolve) => setTimeout(resolve, PERIOD_MS));
  }
  return undefined;
}

/** What a caller's sidecar doesn't know yet. */
async function missingFor(caller: Pod, { pods, model }: Population): Promise<MissingEndpoints[]> {
  const wanted = caller.workload.config.clusters.flatMap((cluster) => {
    const service = serviceOf(cluster, model.services);
    const there = service ? podsBehind(service, pods).filter(({ ready }) => ready) : [];
    return there.length === 0 ? [] : [{ cluster: cluster.name, there }];
  });
  if (wanted.length === 0) return [];
  // A sidecar that can't answer just now is asked again.
  const seen = await endpointsSeenBy(caller).catch(() => []);
  return wanted.flatMap(({ cluster, there }) => {
    const known = new Set(seen.filter((endpoint) => endpoint.cluster === cluster && endpoint.state !== 'draining').map(({ address }) => address));
    // A pod is there once for each port of its Service, and a cluster knows one of them.
    const names = new Set(there.map(({ name }) => name));
    const knownNames = new Set(there.filter((pod) => known.has(inText(pod))).map(({ name }) => name));
    return knownNames.size < names.size ? [{ caller, cluster, known: knownNames.size, there: names.size }] : [];
  });
}

/** `the sidecars of web v1 know 1 of 3 pods of shop/catalog-v1`: the least that one of them knows. */
function inWords(missing: readonly MissingEndpoints[]): string {
  const groups = new Map<string, MissingEndpoints[]>();
  for (const one of missing) {
    const key = `${titleOf(one.caller.workload)} ${one.cluster}`;
    groups.set(key, [...groups.get(key) ?? [], one]);
  }
  return [...groups.values()].map((group) => {
    const [{ caller, cluster, there }] = group as [MissingEndpoints];
    const who = group.length === 1 ? `the sidecar of ${caller.name}` : `${group.length} sidecars of ${titleOf(caller.workload)}`;
    const least = Math.min(...group.map(({ known }) => known));
    return `${who} ${group.length === 1 ? 'knows' : 'know'} ${least} of ${there} pods of ${cluster}`;
  }).join('; ');
}
