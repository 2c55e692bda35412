/** The picker of an empty set and of a set of one, where no policy has anything to choose. */
import type { Balanced, Picker } from '../endpoints/picker';

export class SinglePicker<E extends Balanced> implements Picker<E> {
  private readonly endpoint: E | undefined;

  constructor(endpoints: readonly E[]) {
    this.endpoint = endpoints[0];
  }

  pick(): E | undefined {
    return this.endpoint;
  }
}
