/**
 * The routes of a gateway, by host. Names in the document are made of host and conditions, so that a route that is added renames no other.
 */
import { IConstruct } from 'constructs';
import { parseAddress, RouteConfig } from '../../contract';
import { PathOptions } from '../../routing';
import { targetsOf } from '../calls/call-routes';
import { defaultCall } from '../calls/default-call';
import { Call, Dependencies } from '../calls/dependencies';
import { AppProtocol } from '../destinations/app-protocol';
import { Destination } from '../destinations/destination';
import { isTls } from '../destinations/tcp-checks';
import { GatewayCallee } from '../monitoring/subjects';
import { ValidationErrors } from '../props/validation-errors';
import { Route } from '../routes/route';
import { DEFAULT_ROUTE_NAME, namesOf, titleOf } from '../routes/route-names';
import { CallersRoute, checkTogether } from '../routes/route-set';
import { checkServerNameRoute } from '../routes/server-name-checks';
import { routeConfig } from '../sidecar/outbound-routes';
import { isA, refusalOfCopy } from '../synthesis/copies';
import { noteAddition } from '../synthesis/unchanged';
import { circleOf, GatewayFront } from './redirect-circles';
import { ANY_HOST, checkGatewayRoute } from './route-checks';

const ROUTES = {
  // #region generated lists of ListenerConfig: routes
  routes: { least: 1, most: 5_000 },
  // #endregion
};

/** What a gateway's routes have of the gateway. */
interface RoutesInfo {
  readonly construct: IConstruct;
  readonly namespace: string;
  readonly path: PathOptions;
  /** That clients speak; absent for HTTP/1.1. */
  readonly protocol?: AppProtocol;
  readonly hasTokens: boolean;
  readonly dependencies: Dependencies;
  /** What is asked about requests. */
  readonly authority?: Destination;
}

export class GatewayRoutes {
  private readonly byHost = new Map<string, Route[]>();

  constructor(private readonly info: RoutesInfo) {}

  /** Every host, in the order of the code. */
  public get hosts(): string[] {
    return [...this.byHost.keys()];
  }

  /** The routes of each host. */
  public get perHost(): ReadonlyMap<string, readonly Route[]> {
    return this.byHost;
  }

  /** Every route. */
  public get all(): Route[] {
    return [...this.byHost.values()].flat();
  }

  /** Adds a route. Throws when it is wrong by itself. */
  public add(method: string, host: string, route: Route): void {
    const { construct, path, protocol, hasTokens, authority, dependencies } = this.info;
    if (!isA(Route, route)) {
      throw new Error(`[${construct.node.path}] '${method}()' got ${route === undefined ? 'undefined' : typeof route}: `
        + `${refusalOfCopy(Route, route) ?? 'give it a route, such as Route.when(Match.pathPrefix(\'/search\')).to(search)'}`);
    }
    const errors = new ValidationErrors();
    const prop = propOf(host, route);
    checkGatewayRoute(errors, prop, host, route, { path, hasTokens, isAsked: authority !== undefined });
    if (isTls(protocol)) {
      checkServerNameRoute(errors, prop, route);
      if (parseAddress(host)) {
        errors.add(method === 'route' ? 'route()' : 'addRoute()', host, 'clients of TLS never ask for an address (RFC 6066); use a host name, or *');
      }
    }
    errors.throwIfAny(construct);
    dependencies.reach(prop, route, protocol);
    this.byHost.set(host, [...this.byHost.get(host) ?? [], route]);
    noteAddition();
  }

  /** What is wrong with the routes together. @param gateways all of the app, this one first */
  public mistakes(gateways: readonly GatewayFront[]): string[] {
    const errors = new ValidationErrors();
    if (this.byHost.size === 0) {
      errors.add('route()', undefined, 'a gateway without a route answers everything with 404; say what a host leads to, such as gateway.route(\'shop.example.com\', web)');
    }
    if (this.all.length > ROUTES.routes.most) {
      errors.add('addRoute()', this.all.length, `use at most ${ROUTES.routes.most} routes; give one of them several conditions by orWhen()`);
    }
    for (const [host, routes] of this.byHost) {
      checkTogether(errors, (route) => propOf(host, route), routes, this.info.path);
    }
    const circle = errors.messages.length === 0 ? circleOf(gateways) : undefined;
    if (circle) {
      errors.add(propOf(circle.host, circle.route), circle.said, 'clients would go round in a circle by these redirects; redirect to a URL that none of them takes');
    }
    return errors.messages;
  }

  /**
   * The routes as calls of what they lead to first, and that of what is asked about requests, for all that looks at calls. Routes that answer by
   * themselves are none.
   */
  public get calls(): Call[] {
    const { authority, namespace } = this.info;
    return [...(authority ? [defaultCall(authority, namespace)] : []), ...[...this.byHost.values()].flatMap((routes) => {
      const names = namesOf(routes);
      return routes.filter((route) => targetsOf(route).length > 0).map((route) => ({ ...this.callOf(route), routes: [toCallers(route, names)] }));
    })];
  }

  /** Whatever requests are sent to, each once. */
  public get callees(): GatewayCallee[] {
    const infos = [...this.byHost.values()].flat().flatMap(targetsOf).map((target) => (target._destination() as Destination)._info());
    return [...new Map(infos.map((info) => [info.id, info])).values()]
      .map((info) => ({ name: info.name, namespace: info.namespace, clusters: info.shares().map(({ cluster }) => cluster) }));
  }

  /** As the document has them. */
  public toConfig(): RouteConfig[] {
    const calls = this.calls;
    return [...this.byHost].flatMap(([host, routes]) => {
      const names = namesOf(routes);
      return routes.map((route): RouteConfig => {
        const { name, matches = [{}], ...rest } = routeConfig(toCallers(route, names), () => this.callOf(route), calls);
        const hosts = host === ANY_HOST ? {} : { hosts: [host] };
        const withHost = matches.map((match) => ({ ...match, ...hosts })).filter((match) => Object.keys(match).length > 0);
        return { name: name === DEFAULT_ROUTE_NAME ? host : `${host}/${name}`, ...(withHost.length > 0 && { matches: withHost }), ...rest };
      });
    });
  }

  private callOf(route: Route): Call {
    return defaultCall(targetsOf(route)[0]._destination() as Destination, this.info.namespace);
  }
}

function toCallers(route: Route, names: ReadonlyMap<Route, string>): CallersRoute {
  return { route, name: names.get(route)!, alternatives: route._spec.alternatives };
}

function propOf(host: string, route: Route): string {
  return `addRoute('${host}', ${titleOf(route)})`;
}
