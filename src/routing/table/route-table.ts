/**
 * Finds the route of a request. A look-up hashes the path once, at each of its slashes, and the host once, at each of its dots; then
 * exact paths and prefixes are looked up by hash, from the longest, and matches of the same host and path by the value that they ask for
 * (row-list.ts). Regular expressions that begin with the same elements are one automaton (regex-index.ts). So its cost grows with the depth of the
 * path, not with the number of routes. Tried one after the other are matches of one path that no value tells apart. It allocates nothing, and reads
 * of a request only what some match asks for.
 *
 * A table is for one look-up at a time: what is read of a request is kept in it until the look-up ends.
 */
import { bytesOf } from '../bytes/bytes';
import type { PathOptions } from '../path/options';
import type { RequestView } from '../request/request-view';
import { Boundaries } from './boundaries';
import { ByteIndex } from './byte-index';
import { RowCompiler, type RoutableRoute, type RouteProblem } from './compile';
import { HostReader, reversed } from './host-reader';
import { literalElements, PathTable } from './path-table';
import { compareRows } from './precedence';
import type { RouteRow } from './row';

const SLASH = 0x2f;
const DOT = 0x2e;

export class RouteTable {
  private readonly exactHosts: ByteIndex<PathTable>;
  private readonly wildcards: ByteIndex<PathTable>;
  private readonly anyHost: PathTable;
  private readonly paths: Boundaries;
  private readonly host = new HostReader();
  private readonly labels: Boundaries;

  /**
   * The table of some routes, or all that is wrong with their matches.
   *
   * @param routes in the order of declaration
   * @param options as the paths of requests are normalised with
   */
  static of(routes: readonly RoutableRoute[], options: PathOptions = {}): RouteTable | readonly RouteProblem[] {
    const { rows, problems } = compiled(routes, options);
    return problems.length > 0 ? problems : new RouteTable(rows.sort(compareRows));
  }

  /** The same problems, for those who need no table: its indexes are not built. */
  static problemsOf(routes: readonly RoutableRoute[], options: PathOptions = {}): readonly RouteProblem[] {
    return compiled(routes, options).problems;
  }

  /** @param rows each match of each route, for each of its hosts, in the order of precedence */
  private constructor(readonly rows: readonly RouteRow[]) {
    this.exactHosts = byHost(rows, false);
    this.wildcards = byHost(rows, true);
    this.anyHost = new PathTable(rows.filter(({ host }) => !host));
    const paths = rows.map(({ path }) => (path.type === 'any' ? '' : path.type === 'regex' ? literalElements(path) : path.value));
    const names = rows.map(({ host }) => host?.name ?? '');
    // One more: that of a prefix is the slash behind its last element.
    this.paths = new Boundaries(SLASH, largest(paths, (path) => path.split('/').length), largest(paths, ({ length }) => length));
    this.labels = new Boundaries(DOT, largest(names, (name) => name.split('.').length), largest(names, ({ length }) => length));
  }

  /** The row that takes a request, with the indices of its route and match; undefined when none does. */
  lookup(request: RequestView): RouteRow | undefined {
    const { path } = request;
    this.paths.read(path.bytes, path.start, path.end);
    return this.lookupByHost(request) ?? this.anyHost.find(request, this.paths);
  }

  private lookupByHost(request: RequestView): RouteRow | undefined {
    if (this.exactHosts.size === 0 && this.wildcards.size === 0) return undefined;
    const { host, labels } = this;
    if (!host.read(request.host.bytes, request.host.start, request.host.end)) return undefined;
    labels.read(host.bytes, 0, host.length);
    if (labels.isWhole) {
      const found = this.exactHosts.get(labels.wholeHash, host.bytes, 0, host.length)?.find(request, this.paths);
      if (found) return found;
    }
    if (this.wildcards.size === 0) return undefined;
    for (let at = labels.count - 1; at >= 0; at--) {
      // At least one byte stands for the `*`.
      if (labels.ends[at]! + 1 === host.length) continue;
      const found = this.wildcards.get(labels.hashes[at]!, host.bytes, 0, labels.ends[at]!)?.find(request, this.paths);
      if (found) return found;
    }
    return undefined;
  }
}

function compiled(routes: readonly RoutableRoute[], options: PathOptions): RowCompiler {
  const compiler = new RowCompiler(options);
  routes.forEach(({ matches }, index) => compiler.add(index, matches ?? []));
  return compiler;
}

function byHost(rows: readonly RouteRow[], wildcard: boolean): ByteIndex<PathTable> {
  const groups = new Map<string, RouteRow[]>();
  for (const row of rows) {
    if (row.host?.isWildcard !== wildcard) continue;
    const group = groups.get(row.host.name);
    if (group) group.push(row);
    else groups.set(row.host.name, [row]);
  }
  return new ByteIndex([...groups].map(([name, group]) => [bytesOf(reversed(name)), new PathTable(group)] as const));
}

function largest<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((most, value) => Math.max(most, of(value)), 0);
}
