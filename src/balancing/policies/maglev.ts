/**
 * Maglev: a key belongs to the endpoint in its place of a table (maglev-table.ts). Shares are nearly exact and a pick is
 * one look, for a table of 4 bytes a place and more keys that move than on a ring: beside the 1/n that must, about as many
 * again, fewer the larger the table is against the number of endpoints.
 */
import type { MaglevConfig } from '../../contract';
import { pickByHash } from './hash-picker';
import { MaglevTable } from './maglev-table';
import type { PickerFactory } from '../endpoints/picker';

export const maglev: PickerFactory<MaglevConfig> = (candidates, config, runtime) => {
  const { endpoints, weights } = candidates;
  const { tableSize, boundedLoadPercent } = config;
  if (tableSize === undefined) throw new TypeError('maglev needs its table size; fill in the configuration\'s defaults before building a picker');
  return pickByHash(candidates, () => new MaglevTable(endpoints.map(({ key }) => key), weights, tableSize), boundedLoadPercent, runtime);
};
