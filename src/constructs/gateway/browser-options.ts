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
