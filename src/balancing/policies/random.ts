/**
 * Random: any endpoint, by chance, in proportion to weights; one random number and O(1) per pick (see alias-table.ts).
 *
 * It keeps no state that many proxies could share by accident, so it needs no spreading; its price is the variance of a
 * binomial: over k picks an endpoint's share strays by about sqrt(share * (1 - share) / k).
 */
import type { RandomConfig } from '../../contract';
import { AliasTable } from '../tables/alias-table';
import type { Balanced, Candidates, Picker, PickerFactory, Runtime } from '../endpoints/picker';

class Random<E extends Balanced> implements Picker<E> {
  private readonly table: AliasTable | undefined;

  private readonly endpoints: readonly E[];

  constructor({ endpoints, weights }: Candidates<E>, runtime: Runtime) {
    this.endpoints = endpoints;
    this.table = endpoints.length === 0 ? undefined : new AliasTable(weights, () => runtime.random());
  }

  pick(): E | undefined {
    return this.table === undefined ? undefined : this.endpoints[this.table.draw()];
  }
}

export const random: PickerFactory<RandomConfig> =
  (candidates, _config, runtime) => new Random(candidates, runtime);
