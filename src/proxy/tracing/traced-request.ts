/** A request that is over, as its spans tell of it. */
import type { ReasonCode } from '../telemetry/reasons';

export interface TracedRequest {
  readonly listener: string;
  /** The client's address, where it comes from outside. */
  readonly client: string | undefined;
  readonly secure: boolean;
  /** Of the known methods, or `_OTHER`. */
  readonly method: string;
  readonly route: string | undefined;
  readonly status: number;
  readonly reason: ReasonCode | undefined;
  readonly detail: string;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
}

/** The path of a request, without its query, as bytes of its target: from `start` to before `end`. */
export interface TracedPath {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}
