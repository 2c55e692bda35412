/**
 * Header fields that a document can't change: one list for all places that name fields.
 */

/** Where a message ends, and what becomes of its connection (RFC 9110 section 7.6.1); also as spelled by those who take `_` for `-`. */
const FRAMING = /^(connection|content[-_]length|transfer[-_]encoding|te|trailer|upgrade|keep-alive|proxy-connection|http2-settings|expect)$/i;

/** What the proxy itself writes, or acts on. */
const PROXY = /^(x-mesh-.*|x[-_]mesh[-_]caller|x[-_]forwarded[-_]client[-_]cert|via|max-forwards|date|proxy-status|endpoint-load-metrics(-format)?)$/i;

const HOST = /^host$/i;
/** What CORS says in responses (https://fetch.spec.whatwg.org/#http-responses). */
const CORS = /^access-control-(allow-(origin|credentials|methods|headers)|expose-headers|max-age)$/i;
const USER_AGENT = /^user-agent$/i;

/** What a listener with `forwarded` writes, also as spelled by those who take `_` for `-`. */
const FORWARDED = /^(x[-_]forwarded[-_](for|proto|host)|forwarded)$/i;

/** Whether a listener with `forwarded` writes a field of requests. */
export function isOfForwarded(header: string): boolean {
  return FORWARDED.test(header);
}

/** Whether a route must leave a field alone: framing, Host, and fields of the proxy. */
export function isOfTheProxy(header: string): boolean {
  return FRAMING.test(header) || HOST.test(header) || PROXY.test(header);
}

/** Whether a route or listener with `cors` writes a field of responses. */
export function isOfCors(header: string): boolean {
  return CORS.test(header);
}

/** Whether a field is a health check's own to say: framing, Host, and the User-Agent by which sidecars know it. */
export function isOfTheCheck(header: string): boolean {
  return FRAMING.test(header) || HOST.test(header) || USER_AGENT.test(header);
}
