/** What behaves otherwise in one stack than in another. */
import type { Stack } from '../stack/stack';
import type { Change } from './change';
import { changesOfEdges } from './edges';
import { changesOfReach } from './reach';
import { changesOfServices } from './services';
import { Titles } from './titles';

/** Services first, then edges; each place's changes together. */
export function diffOf(before: Stack, after: Stack): Change[] {
  const titles = new Titles(before, after);
  const edges = [...changesOfEdges(before, after, titles), ...changesOfReach(before, after, titles)];
  return [...grouped(changesOfServices(before, after, titles)), ...grouped(edges)];
}

function grouped(changes: readonly Change[]): Change[] {
  return [...new Set(changes.map(({ where }) => where))].flatMap((where) => changes.filter((change) => change.where === where));
}
