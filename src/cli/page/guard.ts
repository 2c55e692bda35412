/**
 * Who may talk to the server of the live page. It listens on loopback, which any website that the user visits can send requests to, and
 * so can every user of the machine. Therefore:
 *
 * - `Host` must be the loopback address that the server listens on: a name that an attacker points at 127.0.0.1 (DNS rebinding) is not.
 * - A request for data that says where it comes from (`Origin`, `Sec-Fetch-Site`) must come from the page itself.
 * - Everything but the page's own text needs the token of the run. It travels in the fragment of the URL, which browsers don't send, and in
 *   a header, which no other website can set without asking first. There is no cookie.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Why a request is refused for the name that it asks for, in words; undefined when it may go on. */
export function refusalOfHost({ host }: IncomingHttpHeaders, port: number): string | undefined {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  return host !== undefined && hosts.includes(host) ? undefined : `this server answers as ${hosts[0]} only`;
}

/** Why a request is refused for where it comes from. Anybody may have a link to the page, which holds no secret. */
export function refusalOfSource(headers: IncomingHttpHeaders): string | undefined {
  const { host, origin } = headers;
  if (origin !== undefined && origin !== `http://${host}`) return 'the request comes from another website';
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'the request comes from another website';
  return undefined;
}

/** Whether the request has the token. Takes as long for a wrong one as for the right one. */
export function hasToken({ authorization }: IncomingHttpHeaders, token: string): boolean {
  return timingSafeEqual(digest(authorization ?? ''), digest(`Bearer ${token}`));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
