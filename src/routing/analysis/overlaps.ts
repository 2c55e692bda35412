/**
 * Routes that get in each other's way, found without a request: those that are never reached, as one before them takes all that they
 * could take, and those that only their order of declaration tells apart. No false alarms: what can't be told for sure is not said.
 * Several routes that take all of another one's requests only together are not seen.
 */
import { compareRanks } from '../table/precedence';
import type { RouteTable } from '../table/route-table';
import type { RouteRow } from '../table/row';
import { covers, meet, pathKey } from './implies';

/** Most overlaps that are told; what is beyond is more of the same. */
export const MAX_OVERLAPS = 1_000;

export interface Overlap {
  /**
   * `identical`: `second` is never reached, for `first` has the same conditions and is declared before it. `wider`: it is never reached, for
   * `first` takes all that it could take, and more. `order`: some requests suit both, and `first` takes them only as it is declared before.
   */
  readonly reason: 'identical' | 'wider' | 'order';
  /** Before `second` in precedence. Of another route. */
  readonly first: RouteRow;
  readonly second: RouteRow;
}

export interface Overlaps {
  /** In the order of the second one's precedence. At most one for each row that is never reached. */
  readonly overlaps: readonly Overlap[];
  /** Indices of routes no match of which is ever reached. */
  readonly unreachable: readonly number[];
}

export function findOverlaps({ rows }: RouteTable): Overlaps {
  const overlaps: Overlap[] = [];
  const reached = new Set<number>();
  const covered = new Set<number>();
  const groups = new Map<string, Group>();
  for (const row of rows) {
    const key = row.host?.pattern ?? '';
    let group = groups.get(key);
    if (!group) groups.set(key, group = new Group());
    const found = group.overlapsOf(row);
    const isCovered = found.some(({ reason }) => reason !== 'order');
    (isCovered ? covered : reached).add(row.route);
    overlaps.push(...found.slice(0, MAX_OVERLAPS - overlaps.length));
    group.add(row);
  }
  return { overlaps, unreachable: [...covered].filter((route) => !reached.has(route)).sort((one, other) => one - other) };
}

/** Rows of one host that came before. A row with another host is never in the way: it takes other requests, or is asked earlier for less. */
class Group {
  private readonly byPath = new Map<string, RouteRow[]>();
  private readonly regexes: RouteRow[] = [];

  add(row: RouteRow): void {
    const key = pathKey(row.path);
    const rows = this.byPath.get(key);
    if (rows) rows.push(row);
    else this.byPath.set(key, [row]);
    if (row.path.type === 'regex') this.regexes.push(row);
  }

  /** The first row that covers this one, or else all that only the order of declaration tells from it. */
  overlapsOf(row: RouteRow): Overlap[] {
    const samePath = (this.byPath.get(pathKey(row.path)) ?? []).filter(({ route }) => route !== row.route);
    const first = samePath.find((other) => covers(other, row)) ?? this.regexes.find((other) => other.route !== row.route && covers(other, row));
    if (first) return [{ reason: isSame(first, row) ? 'identical' : 'wider', first, second: row }];
    return samePath.filter((other) => compareRanks(other, row) === 0 && meet(other, row)).map((other) => ({ reason: 'order', first: other, second: row }));
  }
}

function isSame(one: RouteRow, other: RouteRow): boolean {
  return covers(one, other) && covers(other, one);
}
