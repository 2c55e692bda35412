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
