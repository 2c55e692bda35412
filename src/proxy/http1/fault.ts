/**
 * What the codec says of bytes that it refuses: a reason code of `telemetry/reasons.ts` and a detail for people.
 * Faults are constants, made once; refusing a message allocates nothing.
 */

export type FaultCode =
  | 'bad_request'
  | 'wrong_protocol'
  | 'head_too_large'
  | 'uri_too_long'
  | 'unsupported_transfer_coding'
  | 'expectation_failed'
  | 'version_not_supported'
  | 'connect_method_refused';

export interface Fault {
  readonly code: FaultCode;
  /** What is wrong, for a log line; never contains bytes of the message. */
  readonly detail: string;
  /** The limit of the configuration that was reached, when it is one. */
  readonly limit: string | undefined;
}

/** Nothing is wrong yet: more bytes are needed. */
export const INCOMPLETE: Fault = Object.freeze({ code: 'bad_request', detail: 'it is not complete', limit: undefined });

export function fault(detail: string, code: FaultCode = 'bad_request', limit?: string): Fault {
  return Object.freeze({ code, detail, limit });
}
