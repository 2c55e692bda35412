/**
 * What a listener says to browsers: HTTPS only, which pages may use it from elsewhere, and pages for what went wrong.
 */
import { CorsConfig, withCorsDefaults } from './cors-config';
import type { Integer } from './scalars';

/** Requests are answered with a redirect to HTTPS, and go no further. Those that a trusted proxy got by HTTPS are not. */
export interface HttpsRedirectConfig {
  /**
   * Port of the listener with TLS, as clients see it. 443 is left out of `Location`.
   * @minimum 1
   * @maximum 65535
   * @default 443
   */
  readonly port?: Integer;
  /**
   * 308 keeps the method of the request, 301 needn't.
   * @default 308
   */
  readonly status?: 301 | 308;
}

/** Strict-Transport-Security (RFC 6797) in responses by HTTPS, in place of what the app says of it. */
export interface HstsConfig {
  /** How long browsers use HTTPS alone, in seconds; 0 ends it. */
  readonly maxAgeSeconds: Integer;
  /**
   * Whether it is so for all names below the host, too.
   * @default false
   */
  readonly includeSubdomains?: boolean;
  /**
   * Whether browsers may have it from their own list. Needs `includeSubdomains` and a year.
   * @default false
   */
  readonly preload?: boolean;
}

/** Content of responses that the proxy makes by itself, by their status. */
export interface ErrorPageConfig {
  /**
   * @minItems 1
   * @maxItems 32
   */
  readonly statuses: ErrorStatus[];
  /**
   * Content-Type of the body.
   * @pattern ^[!-~][ -~]*$
   * @maxLength 256
   * @default text/html; charset=utf-8
   */
  readonly contentType?: string;
  /**
   * Sent in UTF-8.
   * @maxLength 16384
   */
  readonly body: string;
}

/**
 * Status of an error.
 * @asType integer
 * @minimum 400
 * @maximum 599
 */
export type ErrorStatus = number;

/** Default of `httpsRedirect`. */
export const DEFAULT_HTTPS_REDIRECT: Required<HttpsRedirectConfig> = {
  // #region generated defaults of HttpsRedirectConfig
  port: 443,
  status: 308,
  // #endregion
};

/** Default of `hsts`. */
export const DEFAULT_HSTS: Required<Omit<HstsConfig, 'maxAgeSeconds'>> = {
  // #region generated defaults of HstsConfig
  includeSubdomains: false,
  preload: false,
  // #endregion
};

/** Default of a member of `errorPages`. */
export const DEFAULT_ERROR_PAGE: Required<Pick<ErrorPageConfig, 'contentType'>> = {
  // #region generated defaults of ErrorPageConfig
  contentType: 'text/html; charset=utf-8',
  // #endregion
};

/** What a listener says to browsers. */
export interface BrowserConfig {
  /** Its requests are redirected to HTTPS. Absent: they are served. */
  readonly httpsRedirect?: HttpsRedirectConfig;
  /** Browsers are told to use HTTPS alone. Absent: they are not. */
  readonly hsts?: HstsConfig;
  /** Pages of other origins may use it. Absent: what the app says of that is passed through. */
  readonly cors?: CorsConfig;
  /**
   * Pages in place of the words about a reason code, which stays in `Proxy-Status`. Absent: none.
   * @minItems 1
   * @maxItems 16
   */
  readonly errorPages?: ErrorPageConfig[];
}

/** {@link BrowserConfig} with nothing left open. */
export interface ResolvedBrowser {
  readonly httpsRedirect?: Required<HttpsRedirectConfig>;
  readonly hsts?: Required<HstsConfig>;
  readonly cors?: Required<CorsConfig>;
  readonly errorPages?: Required<ErrorPageConfig>[];
}

/** Fills in what these fields of a listener leave open. */
export function withBrowserDefaults({ httpsRedirect, hsts, cors, errorPages }: BrowserConfig): ResolvedBrowser {
  return {
    ...(httpsRedirect && { httpsRedirect: { ...DEFAULT_HTTPS_REDIRECT, ...httpsRedirect } }),
    ...(hsts && { hsts: { ...DEFAULT_HSTS, ...hsts } }),
    ...(cors && { cors: withCorsDefaults(cors) }),
    ...(errorPages && { errorPages: errorPages.map((page) => ({ ...DEFAULT_ERROR_PAGE, ...page })) }),
  };
}

/** Least age with which browsers take a host into their own list. */
const PRELOAD_SECONDS = 31_536_000;

/**
 * What is wrong with these fields of a listener, by the field.
 *
 * @param tls  the listener has TLS
 * @param hops a proxy in front of it may have
 */
export function errorsOfBrowser(
  { httpsRedirect, hsts, errorPages = [] }: BrowserConfig, tls: boolean, hops: boolean,
): { readonly field: string; readonly message: string }[] {
  const errors: { field: string; message: string }[] = [];
  if (httpsRedirect && tls) errors.push({ field: 'httpsRedirect', message: 'the listener has TLS, so its requests come by HTTPS already; give it to the listener without' });
  if (hsts && !tls && !hops) errors.push({ field: 'hsts', message: 'browsers take it by HTTPS only, and neither the listener has TLS nor a trusted proxy may; give it to the listener with TLS' });
  if (hsts?.preload && (!hsts.includeSubdomains || hsts.maxAgeSeconds < PRELOAD_SECONDS)) {
    errors.push({ field: 'hsts/preload', message: `lists of browsers take hosts with includeSubdomains and a maxAgeSeconds of at least ${PRELOAD_SECONDS} only, got ${hsts.maxAgeSeconds}` });
  }
  const seen = new Set<number>();
  errorPages.forEach(({ statuses }, p) => statuses.forEach((status, s) => {
    if (seen.has(status)) errors.push({ field: `errorPages/${p}/statuses/${s}`, message: `there is a page for status ${status} already; keep one` });
    seen.add(status);
  }));
  return errors;
}
