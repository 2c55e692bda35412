/**
 * Cross-origin resource sharing (https://fetch.spec.whatwg.org/#http-cors-protocol): which pages of other origins may use responses of a
 * listener, or of one of its routes.
 */
import type { Integer } from './scalars';

/**
 * Which pages of other origins browsers let use responses, as the CORS filter of the Gateway API says it. Preflight requests are answered here.
 * Fields of CORS that the app sets are replaced.
 */
export interface CorsConfig {
  /**
   * Origins: `*` for all, or a scheme and host, with a port unless the scheme's own; the host may begin with `*.` for all names below it.
   * @minItems 1
   * @maxItems 64
   */
  readonly allowOrigins: CorsOrigin[];
  /**
   * Whether requests with cookies and the like are allowed.
   * @default false
   */
  readonly allowCredentials?: boolean;
  /**
   * Methods besides those that are always allowed (GET, HEAD, POST); `*` for all.
   * @maxItems 16
   * @default []
   */
  readonly allowMethods?: CorsToken[];
  /**
   * Request fields besides those that are always allowed; `*` for all.
   * @maxItems 64
   * @default []
   */
  readonly allowHeaders?: CorsToken[];
  /**
   * Response fields that pages may read besides those that they always may; `*` for all, which does not hold with credentials.
   * @maxItems 64
   * @default []
   */
  readonly exposeHeaders?: CorsToken[];
  /**
   * How long browsers may remember the answer to a preflight request, in seconds.
   * @maximum 86400
   * @default 5
   */
  readonly maxAgeSeconds?: Integer;
}

/**
 * An origin, or `*`.
 * @maxLength 253
 * @pattern ^(\*|[a-z][a-z0-9+.-]*://(\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?(:[0-9]{1,5})?)$
 */
export type CorsOrigin = string;

/**
 * A method or the name of a field, or `*`.
 * @maxLength 128
 * @pattern ^[!#$%&'*+.^_`|~0-9A-Za-z-]+$
 */
export type CorsToken = string;

/** Default of `cors`: the age is that of the Gateway API. */
export const DEFAULT_CORS: Required<Omit<CorsConfig, 'allowOrigins'>> = {
  // #region generated defaults of CorsConfig
  allowCredentials: false,
  allowMethods: [],
  allowHeaders: [],
  exposeHeaders: [],
  maxAgeSeconds: 5,
  // #endregion
};

/** Fills in what it leaves open. */
export function withCorsDefaults(cors: CorsConfig): Required<CorsConfig> {
  return { ...DEFAULT_CORS, ...cors };
}
