/** The rows of one host, by path. */
import { bytesOf } from '../bytes/bytes';
import type { RequestView } from '../request/request-view';
import type { Boundaries } from './boundaries';
import { ByteIndex } from './byte-index';
import type { RouteRow, RowPath } from './row';

const SLASH = 0x2f;

type RegexRow = RouteRow & { readonly path: Extract<RowPath, { type: 'regex' }> };

export class PathTable {
  private readonly exact: ByteIndex<readonly RouteRow[]>;
  private readonly regexes: readonly RegexRow[];
  private readonly prefixes: ByteIndex<readonly RouteRow[]>;
  /** Rows for any path: all that `*` can match. */
  private readonly pathless: readonly RouteRow[];

  /** @param rows in the order of precedence */
  constructor(rows: readonly RouteRow[]) {
    this.exact = indexOf(rows, ({ path }) => (path.type === 'exact' ? path.value : undefined));
    this.regexes = rows.filter((row): row is RegexRow => row.path.type === 'regex');
    this.prefixes = indexOf(rows, ({ path }) => (path.type === 'prefix' ? path.value : path.type === 'any' ? '' : undefined));
    this.pathless = rows.filter(({ path }) => path.type === 'any');
  }

  /** The first row that takes a request. @param boundaries of its path */
  find(request: RequestView, boundaries: Boundaries): RouteRow | undefined {
    const { bytes, start, end } = request.path;
    const { wholeHash, isWhole, count, ends, hashes } = boundaries;
    // `*` is no path, and only rows for any path take it.
    if (bytes[start] !== SLASH) return firstOf(this.pathless, request);
    if (isWhole && this.exact.size > 0) {
      const found = firstOf(this.exact.get(wholeHash, bytes, start, end), request);
      if (found) return found;
    }
    for (let at = 0; at < this.regexes.length; at++) {
      const row = this.regexes[at]!;
      if (row.path.regex.test(bytes, start, end) && row.holds(request)) return row;
    }
    if (this.prefixes.size === 0) return undefined;
    if (isWhole) {
      const found = firstOf(this.prefixes.get(wholeHash, bytes, start, end), request);
      if (found) return found;
    }
    for (let at = count - 1; at >= 0; at--) {
      const found = firstOf(this.prefixes.get(hashes[at]!, bytes, start, ends[at]!), request);
      if (found) return found;
    }
    return undefined;
  }
}

function firstOf(rows: readonly RouteRow[] | undefined, request: RequestView): RouteRow | undefined {
  if (rows === undefined) return undefined;
  for (let at = 0; at < rows.length; at++) if (rows[at]!.holds(request)) return rows[at];
  return undefined;
}

function indexOf(rows: readonly RouteRow[], keyOf: (row: RouteRow) => string | undefined): ByteIndex<readonly RouteRow[]> {
  const groups = new Map<string, RouteRow[]>();
  for (const row of rows) {
    const key = keyOf(row);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return new ByteIndex([...groups].map(([key, group]) => [bytesOf(key), group] as const));
}
