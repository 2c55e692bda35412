/**
 * What the policies that send equal keys to equal places share around their way of finding the place:
 *
 *   - a request without a hash goes anywhere, by chance in proportion to weights;
 *   - a request that must go to another place, because its own is full (bounded-load.ts) or was tried already, jumps to the
 *     place of a hash derived from its own, and on from there. Its next neighbour would get all that a full endpoint turns
 *     away, fill up too, and so on around; Envoy jumps for that reason. The jumps are the same each time, so that a key has
 *     its second place as it has its first;
 *   - jumps are bounded; when they have led nowhere, the next place in the list that will do is taken.
 */
import { AliasTable } from '../tables/alias-table';
import { BoundedLoad } from './bounded-load';
import { mixHash } from '../tables/hash';
import { SinglePicker } from './single-picker';
import type { Balanced, Candidates, Picker, PickRequest, Runtime } from '../endpoints/picker';

/** Finds the index of the endpoint where a hash, a signed number of 32 bits, belongs. */
export interface Locator {
  locate(hash: number): number;
  /** See {@link Picker.prepare}. */
  prepare?(): boolean;
}

const MAX_JUMPS = 32;

/** Endpoints tried before that are told apart; a request is not tried more often. */
const MAX_ATTEMPTS = 8;

/** @param boundedLoadPercent most load of one endpoint in percent of its share; undefined when there is no bound */
export function pickByHash<E extends Balanced>(
  candidates: Candidates<E>, locator: () => Locator, boundedLoadPercent: number | undefined, runtime: Runtime,
): Picker<E> {
  const { endpoints, weights } = candidates;
  if (endpoints.length < 2) return new SinglePicker(endpoints);
  const bound = boundedLoadPercent === undefined ? undefined : new BoundedLoad(endpoints.map(({ stats }) => stats), weights, boundedLoadPercent);
  return new HashPicker(candidates, locator(), bound, runtime);
}

class HashPicker<E extends Balanced> implements Picker<E> {
  private readonly endpoints: readonly E[];
  private readonly anywhere: AliasTable;
  /** Places that the present pick has passed over because they were tried; reused so that a pick allocates nothing. */
  private readonly passed = new Int32Array(MAX_ATTEMPTS);

  constructor(
    { endpoints, weights }: Candidates<E>,
    private readonly locator: Locator,
    private readonly bound: BoundedLoad | undefined,
    runtime: Runtime,
  ) {
    this.endpoints = endpoints;
    this.anywhere = new AliasTable(weights, () => runtime.random());
  }

  prepare(): boolean {
    return this.locator.prepare?.() ?? true;
  }

  pick(request?: PickRequest): E | undefined {
    const hashed = request !== undefined && request.hash !== undefined;
    const hash = hashed ? request.hash | 0 : this.anywhere.draw();
    const place = hashed ? this.locator.locate(hash) : hash;
    const attempt = request?.attempt ?? 0;
    if (attempt === 0 && (this.bound === undefined || !this.bound.isFull(place))) return this.endpoints[place];
    return this.endpoints[this.elsewhere(hash, place, Math.min(attempt, MAX_ATTEMPTS, this.endpoints.length - 1))];
  }

  /** The place after `tries` others that would do. */
  private elsewhere(hash: number, first: number, tries: number): number {
    let passed = 0;
    let last = first;
    for (let jump = 0; jump < MAX_JUMPS + this.endpoints.length; jump++) {
      const place = jump === 0 ? first : jump < MAX_JUMPS ? this.locator.locate(mixHash(hash, jump)) : (last + 1) % this.endpoints.length;
      last = place;
      if (this.bound?.isFull(place) || this.hasPassed(place, passed)) continue;
      if (passed === tries) return place;
      this.passed[passed++] = place;
    }
    // Fewer would do than were tried already.
    return this.bound?.isFull(first) && passed > 0 ? this.passed[0]! : first;
  }

  private hasPassed(place: number, count: number): boolean {
    for (let slot = 0; slot < count; slot++) if (this.passed[slot] === place) return true;
    return false;
  }
}
