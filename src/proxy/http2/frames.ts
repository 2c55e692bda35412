/** Types, flags, settings and error codes of HTTP/2 frames (RFC 9113 sections 6 and 7), and what is wrong with a connection or a stream. */

export const enum FrameType {
  DATA = 0,
  HEADERS,
  PRIORITY,
  RST_STREAM,
  SETTINGS,
  PUSH_PROMISE,
  PING,
  GOAWAY,
  WINDOW_UPDATE,
  CONTINUATION,
}

export const enum Flag {
  NONE = 0,
  /** Of SETTINGS and PING: it answers one. */
  END_STREAM_OR_ACK = 0x1,
  END_HEADERS = 0x4,
  PADDED = 0x8,
  PRIORITY = 0x20,
}

export const enum Setting {
  HEADER_TABLE_SIZE = 1,
  ENABLE_PUSH,
  MAX_CONCURRENT_STREAMS,
  INITIAL_WINDOW_SIZE,
  MAX_FRAME_SIZE,
  MAX_HEADER_LIST_SIZE,
  /** Extended CONNECT is taken (RFC 8441 section 3). */
  ENABLE_CONNECT_PROTOCOL = 8,
}

export const enum ErrorCode {
  NO_ERROR = 0,
  PROTOCOL_ERROR,
  INTERNAL_ERROR,
  FLOW_CONTROL_ERROR,
  SETTINGS_TIMEOUT,
  STREAM_CLOSED,
  FRAME_SIZE_ERROR,
  REFUSED_STREAM,
  CANCEL,
  COMPRESSION_ERROR,
  CONNECT_ERROR,
  ENHANCE_YOUR_CALM,
  INADEQUATE_SECURITY,
  HTTP_1_1_REQUIRED,
}

/** By {@link ErrorCode}, for people. */
export const ERROR_NAMES: readonly string[] = [
  'NO_ERROR', 'PROTOCOL_ERROR', 'INTERNAL_ERROR', 'FLOW_CONTROL_ERROR', 'SETTINGS_TIMEOUT', 'STREAM_CLOSED', 'FRAME_SIZE_ERROR', 'REFUSED_STREAM',
  'CANCEL', 'COMPRESSION_ERROR', 'CONNECT_ERROR', 'ENHANCE_YOUR_CALM', 'INADEQUATE_SECURITY', 'HTTP_1_1_REQUIRED',
];

export const FRAME_HEAD_BYTES = 9;
/** The largest payload that is taken, and the largest that a peer takes unless it says more (RFC 9113 section 4.2). */
export const MAX_PAYLOAD_BYTES = 16_384;
/** A flow-control window until something else is said (section 6.9.2), and the largest there is. */
export const DEFAULT_WINDOW = 65_535;
export const MAX_WINDOW = 0x7fff_ffff;
export const MAX_STREAM_ID = 0x7fff_ffff;

/** What a client sends first (section 3.4). */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** What ends a connection, or a stream. Made once each, so that refusing allocates nothing. */
export interface Http2Fault {
  readonly code: ErrorCode;
  /** What is wrong, for a log line; never contains bytes of the peer's. */
  readonly detail: string;
  /** The limit of the configuration that was reached, when it is one. */
  readonly limit: string | undefined;
}

export function http2Fault(code: ErrorCode, detail: string, limit?: string): Http2Fault {
  return Object.freeze({ code, detail, limit });
}
