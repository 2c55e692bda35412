/**
 * Session persistence: what keeps the requests of one session with one endpoint, for as long as that one is there.
 */
import type { Integer } from './scalars';

/**
 * Keeps a session with its endpoint by a cookie that the proxy makes. The cookie is signed, tells its holder nothing, and goes before
 * weights and policies.
 */
export interface SessionConfig {
  /**
   * Name of the cookie.
   * @pattern ^[!#$%&'*+.^_`|~0-9A-Za-z-]+$
   */
  readonly cookie: string;
  /**
   * File with the keys, one a line, each of 32 bytes or more. The first makes cookies, all of them (up to 8) are good for reading them.
   * It is looked at every few seconds.
   * @minLength 1
   */
  readonly keyFile: string;
  /**
   * Lifetime of a session from its first response; a part of a second doesn't count. Absent: a session cookie, which browsers delete when
   * they close.
   *
   * @minimum 1000
   * @maximum 34560000000
   */
  readonly ttlMs?: Integer;
  /**
   * Path that requests must be below for clients to send the cookie.
   * @pattern ^/[!-:<-~]*$
   * @default /
   */
  readonly path?: string;
  /**
   * Whether clients send the cookie along when another site makes the request: never, only when a user follows a link, or always.
   * @default lax
   */
  readonly sameSite?: 'strict' | 'lax' | 'none';
  /**
   * Whether clients send the cookie over TLS only.
   * @default false
   */
  readonly secure?: boolean;
}
