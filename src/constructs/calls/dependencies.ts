/**
 * What a workload calls, and the permission that it takes. Versions of a service share the service's dependencies and may
 * add their own. A caller may read the EndpointSlices of each namespace that it calls (endpoint-readers.ts); one that needs none may read none.
 */
import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { ClusterConfig, DEFAULT_ROUTE, RouteConfig } from '../../contract';
import type { Objectives, ServicePromise } from '../../planning/objectives/published';
import { AppProtocol, factsOf } from '../destinations/app-protocol';
import { Destination } from '../destinations/destination';
import { ExternalAuthorization } from '../destinations/external-authorization';
import { callersHost, DestinationInfo, outboundListener } from '../destinations/destination-info';
import { Fallback } from '../destinations/fallback';
import { checkTcpPolicies, isTcp, isTls, refuseForTcp } from '../destinations/tcp-checks';
import { SelectedPods } from '../network/policy-spec';
import { checkAllow } from '../identity/allow-checks';
import { WorkloadIdentity } from '../identity/workload-identity';
import type { InboundPort } from '../inbound/inbound-ports';
import { TlsOptions } from '../inbound/tls-options';
import { clusterOf, ONLY_CLUSTER } from '../mesh/mesh-settings';
import { checkKinds } from '../mesh/prop-kinds';
import { FaultInjection } from '../policies/fault-injection';
import { checkHealth, healthConfig, healthRequest } from '../policies/health-options';
import { LoadBalancing } from '../policies/load-balancing';
import { checkConnections, checkConnectionsTogether, CONNECTION_WAITS, ConnectionConfig, connectionConfig } from '../policies/proxy-quantities';
import { RetryFields } from '../policies/retry-fields';
import { SessionPersistence } from '../policies/session-persistence';
import { DEFAULT_NAMESPACE } from '../props/name-rules';
import { checkValues, checkWithinCall, namesOf, Quantity, toConfig } from '../props/quantities';
import { show, ValidationErrors } from '../props/validation-errors';
import { Route } from '../routes/route';
import { titleOf } from '../routes/route-names';
import { CallersRoute, namedCallers, routesFor } from '../routes/route-set';
import { RouteTarget } from '../routes/route-target';
import { checkServerNameRoute } from '../routes/server-name-checks';
import { isA, refusalOfCopy } from '../synthesis/copies';
import { noteAddition } from '../synthesis/unchanged';
import { CallOptions } from './call-options';
import { callRoute } from './call-route';
import { besides, checkCallRoutes, standsFor, targetsOf } from './call-routes';
import { letReadEndpoints } from './endpoint-readers';

/** The numbers of a call, which its routes get as they are. */
const ROUTE_QUANTITIES = {
  // #region generated quantities of RouteConfig
  timeout: { field: 'timeoutMs', unit: 'time', min: 0 },
  // #endregion
} as const satisfies { readonly [Prop in keyof CallOptions]?: Quantity<keyof RouteConfig> };
type RouteNumbers = Pick<CallOptions, keyof typeof ROUTE_QUANTITIES>;

const CALL_OPTIONS = {
  ...namesOf(ROUTE_QUANTITIES), required: true, loadBalancing: true, connections: true, sessionPersistence: true, healthCheck: true,
  outlierDetection: true, retry: true, fallback: true, routes: true, allow: true, faults: true,
} as const satisfies Record<keyof CallOptions, true>;

/** A declared call. */
export interface Call {
  readonly destination: Destination;
  readonly info: DestinationInfo;
  /** What its routes say of it besides; nothing that a default says. */
  readonly route: Partial<RouteConfig>;
  readonly loadBalancing: LoadBalancing;
  readonly connections: Partial<ConnectionConfig>;
  readonly retry?: RetryFields;
  readonly health: Pick<ClusterConfig, 'healthCheck' | 'outlierDetection'>;
  readonly sessionPersistence?: SessionPersistence;
  readonly fallback?: Fallback;
  /** Whether its author says that the caller's requests need it. */
  readonly required?: boolean;
  readonly faults: readonly FaultInjection[];
  /** Its routes as this caller has them, without the one that takes what they leave. */
  readonly routes: readonly CallersRoute[];
}

/** What was declared of a call. The routes that its caller gave it; absent for those of the service. */
type DeclaredCall = Omit<Call, 'routes'> & { readonly ownRoutes?: readonly Route[] };

/** Who calls. */
export interface Caller {
  /** Where errors point and permissions are created. */
  readonly construct: Construct;
  /** Name that its permissions are called by; unique in its namespace. */
  readonly name: string;
  readonly namespace: string;
  /** The account that its pods run under. Asked for only when a permission is needed. */
  account(): { name: string };
  /** Its pods, as policies select them. */
  pods(): SelectedPods;
  /** Who its pods prove to be, if anybody. */
  readonly identity?: WorkloadIdentity;
  /** The destination that the caller itself is, if any. */
  self(): Destination | undefined;
}

/** What a service shares with the sidecars of its versions. */
export interface ServiceLink {
  readonly dependencies: Dependencies;
  readonly self: Destination;
  readonly accountName: string;
  /** How clients from outside come by TLS. */
  readonly tls?: TlsOptions;
  /** Whether clients from outside come to one of its Services; it is known when the app is complete. */
  hasOutsideClients(): boolean;
  /** Its ports beside the first one. */
  ports(): readonly InboundPort[];
  readonly identity?: WorkloadIdentity;
  /** Name of the port in the service's Services. */
  readonly portName: string;
  /** CPU that the sidecar requests, where a plan says it. */
  readonly proxyCpuMillis?: number;
  /** Its objectives, if it has any. */
  readonly promise?: ServicePromise;
}

/** The calls of one caller. */
export class Dependencies {
  private readonly own: DeclaredCall[] = [];
  private readonly granted = new Set<string>();
  private readonly ownAsked: Destination[] = [];

  constructor(private readonly caller: Caller, private readonly inherited?: Dependencies) {}

  /** Every call, the inherited ones first. */
  public get calls(): Call[] {
    const { construct } = this.caller;
    return this.declared.map(({ ownRoutes, ...call }) => (
      { ...call, routes: routesFor(ownRoutes ?? call.info.routes(), (named) => standsFor(named, construct)) }));
  }

  /** Its calls of which is said whether they are required, by their listeners. */
  public get needs(): Pick<Objectives, 'required' | 'optional'> {
    const listeners = (wanted: boolean): string[] => this.declared.filter(({ required }) => required === wanted)
      .flatMap(({ info }) => info.ports.map((port) => outboundListener(info, port)));
    return { required: listeners(true), optional: listeners(false) };
  }

  /** Services that the proxy itself asks about requests, each once. */
  public get asked(): Destination[] {
    return [...new Set([...this.inherited?.asked ?? [], ...this.ownAsked])];
  }

  /** Lets the proxy ask a service about requests. */
  public ask({ _service: service }: ExternalAuthorization): void {
    this.reach('externalAuthorization', Route.always().to(service));
    this.ownAsked.push(service);
    this.grantSelf();
  }

  private get declared(): DeclaredCall[] {
    return [...(this.inherited?.declared ?? []), ...this.own];
  }

  /** Declares a call. */
  public add(destination: Destination, options: CallOptions): void {
    const { construct } = this.caller;
    const errors = new ValidationErrors();
    if (!isA(Destination, destination)) {
      const refusal = refusalOfCopy(Destination, destination);
      if (refusal !== undefined) {
        throw new Error(`[${construct.node.path}] 'calls()' got '${destination.node.path}': ${refusal}`);
      }
      if (typeof (destination as { expose?: unknown } | undefined)?.expose === 'function') {
        throw new Error(`[${construct.node.path}] 'calls()' got a MeshSidecar: call its expose() first, and give 'calls()' what that returns; of a MeshService, give the service itself`);
      }
      if (isA(RouteTarget, destination)) {
        throw new Error(`[${construct.node.path}] 'calls()' got a version: call the service, and send its requests to the version by a route, such as calls(catalog, { routes: [Route.always().to(version)] })`);
      }
      throw new Error(`[${construct.node.path}] 'calls()' got ${destination === undefined ? 'undefined' : show(destination)}: give it a MeshService, an ExternalService, or what MeshSidecar.expose() returns`);
    }
    const info = destination._info();
    const prop = `calls(${info.name})`;
    checkKinds(construct, options, `${prop}.`);
    const loadBalancing = options.loadBalancing ?? info.loadBalancing;
    errors.unknownProps(options, CALL_OPTIONS, `${prop}.`);
    if (destination === this.caller.self()) {
      errors.add(prop, info.name, 'a service can\'t call itself through the mesh; use localhost');
    } else if (this.declared.some((call) => call.destination === destination)) {
      errors.add(prop, info.name, 'it is called already; say everything in one calls()');
    }
    for (const called of [destination, ...options.fallback?._destinations ?? []]) {
      checkCluster(errors, prop, called, construct);
    }
    if (options.loadBalancing) {
      loadBalancing._check(errors, `${prop}.loadBalancing`);
      info.checkLoadBalancing(errors, `${prop}.loadBalancing`, loadBalancing);
    }
    checkValues<RouteNumbers, RouteConfig>(errors, prop, options, ROUTE_QUANTITIES);
    const route = callRoute(info.protocol, toConfig<RouteNumbers, RouteConfig>(options, ROUTE_QUANTITIES));
    const { timeoutMs = isTcp(info.protocol) ? 0 : DEFAULT_ROUTE.timeoutMs } = route;
    if (isTcp(info.protocol)) {
      checkTcpCall(errors, prop, options, info);
    }
    for (const called of options.fallback?._destinations ?? []) {
      checkSameKind(errors, `${prop}.fallback`, info, called);
    }
    if (options.connections !== undefined) {
      checkConnections(errors, `${prop}.connections`, options.connections, info.closesIdleAfterMs);
      checkWithinCall(errors, `${prop}.connections`, options.connections, timeoutMs, CONNECTION_WAITS);
    }
    checkHealth(errors, `${prop}.`, options, factsOf(info.protocol).wire?.protocol);
    const retry = options.retry ?? info.retry;
    options.retry?._check(errors, `${prop}.retry`, timeoutMs);
    if (!options.retry) {
      info.retry?._checkTryTimeout(errors, `${info.name}.retry`, timeoutMs);
    }
    const sessionPersistence = options.sessionPersistence ?? info.sessionPersistence;
    options.sessionPersistence?._check(errors, `${prop}.sessionPersistence`);
    if (options.sessionPersistence || options.loadBalancing) {
      sessionPersistence?._checkBeside(errors, `${prop}.sessionPersistence`, loadBalancing,
        'choose a policy without a key, or say SessionPersistence.none() here');
    }
    options.faults?.forEach((fault, index) => fault._check(errors, `${prop}.faults[${index}]`));
    options.fallback?._check(errors, `${prop}.fallback`, destination, this.caller.self());
    const connections = connectionConfig([options.connections, info.connections], info.closesIdleAfterMs);
    checkConnectionsTogether(errors, `${prop}.connections`, options.connections, info.connections);
    if (options.routes) {
      checkCallRoutes(errors, `${prop}.routes`, options.routes, { destination, timeoutMs }, this.caller.self());
    }
    if (options.allow) {
      checkAllow(errors, `${prop}.allow`, options.allow, {
        caller: this.caller.identity, callee: info.identity, path: info.path ?? {}, hasTokens: info.jwt !== undefined,
      });
    }
    errors.throwIfAny(construct);

    const health = healthConfig(options, info.health, callersHost(info, this.caller.namespace));
    this.own.push({
      destination,
      info,
      route,
      loadBalancing,
      sessionPersistence,
      connections,
      health,
      retry: retry?._toFields(),
      fallback: options.fallback,
      required: options.required,
      faults: options.faults ?? [],
      ownRoutes: options.routes,
    });
    noteAddition();
    const { healthCheck } = health;
    destination._noteCall({
      identity: this.caller.identity, pods: () => this.caller.pods(), explicit: true, allow: options.allow,
      healthCheck: healthCheck && healthRequest(healthCheck),
    });
    if (info.endpointSlices) {
      this.grant(info);
    }
    options.fallback?._destinations.forEach((called) => this.allow(called));
    if (options.routes) {
      options.routes.forEach((route) => this.addRoute(prop, route, info.protocol));
      destination._watchRoutes(construct);
    } else {
      destination._watchRoutes(construct, (route) => this.addRoute(`${prop}: addRoute(${titleOf(route)})`, route, info.protocol));
    }
    this.grantSelf();
  }

  /** Sees to what a route of a call leads to, if it is for this caller. */
  private addRoute(prop: string, route: Route, protocol: AppProtocol | undefined): void {
    const { construct } = this.caller;
    const callers = namedCallers([route]);
    if (callers.length === 0 || callers.some((named) => standsFor(named, construct) || named.node.scopes.includes(construct))) {
      this.reach(prop, route, protocol);
    }
  }

  /**
   * Lets the caller reach what a route leads to; throws where nobody could.
   *
   * @param protocol that clients speak where the route is; absent for HTTP/1.1
   */
  public reach(prop: string, route: Route, protocol?: AppProtocol): void {
    const { construct } = this.caller;
    const errors = new ValidationErrors();
    const targets = targetsOf(route).map((target) => target._destination() as Destination);
    targets.forEach((target) => checkReachable(errors, `${prop}.to`, target, construct, protocol));
    errors.throwIfAny(construct);
    targets.forEach((target) => this.allow(target));
  }

  /** Lets the caller find the endpoints of what a call leads to besides the service called. */
  private allow(called: Destination): void {
    const info = called._info();
    called._noteCall({ identity: this.caller.identity, pods: () => this.caller.pods(), explicit: false });
    if (info.endpointSlices) {
      this.grant(info);
    }
    if (info.loadBalancing._zoneAware) {
      this.grantOwn();
    }
  }

  /** A call, or what it may lead to, prefers the caller's own zone, which the caller then has to know. */
  public get zoneAware(): boolean {
    return this.calls.some((call) => call.loadBalancing._zoneAware || besides(call).some((other) => other._info().loadBalancing._zoneAware))
      || this.asked.some((service) => service._info().loadBalancing._zoneAware);
  }

  /** Lets the caller find itself among the pods of its own Service, when it has one and needs to. */
  public grantSelf(): void {
    if (this.zoneAware) {
      this.grantOwn();
    }
  }

  private grantOwn(): void {
    const self = this.caller.self();
    if (self) {
      this.grant(self._info());
    }
  }

  /** Lets the caller read the EndpointSlices of a destination's namespace. */
  public grant(info: Pick<DestinationInfo, 'namespace' | 'chartNamespace'>): void {
    if (this.granted.has(info.namespace) || this.inherited?.granted.has(info.namespace)) {
      return;
    }
    this.granted.add(info.namespace);
    const { construct, name, namespace } = this.caller;
    // A chart that names no namespace leaves it to `kubectl apply`; its objects must not get the namespace of another chart.
    const target = info.chartNamespace ?? (Chart.of(construct).namespace === undefined ? undefined : DEFAULT_NAMESPACE);
    letReadEndpoints(construct, target, { name, namespace, account: this.caller.account().name });
  }
}

/** What a call can't say of a service of TCP. */
function checkTcpCall(errors: ValidationErrors, prop: string, options: CallOptions, { protocol }: DestinationInfo): void {
  checkTcpPolicies(errors, `${prop}.`, options);
  refuseForTcp(errors, `${prop}.timeout`, options.timeout, 'connections last as long as they are used; see \'tcp.idleTimeout\' and \'tcp.maxDuration\' of the service');
  refuseForTcp(errors, `${prop}.faults`, options.faults, 'leave it out');
  if (isTls(protocol)) {
    options.routes?.forEach((route, index) => isA(Route, route) && checkServerNameRoute(errors, `${prop}.routes[${index}]`, route));
  } else {
    refuseForTcp(errors, `${prop}.routes`, options.routes, 'leave it out; connections are shared over versions by their weights');
  }
  refuseForTcp(errors, `${prop}.allow`, options.allow, 'leave it out; a caller may open connections, or may not');
}

/** Connections can't go to what waits for requests, nor requests to what takes anything. */
function checkSameKind(errors: ValidationErrors, prop: string, info: DestinationInfo, called: Destination): void {
  const other = isA(Destination, called) ? called._info() : info;
  if (isTcp(other.protocol) !== isTcp(info.protocol) || isTls(other.protocol) !== isTls(info.protocol)) {
    errors.add(prop, other.name, `'${info.name}' speaks ${factsOf(info.protocol).title}, and this ${factsOf(other.protocol).title}; name one that understands the same`);
  }
}

/** What is in another app is in nobody's YAML. */
function checkReachable(errors: ValidationErrors, prop: string, called: Destination, caller: Construct, protocol: AppProtocol | undefined): void {
  if (called.node.root !== caller.node.root) {
    errors.add(prop, called.node.path, 'it is of another app; name a construct of this one, or an ExternalService');
  } else if (isTls(protocol)) {
    checkTakesTls(errors, prop, called, caller);
  } else if (isTcp(called._info().protocol)) {
    errors.add(prop, called.node.path, `it speaks ${factsOf(called._info().protocol).title}, and a route sends requests; name a service of HTTP`);
  } else {
    checkCluster(errors, prop, called, caller);
  }
}

/** Where TLS of clients passes through, only what takes it can be reached. */
function checkTakesTls(errors: ValidationErrors, prop: string, called: Destination, caller: Construct): void {
  const { protocol } = called._info();
  if (isTls(protocol)) {
    checkCluster(errors, prop, called, caller);
  } else {
    errors.add(prop, called.node.path, `it speaks ${factsOf(protocol).title}, and clients of this route TLS, which passes through; name a service of AppProtocol.TLS`);
  }
}

/** What is in another cluster is nowhere in this one's EndpointSlices and DNS. */
function checkCluster(errors: ValidationErrors, prop: string, called: Destination, caller: Construct): void {
  if (!isA(Destination, called) || !called._info().meshed) {
    return;
  }
  const [own, other] = [clusterOf(caller), clusterOf(called)];
  if (own !== other) {
    errors.add(prop, called.node.path, `it is for ${inWords(other)}, and the caller for ${inWords(own)}; call it by an ExternalService, at an address that is reached from here`);
  }
}

function inWords(cluster: string): string {
  return cluster === ONLY_CLUSTER ? 'the cluster that no Mesh names' : `cluster '${cluster}'`;
}
