/**
 * The routes of a listener: which one takes a request. A listener with one route that has no conditions asks nothing of a request; otherwise
 * the table of src/routing does, at a cost that does not grow with the number of routes.
 */
import { Claims, PathNormalizer, PathOptions, RouteTable } from '../../../routing';
import type { ResolvedRoute } from '../../../contract';
import { HEAD_VIEW } from '../../http1/head-view';
import type { RequestHead } from '../../http1/request-head';
import type { Cors } from './cors';
import type { Route } from './route';
import { SERVER_NAME_VIEW } from './server-name-view';

/** A normalizer works in one turn, so those of one kind are one. */
const NORMALIZERS = new Map<string, PathNormalizer>();

export class Routes {
  /** Gives paths the form in which conditions and endpoints see them. */
  readonly normalizer: PathNormalizer;
  /** Takes every request; undefined when there are conditions. */
  private readonly only: Route | undefined;
  private readonly table: RouteTable | undefined;
  /** A route has a `cors` of its own, so that preflight requests must be told apart. */
  private readonly hasCors: boolean;

  /**
   * @param all     in the order of `configs`
   * @param options how paths are normalised
   */
  constructor(readonly all: readonly Route[], configs: readonly Pick<ResolvedRoute, 'matches'>[], options: PathOptions = {}) {
    this.normalizer = normalizerOf(options);
    this.hasCors = all.some(({ cors }) => cors !== undefined);
    const [first] = configs;
    if (configs.length === 1 && !first!.matches) {
      this.only = all[0]!;
      return;
    }
    const table = RouteTable.of(configs, options);
    // A document is checked before it gets here.
    if (!(table instanceof RouteTable)) throw new Error(table.map(({ message }) => message).join('; '));
    this.table = table;
  }

  /**
   * The route of the request whose head, with a normal path, is in `source`; undefined when none takes it.
   *
   * @param claims of its verified token
   */
  of(source: Buffer, head: RequestHead, claims?: Claims): Route | undefined {
    if (this.only) return this.only;
    return this.at(this.table!.lookup(HEAD_VIEW.of(source, head, claims)));
  }

  /** The route of a connection of TLS by the name that its client asks for; undefined when none takes it. */
  ofServerName(serverName: string | undefined): Route | undefined {
    return this.only ?? this.at(this.table!.lookup(SERVER_NAME_VIEW.of(serverName)));
  }

  /**
   * The route of the request that a preflight request asks about, if it answers those itself. Header fields of that request are not known.
   *
   * @param asked the field with its method
   */
  askedBy(source: Buffer, head: RequestHead, asked: number): (Route & { readonly cors: Cors }) | undefined {
    if (!this.hasCors) return undefined;
    const route = this.only ?? this.at(this.table!.lookup(HEAD_VIEW.of(source, head, undefined, asked)));
    return route && answersPreflights(route) ? route : undefined;
  }

  /** Goes on where the routes were whose place these take, each by its name. */
  resume(before: Routes): void {
    const byName = new Map(before.all.map((route) => [route.name, route]));
    for (const route of this.all) {
      const present = byName.get(route.name);
      if (present) route.resume(present);
    }
  }

  private at(row: { readonly route: number } | undefined): Route | undefined {
    return row && this.all[row.route];
  }
}

function answersPreflights(route: Route): route is Route & { readonly cors: Cors } {
  return route.cors !== undefined;
}

function normalizerOf(options: PathOptions): PathNormalizer {
  const key = JSON.stringify([options.encodedSlashes, options.mergeSlashes]);
  let normalizer = NORMALIZERS.get(key);
  if (!normalizer) NORMALIZERS.set(key, normalizer = new PathNormalizer(options));
  return normalizer;
}
