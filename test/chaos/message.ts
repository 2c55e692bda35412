/**
 * What client and backend agree on: every request has an id in its path, and its answer is known from the id alone. A client
 * that gets anything else knows that the answer is another's, or damaged.
 */
import { createHash } from 'node:crypto';

/** Methods that a request may have, with how many of a hundred requests have them. */
export const METHODS = { GET: 60, PUT: 10, DELETE: 5, POST: 25 } as const;
export type Method = keyof typeof METHODS;

/** What a world speaks. */
export type Protocol = 'http' | 'grpc' | 'tcp';

/**
 * Requests that may be sent again: by their method (RFC 9110 section 9.2.2), which calls of gRPC have in their path, and for which a route says so.
 * Bytes of TCP never are.
 */
export function isIdempotent(method: string, protocol: Protocol): boolean {
  return method !== 'POST' && protocol !== 'tcp';
}

const PREFIX = '/r/';

export function pathOf(id: string): string {
  return `${PREFIX}${id}`;
}

/** The id in a path; undefined for other requests, such as health checks. */
export function idIn(path: string): string | undefined {
  return path.startsWith(PREFIX) ? path.slice(PREFIX.length) : undefined;
}

/** The service of gRPC calls. Its methods are named as those of HTTP. */
export const GRPC_SERVICE = 'chaos.Store';

export function grpcPathOf(method: Method): string {
  return `/${GRPC_SERVICE}/${method}`;
}

/** The one message of a gRPC body; undefined when it is not whole. */
export function messageIn(body: Buffer): string | undefined {
  return body.length >= 5 && body.readUInt32BE(1) === body.length - 5 ? body.toString('latin1', 5) : undefined;
}

/** What a client of TCP asks, which is as it is written down. */
export function lineOf(method: string, id: string): string {
  return `${method} ${id}\n`;
}

/** Field in which a backend says who it is. */
export const POD_FIELD = 'x-chaos-pod';

/** Longest answer, about. Most are small. */
const LONGEST = 20_000;

/** The body of the answer to a request. */
export function answerTo(id: string): string {
  const chance = chanceOf(id, 'size');
  return `${id}\n${'x'.repeat(Math.floor(LONGEST * chance ** 8))}`;
}

/** The same number from 0 to 1 for the same id and purpose, wherever it is asked for. */
export function chanceOf(id: string, purpose: string): number {
  return createHash('sha256').update(`${purpose} ${id}`).digest().readUInt32BE() / 2 ** 32;
}
