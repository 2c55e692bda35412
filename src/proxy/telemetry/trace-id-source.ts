/** The id of a trace, as a line of the log has it. */
export const TRACE_ID_DIGITS = 32;

export interface TraceIdSource {
  /** Its digits. */
  readonly traceId: string;
  /** Writes them. */
  writeTraceId(target: Buffer, start: number): void;
}
