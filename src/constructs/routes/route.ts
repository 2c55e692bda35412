/**
 * What becomes of some requests, as a user says it. Immutable: each method returns a new route, so that one can be the beginning of several.
 * The terms are those of HTTPRoute of the Gateway API.
 */
import { Duration } from 'cdk8s';
import { AccessLog } from '../policies/access-log';
import { FaultInjection } from '../policies/fault-injection';
import { HashKey } from '../policies/hash-key';
import { Retry } from '../policies/retry';
import { SessionPersistence } from '../policies/session-persistence';
import { mark } from '../synthesis/copies';
import { CorsOptions } from './cors-options';
import { Match } from './match';
import { MirrorOptions, RedirectOptions, RespondOptions, RouteTargetOptions } from './route-options';
import { RouteSpec } from './route-spec';
import { RouteTarget } from './route-target';

/**
 * Requests that match, and what becomes of them. For `addRoute` of a service, and for `routes` of a call.
 *
 * Of several routes that match a request, the most specific one takes it, as in the Gateway API: an exact path before a regular expression,
 * that before the longest prefix; then a route with a method, the one with most header fields, most query parameters, most cookies, most claims; then
 * the one declared first. Requests that match no route go to the service as if it had no routes. They are never answered with 404, as a mesh
 * of the Gateway API would do.
 *
 * A route that names no target sends requests to the service, by the weights of its versions. What a route does not say is as for the
 * other requests of the call.
 */
export class Route {
  /**
   * A route for requests that meet all of these conditions.
   */
  public static when(...matches: Match[]): Route {
    return new Route({ ...NOTHING, alternatives: [matches] });
  }

  /**
   * A route for all requests that no other route takes.
   */
  public static always(): Route {
    return new Route(NOTHING);
  }

  /** @internal */
  public readonly _spec: RouteSpec;

  /**
   * Whether a method made another route of this one. With one that says nothing by itself, what the method returned was lost.
   *
   * @internal
   */
  public _isContinued = false;

  private constructor(spec: RouteSpec) {
    this._spec = spec;
  }

  /**
   * Also takes requests that meet all of these conditions.
   */
  public orWhen(...matches: Match[]): Route {
    // One that takes every request can't take more; that is told when it is added.
    return this.with({ alternatives: this._spec.alternatives.length === 0 ? [[], matches] : [...this._spec.alternatives, matches] });
  }

  /**
   * Names the route, in metrics, logs and the configuration.
   *
   * @param name of a-z, 0-9 and -; unique among the routes of the service or call. By default it is made of the conditions.
   */
  public named(name: string): Route {
    return this.with({ name });
  }

  /**
   * Sends requests to a service or to one version of it. Called several times, it splits them by weight. A `MeshService` means its versions
   * by their weights; its own routes are not applied. The target needs no `calls()`: the sidecars of the callers find it by themselves.
   *
   * @param target a `MeshService`, one of its versions, an `ExternalService`, or what `MeshSidecar.expose` returns
   */
  public to(target: RouteTarget, options: RouteTargetOptions = {}): Route {
    return this.with({ targets: [...this._spec.targets, { target, options }] });
  }

  /**
   * Sends a copy of requests to another target, up to 4. Its responses are dropped; it neither delays nor fails the request.
   *
   * @param target a `MeshService`, one of its versions, an `ExternalService`, or what `MeshSidecar.expose` returns
   */
  public mirror(target: RouteTarget, options: MirrorOptions = {}): Route {
    return this.with({ mirrors: [...this._spec.mirrors, { target, options }] });
  }

  /**
   * Responds with a redirect. The service does not see the request.
   */
  public redirect(options: RedirectOptions): Route {
    // In JavaScript it may be missing, which must not count as no redirect.
    return this.with({ redirect: options ?? {} });
  }

  /**
   * Responds in place of the service, which does not see the request.
   *
   * @param status status of the response, 200 to 599
   */
  public respond(status: number, options: RespondOptions = {}): Route {
    return this.with({ respond: { status, options } });
  }

  /**
   * Sends requests with another path. The query stays.
   *
   * @param path the whole path
   */
  public rewritePath(path: string): Route {
    return this.with({ rewritePath: { type: 'full', value: path } });
  }

  /**
   * Sends requests with another prefix. The rest of the path stays: with `/v2` in place of `/search`, `/search/all` becomes `/v2/all`.
   *
   * @param prefix what replaces the prefix that the route matches; of a route for all requests, what is put before the path
   */
  public rewritePathPrefix(prefix: string): Route {
    return this.with({ rewritePath: { type: 'prefix', value: prefix } });
  }

  /**
   * Sends requests with another Host.
   *
   * @param host a host name, with a port if need be
   */
  public rewriteHost(host: string): Route {
    return this.with({ rewriteHost: host });
  }

  /**
   * Sets a header field of requests that are sent on, in place of all that have its name.
   */
  public setRequestHeader(name: string, value: string): Route {
    return this.with({ requestHeaders: [...this._spec.requestHeaders, { step: 'set', name, value }] });
  }

  /**
   * Adds a header field to requests that are sent on.
   */
  public addRequestHeader(name: string, value: string): Route {
    return this.with({ requestHeaders: [...this._spec.requestHeaders, { step: 'add', name, value }] });
  }

  /**
   * Removes a header field from requests that are sent on.
   */
  public removeRequestHeader(name: string): Route {
    return this.with({ requestHeaders: [...this._spec.requestHeaders, { step: 'remove', name }] });
  }

  /**
   * Sets a header field of responses, in place of all that have its name.
   */
  public setResponseHeader(name: string, value: string): Route {
    return this.with({ responseHeaders: [...this._spec.responseHeaders, { step: 'set', name, value }] });
  }

  /**
   * Adds a header field to responses.
   */
  public addResponseHeader(name: string, value: string): Route {
    return this.with({ responseHeaders: [...this._spec.responseHeaders, { step: 'add', name, value }] });
  }

  /**
   * Removes a header field from responses.
   */
  public removeResponseHeader(name: string): Route {
    return this.with({ responseHeaders: [...this._spec.responseHeaders, { step: 'remove', name }] });
  }

  /**
   * Says which pages of other origins may use responses (CORS), as the filter of the Gateway API does, in place of what the gateway says by its
   * `cors`. A preflight request takes the route of the request that it asks about, as far as host, path, query and method tell: it has no
   * header fields and cookies of that request. So a route with such conditions leaves its preflight requests to another one.
   */
  public cors(options: CorsOptions): Route {
    // In JavaScript it may be missing, which must not count as no CORS.
    return this.with({ cors: options ?? {} });
  }

  /**
   * Has the service of the gateway's `externalAuthorization` not asked about these requests, such as those of a page to log in.
   */
  public withoutExternalAuthorization(): Route {
    return this.with({ externalAuthorization: false });
  }

  /**
   * Timeout of these requests, as `timeout` of `calls()`. By default it is that of the call.
   */
  public timeout(timeout: Duration): Route {
    return this.with({ timeout });
  }

  /**
   * When these requests are retried. By default it is as the call, or the first target, says. A budget is a matter of the target: set it there.
   */
  public retry(retry: Retry): Route {
    return this.with({ retry });
  }

  /**
   * Requests in which these parts are equal go to the same target, and to the same endpoint if the target has a hashing policy. By default
   * they are the keys of the first target's policy.
   */
  public hashKeys(...keys: HashKey[]): Route {
    return this.with({ hashKeys: keys });
  }

  /**
   * Whether the requests of a session go to the same endpoint. By default it is as the call, or the first target, says.
   */
  public sessionPersistence(sessionPersistence: SessionPersistence): Route {
    return this.with({ sessionPersistence });
  }

  /**
   * Faults to inject into these requests, for testing, up to 8. By default they are those of the call.
   */
  public faults(...faults: FaultInjection[]): Route {
    return this.with({ faults });
  }

  /**
   * Which of these requests the proxies log that take this route: those of the callers, and gateways. By default it is as `accessLog` of these says.
   */
  public accessLog(accessLog: AccessLog): Route {
    return this.with({ accessLog });
  }

  private with(changed: Partial<RouteSpec>): Route {
    this._isContinued = true;
    return new Route({ ...this._spec, ...changed });
  }
}

mark(Route);

const NOTHING: RouteSpec = { alternatives: [], targets: [], mirrors: [], requestHeaders: [], responseHeaders: [] };
