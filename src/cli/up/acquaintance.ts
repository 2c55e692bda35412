/**
 * Waits until every caller's sidecar knows the pods that it may call. A pod is ready when its own programs are; that its callers
 * have heard of it comes later, the later the more pods start together, and until then a request to it has nowhere to go.
 */
import { serviceOf } from './callees';
import { endpointsSeenBy } from './endpoint-view';
import { MeshModel, titleOf } from './model';
import { inText } from './network';
import type { Pod } from './pod';
import { podsBehind } from './service-pods';

/** What is looked at: the mesh as it is now. */
interface Population {
  readonly pods: readonly Pod[];
  readonly model: MeshModel;
}

interface Acquaintance {
  /** After this it goes on without: one call that leads nowhere is no reason to run none. */
  readonly timeoutMs: number;
  /** What is waited for, in words; each time that it is something else. */
  onWaiting(text: string): void;
  /** Nobody waits any more. */
  stopped(): boolean;
}

/** A cluster of a caller, of whose pods its sidecar doesn't know all. */
interface Stranger {
  readonly caller: Pod;
  readonly cluster: string;
  readonly known: number;
  readonly there: number;
}

const PERIOD_MS = 50;

/** Settles with what is still missing, in words; undefined when nothing is. */
export async function whenAcquainted(look: () => Population, { timeoutMs, onWaiting, stopped }: Acquaintance): Promise<string | undefined> {
  const deadline = performance.now() + timeoutMs;
  const done = new Set<Pod>();
  let said = '';
  while (!stopped()) {
    const population = look();
    const callers = population.pods.filter((pod) => pod.state === 'ready' && !done.has(pod));
    const strangers = await Promise.all(callers.map(async (caller) => {
      const found = await strangersOf(caller, population);
      if (found.length === 0) done.add(caller);
      return found;
    }));
    const left = strangers.flat();
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
async function strangersOf(caller: Pod, { pods, model }: Population): Promise<Stranger[]> {
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
function inWords(strangers: readonly Stranger[]): string {
  const groups = new Map<string, Stranger[]>();
  for (const stranger of strangers) {
    const key = `${titleOf(stranger.caller.workload)} ${stranger.cluster}`;
    groups.set(key, [...groups.get(key) ?? [], stranger]);
  }
  return [...groups.values()].map((group) => {
    const [{ caller, cluster, there }] = group as [Stranger];
    const who = group.length === 1 ? `the sidecar of ${caller.name}` : `${group.length} sidecars of ${titleOf(caller.workload)}`;
    const least = Math.min(...group.map(({ known }) => known));
    return `${who} ${group.length === 1 ? 'knows' : 'know'} ${least} of ${there} pods of ${cluster}`;
  }).join('; ');
}
