/** The picker of a set that has one endpoint or none: there is nothing to choose. */
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
