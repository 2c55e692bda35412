/** What can be said of the parts of a match and of a route. */
import { Size } from 'cdk8s';

/**
 * Options of `Match.grpc`. At least one of them.
 */
export interface GrpcMatchOptions {
  /**
   * Full name of the gRPC service, such as `shop.v1.Catalog`.
   *
   * @default - any service
   */
  readonly service?: string;

  /**
   * Name of the method, such as `GetItem`.
   *
   * @default - any method
   */
  readonly method?: string;
}

/**
 * Options of `Route.to`.
 */
export interface RouteTargetOptions {
  /**
   * Share of the route's requests, relative to the other targets. A target with weight 0 gets none. Stated for each target of
   * a route, or for none. From 0 to 1000000.
   *
   * @default - all targets get the same share
   */
  readonly weight?: number;
}

/**
 * Options of `Route.mirror`.
 */
export interface MirrorOptions {
  // #region generated props of MirrorConfig: percent, maxBodyBytes
  /**
   * Part of the requests that are copied, in percent. From 0 to 100.
   *
   * @default 100
   */
  readonly percent?: number;

  /**
   * Longest body that is copied. A request with a longer one is not copied. From 0 MiB to 1 MiB.
   *
   * @default Size.kibibytes(64)
   */
  readonly maxBodySize?: Size;
  // #endregion
}

/**
 * Scheme that a redirect leads to.
 */
export enum RedirectScheme {
  /** Without TLS. */
  HTTP = 'http',
  /** With TLS. */
  HTTPS = 'https',
}

/**
 * Options of `Route.redirect`. What is left out is as in the request. At least one of them besides `status`.
 */
export interface RedirectOptions {
  /**
   * Scheme of the new URL.
   *
   * @default - that of the request
   */
  readonly scheme?: RedirectScheme;

  /**
   * Host name of the new URL.
   *
   * @default - that of the request
   */
  readonly host?: string;

  /**
   * Port of the new URL. 80 of http and 443 of https are left out.
   *
   * @default - with `scheme`, the port that belongs to it; otherwise that of the request
   */
  readonly port?: number;

  /**
   * Path of the new URL. The query stays. Not together with `pathPrefix`.
   *
   * @default - that of the request
   */
  readonly path?: string;

  /**
   * What replaces the prefix that the route matches. The rest of the path stays. Not together with `path`.
   *
   * @default - the prefix stays
   */
  readonly pathPrefix?: string;

  /**
   * Status of the response: 301, 302, 303, 307 or 308.
   *
   * @default 302
   */
  readonly status?: number;
}

/**
 * Options of `Route.respond`.
 */
export interface RespondOptions {
  /**
   * Body of the response, in UTF-8, with up to 4096 characters.
   *
   * @default - no body
   */
  readonly body?: string;

  /**
   * Content-Type of the body.
   *
   * @default 'text/plain; charset=utf-8'
   */
  readonly contentType?: string;
}
