/**
 * What `calls()` takes. A class and not an interface, so that everything that the proxy's document needs stays out of the
 * public API.
 */
import { IConstruct } from 'constructs';
import { SERVICE_LABEL } from '../../contract';
import { DeclaredCall } from '../identity/caller-rules';
import { workloadIdentity } from '../identity/workload-identity';
import { NAME_RULES } from '../props/name-rules';
import { show, ValidationErrors } from '../props/validation-errors';
import { Route } from '../routes/route';
import { checkRoute } from '../routes/route-checks';
import { titleOf } from '../routes/route-names';
import { checkTogether, namedCallers } from '../routes/route-set';
import { RouteTarget } from '../routes/route-target';
import { checkServerNameRoute } from '../routes/server-name-checks';
import { isA, mark, refusalOfCopy } from '../synthesis/copies';
import { noteAddition, untilAddition } from '../synthesis/unchanged';
import { DestinationInfo } from './destination-info';
import { isTcp, isTls } from './tcp-checks';

/** Who calls a destination. */
interface RouteWatcher {
  readonly caller: IConstruct;
  /** Wants to know its routes; absent for a caller with routes of its own. */
  readonly onRoute?: (route: Route) => void;
}

/**
 * A service of another app that calls one of this app.
 */
export interface CallerProps {
  /**
   * Name of the service.
   */
  readonly name: string;

  /**
   * Its namespace.
   */
  readonly namespace: string;

  /**
   * Name of the ServiceAccount that its pods run under.
   *
   * @default - the name of the service
   */
  readonly serviceAccountName?: string;
}

const CALLER_PROPS = { name: true, namespace: true, serviceAccountName: true } as const satisfies Record<keyof CallerProps, true>;

/**
 * Something that can be called: a `MeshService`, an `ExternalService`, or what `MeshSidecar.expose` returns.
 */
export abstract class Destination extends RouteTarget {
  private readonly declared: Route[] = [];
  private readonly watchers: RouteWatcher[] = [];
  private readonly callsOfIt: DeclaredCall[] = [];
  private readonly routeMistakes = untilAddition(() => this.findRouteMistakes());

  /**
   * Declares a route for the requests of all callers in the mesh. Requests that match no route are sent to the service as before, by the
   * weights of its versions, unless there is a `Route.always()`. A caller with `routes` of its own in `calls()` has none of these routes.
   * Routes of a service of TLS go by `Match.host`, the name that clients ask for. A service of TCP has none.
   *
   * @param route which requests, and what becomes of them
   */
  public addRoute(route: Route): void {
    if (!isA(Route, route)) {
      throw new Error(`[${this.node.path}] 'addRoute()' got ${route === undefined ? 'undefined' : show(route)}: `
        + `${refusalOfCopy(Route, route) ?? 'give it a route, such as Route.when(Match.pathPrefix(\'/search\')).to(search)'}`);
    }
    const errors = new ValidationErrors();
    if (isTls(this._info().protocol)) {
      checkServerNameRoute(errors, propOf(route), route);
    } else if (isTcp(this._info().protocol)) {
      errors.add('addRoute()', titleOf(route), 'TCP has no requests that a route could look at; leave it out: connections are shared over versions by their weights');
    }
    checkRoute(errors, propOf(route), route, { path: this._info().path ?? {}, timeoutMs: 0, destination: this });
    if (errors.messages.length === 0) {
      this._checkTargets(errors, propOf(route), route);
    }
    errors.throwIfAny(this);
    if (this.declared.length === 0) {
      this.node.addValidation({ validate: () => this.routeMistakes() });
    }
    this.declared.push(route);
    noteAddition();
    this.watchers.forEach(({ onRoute }) => onRoute?.(route));
  }

  /**
   * Declares a caller that another app synthesizes, by `MeshService.fromName` there. With an identity, only declared callers are let in, and
   * NetworkPolicies are made of the same declarations. Without either, nothing changes.
   *
   * @param caller the service that calls
   */
  public addCaller(caller: CallerProps): void {
    const errors = new ValidationErrors();
    errors.unknownProps(caller, CALLER_PROPS, 'addCaller().');
    const { name, namespace, serviceAccountName = name } = caller;
    errors.name('addCaller().name', name, NAME_RULES.service);
    errors.name('addCaller().namespace', namespace, NAME_RULES.label);
    errors.name('addCaller().serviceAccountName', serviceAccountName, NAME_RULES.subdomain);
    const { meshed, identity } = this._info();
    if (!meshed || !this._takesCallers) {
      errors.add('addCaller()', name, 'this service is not of this app, so who may call it is said elsewhere; leave it out');
    }
    errors.throwIfAny(this);
    this._noteCall({
      identity: identity && workloadIdentity(identity.identity, namespace, serviceAccountName),
      pods: () => ({ namespace, labels: { [SERVICE_LABEL]: name } }),
      explicit: true,
    });
  }

  /**
   * Checks what a route for it leads to: a version is called at its service's first port, so a route of another port can't lead to it.
   *
   * @internal
   */
  public _checkTargets(errors: ValidationErrors, prop: string, { _spec: { targets, mirrors } }: Route): void {
    for (const { target } of [...targets, ...mirrors]) {
      const whole = target._destination() as Destination;
      if (target !== whole && whole !== this && whole._info().host === this._info().host) {
        errors.add(`${prop}.to`, target.node.path, 'a version is called at the first port of its service, and this route is of another one; leave the target out: '
          + 'the weights of the versions hold at each port');
      }
    }
  }

  /**
   * Whether this app says who may call it.
   *
   * @internal
   */
  public get _takesCallers(): boolean {
    return true;
  }

  /**
   * The routes for all callers.
   *
   * @internal
   */
  public get _routes(): readonly Route[] {
    return this.declared;
  }

  /**
   * Notes a caller, which is told each route for all callers, those that come later too, unless it has routes of its own.
   *
   * @internal
   */
  public _watchRoutes(caller: IConstruct, onRoute?: (route: Route) => void): void {
    this.watchers.push({ caller, onRoute });
    this.declared.forEach((route) => onRoute?.(route));
  }

  /**
   * Notes that somebody calls it, by itself or by what a route, a fallback or a mirror says.
   *
   * @internal
   */
  public _noteCall(call: DeclaredCall): void {
    this.callsOfIt.push(call);
    noteAddition();
  }

  /**
   * Every call of it that is declared.
   *
   * @internal
   */
  public get _declaredCalls(): readonly DeclaredCall[] {
    return this.callsOfIt;
  }

  /** @internal */
  public _destination(): RouteTarget {
    return this;
  }

  /** @internal */
  public _cluster(): string | undefined {
    return undefined;
  }

  /**
   * What a caller's sidecar needs to know.
   *
   * @internal
   */
  public abstract _info(): DestinationInfo;

  private findRouteMistakes(): string[] {
    const errors = new ValidationErrors();
    checkTogether(errors, propOf, this.declared, this._info().path ?? {});
    for (const named of namedCallers(this.declared)) {
      const its = this.watchers.filter(({ caller }) => caller.node.scopes.includes(named) || named.node.scopes.includes(caller));
      if (its.length === 0) {
        errors.add('addRoute(Match.caller)', named.node.path, `it does not call '${this.node.path}', so the route would get no request; declare it with calls(), or leave it out`);
      } else if (its.every(({ onRoute }) => !onRoute)) {
        errors.add('addRoute(Match.caller)', named.node.path, 'it has \'routes\' of its own in calls(), which replace this one; add it there, or leave it out');
      }
    }
    return errors.messages;
  }
}

mark(Destination);

function propOf(route: Route): string {
  return `addRoute(${titleOf(route)})`;
}
