/**
 * Redirects of gateways that lead to each other: from one host to another and back, to HTTPS and from there to HTTP, from one gateway of the app
 * to another. As with the routes of a service (redirect-cycles.ts), a client is followed from a request that a route takes, so what is told is
 * certain. A URL is known to come back to a gateway when that has its port, and names its host or has just redirected without changing it.
 */
import { DEFAULT_HTTPS_REDIRECT } from '../../contract';
import { PathFault, PathOptions, RouteTable, RoutingRequest } from '../../routing';
import { Condition, toRouteMatch } from '../routes/condition';
import { fieldsOf, firstOf, lastLap, methodAfter, MOST_REDIRECTS, pathAfter } from '../routes/redirect-cycles';
import { Route } from '../routes/route';
import { titleOf } from '../routes/route-names';
import { hasTrustedHops, redirectsToHttps } from './edge-config';
import { GatewayProps } from './gateway-props';
import { portsOf } from './gateway-service';
import { ANY_HOST, takesHost } from './route-checks';

/** What is known of a gateway. */
export interface GatewayFront {
  readonly props: GatewayProps;
  readonly routes: ReadonlyMap<string, readonly Route[]>;
  readonly path: PathOptions;
}

/** One alternative of a route of a host; or, without a route, all requests by HTTP that are redirected to HTTPS. */
interface Step {
  readonly front: Front;
  readonly host: string;
  readonly route?: Route;
  readonly conditions: readonly Condition[];
}

interface Url {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly method: string;
}

const DEFAULT_PORTS = { http: 80, https: DEFAULT_HTTPS_REDIRECT.port } as const;

/** The first circle that begins with a route of the first gateway, as its author wrote it; undefined when there is none. */
export function circleOf(gateways: readonly GatewayFront[]): { readonly host: string; readonly route: Route; readonly said: string } | undefined {
  const [own] = gateways;
  if (![...own.routes.values()].flat().some(({ _spec: { redirect } }) => redirect !== undefined)) {
    return undefined;
  }
  const fronts = gateways.map((gateway) => new Front(gateway));
  const declared = fronts.flatMap(({ steps, toHttps }) => [...steps, toHttps]);
  for (const start of fronts[0].steps.filter(({ route }) => route!._spec.redirect)) {
    for (const scheme of ['https', 'http'] as const) {
      const lap = followed(start, scheme, fronts, declared);
      const first = lap?.find(({ route }) => route);
      if (lap && first?.front === fronts[0]) {
        return { host: first.host, route: first.route!, said: [...lap, lap[0]].map(saidOf).join(' -> ') };
      }
    }
  }
  return undefined;
}

function saidOf({ host, route }: Step): string {
  return route ? `${host} ${titleOf(route)}` : '\'httpsRedirect\'';
}

/** The steps that a client makes again and again; undefined when it gets somewhere, or nobody knows. */
function followed(start: Step, scheme: Url['scheme'], fronts: readonly Front[], declared: readonly Step[]): readonly Step[] | undefined {
  const fields = fieldsOf(start.conditions);
  const first = firstOf(start.conditions);
  if (!fields || !first) {
    return undefined;
  }
  const met: Step[] = [];
  const host = start.host === ANY_HOST ? 'a.invalid' : start.host.replace('*', 'a');
  let { front } = start;
  let url: Url | undefined = { ...first, scheme, host, port: front.portOf(scheme) };
  let { headers } = fields;
  for (let count = 0; count <= MOST_REDIRECTS; count += 1) {
    const step = front.stepOf(url, { ...fields, headers });
    const next: Url | undefined = step && front.after(url, step);
    const before = url;
    const nextFront: Front | undefined = next && fronts.find((each) => (
      each.hasPort(next) && (each.names(next.host) || (each === front && next.host === before.host))));
    if (!step || !next || !nextFront) {
      return undefined;
    }
    if (next.host !== before.host) {
      // Cookies are for one host.
      const { cookie: _, ...others } = headers;
      headers = others;
    }
    met.push(step);
    [front, url] = [nextFront, next];
  }
  return lastLap(met, declared);
}

/** A gateway as clients meet it. */
class Front {
  public readonly steps: readonly Step[];
  /** All requests by HTTP, where those are redirected. */
  public readonly toHttps: Step = { front: this, host: ANY_HOST, conditions: [] };
  private readonly ports: { readonly http: number; readonly https?: number };
  private readonly table: RouteTable | undefined;
  private readonly hosts: readonly string[];
  private readonly redirects: boolean;

  public constructor(private readonly gateway: GatewayFront) {
    const { props, routes, path } = gateway;
    const { port, httpsPort } = portsOf(props);
    this.redirects = redirectsToHttps(props);
    // Where a trusted proxy in front speaks HTTPS, clients are redirected to it.
    const isSecured = props.tls !== undefined || (this.redirects && hasTrustedHops(props));
    this.ports = { http: port, ...(isSecured && { https: httpsPort }) };
    this.hosts = [...routes.keys()];
    this.steps = [...routes].flatMap(([host, ofHost]) => ofHost.flatMap((route) => {
      const { alternatives } = route._spec;
      return (alternatives.length === 0 ? [[]] : alternatives).map((matches): Step => (
        { front: this, host, route, conditions: matches.map(({ _condition }) => _condition) }));
    }));
    const table = RouteTable.of(this.steps.map(({ host, conditions }) => (
      { matches: [{ ...toRouteMatch(conditions), ...(host !== ANY_HOST && { hosts: [host] }) }] })), path);
    this.table = table instanceof RouteTable ? table : undefined;
  }

  /** 0 where it does not listen. */
  public portOf(scheme: Url['scheme']): number {
    return this.ports[scheme] ?? 0;
  }

  public hasPort({ scheme, port }: Url): boolean {
    return port === this.ports[scheme];
  }

  public names(host: string): boolean {
    return this.hosts.some((each) => each !== ANY_HOST && takesHost(each, host));
  }

  /** What takes a request. */
  public stepOf({ scheme, host, port, path, method }: Url, { query, headers }: NonNullable<ReturnType<typeof fieldsOf>>): Step | undefined {
    if (port === 0) {
      return undefined;
    }
    if (scheme === 'http' && this.redirects) {
      return this.toHttps;
    }
    const request = RoutingRequest.of(method, path + query, { ...headers, host }, this.gateway.path);
    const row = request instanceof PathFault ? undefined : this.table?.lookup(request);
    return row && this.steps[row.route];
  }

  /** Where a client is redirected to; undefined when it is not. */
  public after(url: Url, { route, conditions }: Step): Url | undefined {
    if (!route) {
      return { ...url, scheme: 'https', port: this.portOf('https') };
    }
    const { redirect } = route._spec;
    if (!redirect) {
      return undefined;
    }
    const scheme = redirect.scheme ?? url.scheme;
    return {
      scheme,
      host: redirect.host?.toLowerCase() ?? url.host,
      port: redirect.port ?? (redirect.scheme === undefined ? url.port : DEFAULT_PORTS[scheme]),
      path: pathAfter(url.path, redirect, conditions),
      method: methodAfter(url.method, redirect),
    };
  }
}
