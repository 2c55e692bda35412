/** Which pages of other origins may use responses: of a route, or of a gateway. */
import { Duration } from 'cdk8s';

/**
 * Which pages of other origins browsers let use responses. Preflight requests are answered in place of apps, and fields of
 * CORS that apps set are replaced.
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
