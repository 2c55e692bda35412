/** What a gateway says to browsers. */
import { Duration } from 'cdk8s';

/**
 * `Strict-Transport-Security` (RFC 6797) in responses by HTTPS, in place of what the app says.
 */
export interface HstsOptions {
  /**
   * How long browsers use HTTPS alone, in whole seconds; 0 ends it.
   *
   * @default Duration.days(365)
   */
  readonly maxAge?: Duration;

  /**
   * Whether it is so for all names below the host, too.
   *
   * @default false
   */
  readonly includeSubdomains?: boolean;

  /**
   * Whether browsers may have it from their own list. Needs `includeSubdomains` and a year.
   *
   * @default false
   */
  readonly preload?: boolean;
}

/**
 * Which pages of other origins browsers let use responses. The gateway answers preflight requests, and replaces fields of CORS that apps set.
 */
export interface CorsOptions {
  /**
   * Origins, 1 to 64: `*` for all, or a scheme and host, with a port unless it is the scheme's own, such as `https://shop.example.com`. The
   * host may begin with `*.` for all names below it.
   */
  readonly allowOrigins: string[];

  /**
   * Whether requests with cookies and the like are allowed.
   *
   * @default false
   */
  readonly allowCredentials?: boolean;

  /**
   * Methods besides those that are always allowed (GET, HEAD, POST), up to 16; `*` for all.
   *
   * @default []
   */
  readonly allowMethods?: string[];

  /**
   * Request fields besides those that are always allowed, up to 64; `*` for all.
   *
   * @default []
   */
  readonly allowHeaders?: string[];

  /**
   * Response fields that pages may read besides those that they always may, up to 64; `*` for all.
   *
   * @default []
   */
  readonly exposeHeaders?: string[];

  /**
   * How long browsers may remember the answer to a preflight request, in whole seconds, up to a day.
   *
   * @default Duration.seconds(5)
   */
  readonly maxAge?: Duration;
}

/**
 * Content of responses that the gateway makes by itself. Responses of apps are passed on as they are.
 */
export interface ErrorPage {
  /**
   * Their statuses, 400 to 599, 1 to 32 of them.
   */
  readonly statuses: number[];

  /**
   * Media type of the content.
   *
   * @default 'text/html; charset=utf-8'
   */
  readonly contentType?: string;

  /**
   * The content, up to 16384 characters, sent in UTF-8.
   */
  readonly body: string;
}
