/** The rows of one host, by path. */
import { bytesOf } from '../bytes/bytes';
import type { RequestView } from '../request/request-view';
import type { Boundaries } from './boundaries';
import { ByteIndex } from './byte-index';
import { RegexIndex } from './regex-index';
import type { RouteRow, RowPath } from './row';
import { RowList } from './row-list';

const SLASH = 0x2f;

type RegexRow = RouteRow & { readonly path: Extract<RowPath, { type: 'regex' }> };

export class PathTable {
  private readonly exact: ByteIndex<RowList>;
  private readonly regexRows: readonly RegexRow[];
  /** By the elements that their expressions begin with, as they are written out. */
  private readonly regexes: ByteIndex<RegexIndex>;
  private readonly prefixes: ByteIndex<RowList>;
  /** Rows for any path: all that `*` can match. */
  private readonly pathless: RowList;

  /** @param rows in the order of precedence */
  constructor(rows: readonly RouteRow[]) {
    const listOf = (group: readonly RouteRow[]): RowList => new RowList(group);
    this.exact = indexOf(rows, ({ path }) => (path.type === 'exact' ? path.value : undefined), listOf);
    this.regexRows = rows.filter(isRegexRow);
    const places = new Map(this.regexRows.map((row, place) => [row, place]));
    this.regexes = indexOf(this.regexRows, ({ path }) => literalElements(path), (group) => (
      new RegexIndex(this.regexRows, group.map((row) => [places.get(row)!, row.path.regex] as const))
    ));
    this.prefixes = indexOf(rows, ({ path }) => (path.type === 'prefix' ? path.value : path.type === 'any' ? '' : undefined), listOf);
    this.pathless = new RowList(rows.filter(({ path }) => path.type === 'any'));
  }

  /** The first row that takes a request. @param boundaries of its path */
  find(request: RequestView, boundaries: Boundaries): RouteRow | undefined {
    const { bytes, start, end } = request.path;
    const { wholeHash, isWhole, count, ends, hashes } = boundaries;
    // `*` is no path, and only rows for any path take it.
    if (bytes[start] !== SLASH) return this.pathless.find(request);
    if (isWhole && this.exact.size > 0) {
      const found = this.exact.get(wholeHash, bytes, start, end)?.find(request);
      if (found) return found;
    }
    if (this.regexes.size > 0) {
      const found = this.findByRegex(request, boundaries);
      if (found) return found;
    }
    if (this.prefixes.size === 0) return undefined;
    if (isWhole) {
      const found = this.prefixes.get(wholeHash, bytes, start, end)?.find(request);
      if (found) return found;
    }
    for (let at = count - 1; at >= 0; at--) {
      const found = this.prefixes.get(hashes[at]!, bytes, start, ends[at]!)?.find(request);
      if (found) return found;
    }
    return undefined;
  }

  /** Of those at each boundary, the first in the order of precedence. */
  private findByRegex(request: RequestView, { count, ends, hashes }: Boundaries): RouteRow | undefined {
    const { bytes, start, end } = request.path;
    let best = this.regexRows.length;
    for (let at = 0; at < count; at++) {
      const index = this.regexes.get(hashes[at]!, bytes, start, ends[at]!);
      if (index) best = index.find(bytes, start, end, request, best);
    }
    return this.regexRows[best];
  }
}

function isRegexRow(row: RouteRow): row is RegexRow {
  return row.path.type === 'regex';
}

/** The elements that all paths of an expression begin with, without the slash behind them; that slash is in all of them, too. */
export function literalElements({ regex }: RegexRow['path']): string {
  return regex.literalStart.slice(0, Math.max(0, regex.literalStart.lastIndexOf('/')));
}

function indexOf<R extends RouteRow, V>(
  rows: readonly R[], keyOf: (row: R) => string | undefined, valueOf: (group: readonly R[]) => V,
): ByteIndex<V> {
  const groups = new Map<string, R[]>();
  for (const row of rows) {
    const key = keyOf(row);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return new ByteIndex([...groups].map(([key, group]) => [bytesOf(key), valueOf(group)] as const));
}
