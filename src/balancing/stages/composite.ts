/** What pickers made of pickers share: which part takes a request is theirs, the rest is asked of the parts. */
import type { Balanced, Picker, PickRequest, PolicyChoice } from '../endpoints/picker';

/**
 * Builds the picker of a part.
 *
 * @param previous the picker that it replaces, for the state that it may take over
 */
export type Build<E extends Balanced> = (endpoints: readonly E[], previous: Picker<E> | undefined) => Picker<E>;

export abstract class Composite<E extends Balanced> implements Picker<E> {
  readonly renewAfterMs: number | undefined;

  /** @param parts at least one */
  constructor(protected readonly parts: readonly Picker<E>[]) {
    const ages = parts.flatMap(({ renewAfterMs }) => (renewAfterMs === undefined ? [] : [renewAfterMs]));
    this.renewAfterMs = ages.length === 0 ? undefined : Math.min(...ages);
  }

  abstract pick(request?: PickRequest): E | undefined;

  prepare(): boolean {
    return this.parts.every((part) => part.prepare?.() ?? true);
  }

  /** Of the first part: they measure the same endpoints' kind of traffic, and one is what people look at. */
  get choice(): PolicyChoice | undefined {
    return this.parts[0]!.choice;
  }
}
