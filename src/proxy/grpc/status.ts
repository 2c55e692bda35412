/**
 * Status codes of gRPC, and the HTTP statuses that stand for them. Everything that judges a response (retries, outlier detection, limits of
 * concurrency, metrics) goes by one HTTP status, so a gRPC call needs no second set of rules.
 *
 * Sources: google/rpc/code.proto for the HTTP status of each code; gRPC's "HTTP to gRPC Status Code Mapping" for what clients make of an HTTP
 * status. It differs from that in one place: what a limit refuses is RESOURCE_EXHAUSTED, which clients don't retry by themselves.
 */

export const enum GrpcStatus {
  OK = 0,
  CANCELLED = 1,
  UNKNOWN = 2,
  DEADLINE_EXCEEDED = 4,
  PERMISSION_DENIED = 7,
  RESOURCE_EXHAUSTED = 8,
  ABORTED = 10,
  UNIMPLEMENTED = 12,
  INTERNAL = 13,
  UNAVAILABLE = 14,
  UNAUTHENTICATED = 16,
}

/** By code: OK, CANCELLED, UNKNOWN, INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND, ALREADY_EXISTS, PERMISSION_DENIED, and so on. */
const HTTP_STATUSES: readonly number[] = [200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401];

const GRPC_STATUSES: ReadonlyMap<number, GrpcStatus> = new Map([
  // What was cut off has none.
  [0, GrpcStatus.UNAVAILABLE],
  [400, GrpcStatus.INTERNAL], [401, GrpcStatus.UNAUTHENTICATED], [403, GrpcStatus.PERMISSION_DENIED], [404, GrpcStatus.UNIMPLEMENTED],
  [413, GrpcStatus.RESOURCE_EXHAUSTED], [429, GrpcStatus.RESOURCE_EXHAUSTED], [431, GrpcStatus.INTERNAL], [500, GrpcStatus.INTERNAL],
  [502, GrpcStatus.UNAVAILABLE], [503, GrpcStatus.UNAVAILABLE], [504, GrpcStatus.DEADLINE_EXCEEDED], [508, GrpcStatus.ABORTED],
]);

/** The HTTP status that stands for a code. One that gRPC doesn't define is UNKNOWN to its clients. */
export function httpStatusOf(code: number): number {
  return HTTP_STATUSES[code] ?? 500;
}

/** What a gRPC client makes of a response that has no status of gRPC, by its HTTP status. */
export function statusWithout(httpStatus: number): GrpcStatus {
  switch (httpStatus) {
    case 400: return GrpcStatus.INTERNAL;
    case 401: return GrpcStatus.UNAUTHENTICATED;
    case 403: return GrpcStatus.PERMISSION_DENIED;
    case 404: return GrpcStatus.UNIMPLEMENTED;
    case 429: case 502: case 503: case 504: return GrpcStatus.UNAVAILABLE;
    default: return GrpcStatus.UNKNOWN;
  }
}

/** What a response is judged by, as far as its head tells. That of gRPC-Web says how its call ended in the same field. */
export function outcomeOf({ status, grpcStatus }: { readonly status: number; readonly grpcStatus: number }): number {
  return grpcStatus < 0 ? status : httpStatusOf(grpcStatus);
}

/** The code by which the proxy says of itself what it would say by this HTTP status. */
export function grpcStatusOf(status: number): GrpcStatus {
  return GRPC_STATUSES.get(status) ?? GrpcStatus.UNKNOWN;
}
