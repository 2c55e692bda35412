/**
 * Tests of a stack: what becomes of requests by the YAML that was synthesized. Works in Jest and in everything else that takes a thrown
 * error for a failure. This file has all public types and imports nothing, so that it is the package's declaration as it stands.
 */

/** YAML files or a folder of them, the objects of `Testing.synth(chart)`, or an `App` or `Chart` of cdk8s. */
export type MeshSource = string | readonly unknown[] | SynthesizableApp | SynthesizableChart;

/** An `App` of cdk8s. */
export interface SynthesizableApp {
  synthYaml(): unknown;
}

/** A `Chart` of cdk8s. */
export interface SynthesizableChart {
  toJson(): unknown[];
}

/**
 * A service: `'web'`, with its namespace `'web.shop'` or its version `'web@v2'` where it has several, or a construct such as `MeshService`,
 * `MeshSidecar` or what `expose` returned.
 */
export type ServiceName = string | NamedService;

/** A construct that is a service of the mesh. */
export interface NamedService {
  readonly serviceName: string;
  readonly version?: string;
  readonly service?: { readonly metadata: { readonly namespace?: string | undefined } };
}

/** A time in milliseconds, or a `Duration` of cdk8s. */
export type Time = number | { toMilliseconds(): number };

/** What a token can claim: anything of JSON. */
export type ClaimValue = string | number | boolean | null | readonly ClaimValue[] | { readonly [name: string]: ClaimValue };

/** What a request has besides method and URL. */
export interface RequestOptions {
  /** Header fields. A field that is there several times has several values. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Length of its body in bytes. Default: 0. */
  readonly bodyBytes?: number;
  /** What its token (JWT) claims, which is taken for good. Default: it has no token. */
  readonly claims?: Readonly<Record<string, ClaimValue>>;
}

/** A synthesized stack. */
export interface MeshUnderTest {
  /**
   * What becomes of a request, to be checked.
   *
   * @param from who sends it
   * @param request method and URL: `GET http://catalog/search?q=x`; without a method it is GET
   */
  expectRequest(from: ServiceName, request: string, options?: RequestOptions): RequestExpectation;

  /**
   * Each route of each caller, in the order of precedence, as `cdk8s-mesh explain --routes` prints them: for a snapshot, which stays the same when
   * a release of cdk8s-mesh writes other YAML.
   */
  routes(): string;

  /** Why a request goes where it goes, as `cdk8s-mesh explain` prints it. */
  explain(from: ServiceName, request: string, options?: RequestOptions): string;
}

/** Expectations of one request, each of which fails with an explanation of where the request goes. They can be chained. */
export interface RequestExpectation {
  /** All such requests go to this service, and to this version of it when one is named, as long as its pods work. */
  toReach(service: ServiceName, version?: string): this;

  /** Such requests are split over versions (`{ v1: 95, v2: 5 }`) or services, with these shares in percent. */
  toBeSplit(shares: Readonly<Record<string, number>>): this;

  /** The route of this name takes it. */
  toTakeRoute(name: string): this;

  /** The caller's sidecar gives it up after this time; 0: never. */
  toTimeOutAfter(timeout: Time): this;

  /** It is sent again this often at most, where an app may have seen it. */
  toBeRetried(times: number): this;

  /**
   * The caller's sidecar answers it with an error: its own, or one that a route gives; or the callee's denies it (403), as no rule lets it in.
   * @param status Default: any from 400 on
   */
  toBeRefused(status?: number): this;

  /** It is answered with a redirect to this URL: by its route, or before that by `httpsRedirect` of a gateway. @param status Default: any */
  toBeRedirectedTo(url: string, status?: number): this;

  /** Its route, or a gateway before any route, answers by itself with this status. */
  toBeAnswered(status: number): this;

  /** It goes past the caller's sidecar, as its URL was not declared. */
  toPassTheSidecar(): this;
}
