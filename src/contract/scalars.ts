/**
 * Numbers and texts with a meaning that several parts of the document share.
 */

/**
 * A whole number, 0 or more.
 * @asType integer
 * @minimum 0
 */
export type Integer = number;

/**
 * A host name in lower case, without a final dot.
 * @minLength 1
 * @maxLength 253
 * @pattern ^[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?$
 */
export type HostName = string;

/**
 * Relative share of an endpoint, more than 0.
 * @asType integer
 * @minimum 1
 * @maximum 65535
 */
export type Weight = number;

/**
 * A SPIFFE id of a workload, such as `spiffe://cluster.local/ns/shop/sa/web`.
 * @maxLength 2048
 * @pattern ^spiffe://[a-z0-9._-]+(/(?!\.\.?(/|$))[a-zA-Z0-9._-]+)+$
 */
export type SpiffeId = string;
