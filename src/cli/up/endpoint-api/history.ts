/**
 * The embedded API's memory: the slices that exist and the changes that led there, each with its resource version, as
 * etcd and the API server's watch cache keep them. The changes kept are bounded; a client that asks for older ones is told so
 * (HTTP 410), which is the case that a client of a real cluster meets after a long pause.
 *
 * Objects are immutable: an update replaces one, so a change can point at the object before and after at no cost, and
 * the state at any version still remembered follows by walking the changes backwards.
 */
import { randomUUID } from 'node:crypto';
import { EndpointSlice, EndpointSliceInput, findErrors, GROUP_VERSION } from './endpoint-slice';

/** A slice was written or deleted. */
export interface Change {
  readonly version: number;
  readonly before: EndpointSlice | undefined;
  /** Undefined when deleted. */
  readonly after: EndpointSlice | undefined;
}

/** How many changes are kept when nothing else is said. */
export const DEFAULT_HISTORY_LIMIT = 1_000;

/** Versions between two histories, so that a version of the earlier one is always recognized as too old. */
const HISTORY_GAP = 1_000;

export class SliceHistory {
  private readonly slices = new Map<string, EndpointSlice>();
  private readonly listeners = new Set<(change: Change) => void>();
  private changes: Change[] = [];
  /** A watch from here on misses nothing. */
  private oldest = HISTORY_GAP;
  private current = HISTORY_GAP;

  constructor(private readonly limit: number = DEFAULT_HISTORY_LIMIT) {}

  /** The newest resource version. */
  get version(): number { return this.current; }

  /** The oldest resource version whose later changes are all remembered. */
  get oldestVersion(): number { return this.oldest; }

  get(namespace: string, name: string): EndpointSlice | undefined {
    return this.slices.get(keyOf(namespace, name));
  }

  /** Creates or replaces a slice; writing what is already there changes nothing, as in Kubernetes. */
  apply(input: EndpointSliceInput): EndpointSlice {
    const { name, namespace } = input.metadata;
    const before = this.get(namespace, name);
    const errors = findErrors(input);
    if (before && before.addressType !== input.addressType) {
      errors.push(`addressType can't change from ${before.addressType} to ${input.addressType}; write a slice of another name`);
    }
    if (errors.length > 0) throw new Error(`EndpointSlice '${namespace}/${name}' is not valid: ${errors.join('; ')}`);

    const content = structuredClone({
      addressType: input.addressType,
      endpoints: input.endpoints,
      ports: input.ports ?? [],
    });
    const labels = { ...input.metadata.labels };
    if (before && sameContent(before, { ...content, labels })) return before;

    const version = this.current + 1;
    const after: EndpointSlice = {
      apiVersion: GROUP_VERSION,
      kind: 'EndpointSlice',
      metadata: {
        name,
        namespace,
        labels,
        uid: before?.metadata.uid ?? randomUUID(),
        resourceVersion: String(version),
        generation: (before?.metadata.generation ?? 0) + 1,
        creationTimestamp: before?.metadata.creationTimestamp ?? new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
      },
      ...content,
    };
    this.slices.set(keyOf(namespace, name), after);
    this.record({ version, before, after });
    return after;
  }

  /** Deletes a slice; false when there was none. */
  remove(namespace: string, name: string): boolean {
    const before = this.get(namespace, name);
    if (!before) return false;
    this.slices.delete(keyOf(namespace, name));
    this.record({ version: this.current + 1, before, after: undefined });
    return true;
  }

  /** All slices as they were at a version that is still remembered, sorted by namespace and name. */
  at(version: number): EndpointSlice[] {
    const slices = new Map(this.slices);
    for (let index = this.changes.length - 1; index >= 0; index--) {
      const change = this.changes[index] as Change;
      if (change.version <= version) break;
      const { namespace, name } = ((change.before ?? change.after) as EndpointSlice).metadata;
      if (change.before) slices.set(keyOf(namespace, name), change.before);
      else slices.delete(keyOf(namespace, name));
    }
    return [...slices].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, slice]) => slice);
  }

  /** Changes after a version that is still remembered, oldest first. */
  since(version: number): Change[] {
    return this.changes.filter((change) => change.version > version);
  }

  /** Calls back on every change to come, until the returned function is called. */
  subscribe(listener: (change: Change) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Forgets every change but not the slices, as an API server does that was started anew. */
  forget(): void {
    this.changes = [];
    this.current += HISTORY_GAP;
    this.oldest = this.current;
  }

  private record(change: Change): void {
    this.current = change.version;
    this.changes.push(change);
    while (this.changes.length > this.limit) this.oldest = (this.changes.shift() as Change).version;
    for (const listener of [...this.listeners]) listener(change);
  }
}

/** The key of a slice; lists are in the order of keys, as etcd's are. */
export function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

function sameContent(slice: EndpointSlice, content: Pick<EndpointSlice, 'endpoints' | 'ports'> & { labels: Record<string, string> }): boolean {
  return JSON.stringify([slice.metadata.labels, slice.endpoints, slice.ports])
    === JSON.stringify([content.labels, content.endpoints, content.ports]);
}
