/** What ends a session, or one of its streams. */
import { ErrorCode, http2Fault } from './frames';

export const FAULT_PREFACE = http2Fault(ErrorCode.PROTOCOL_ERROR, 'the first frame is not SETTINGS');
export const FAULT_INTERLEAVED = http2Fault(ErrorCode.PROTOCOL_ERROR, 'a frame within a header block');
export const FAULT_STREAM_ZERO = http2Fault(ErrorCode.PROTOCOL_ERROR, 'a frame of a stream on stream 0');
export const FAULT_NOT_STREAM_ZERO = http2Fault(ErrorCode.PROTOCOL_ERROR, 'a frame of the connection on a stream');
export const FAULT_IDLE = http2Fault(ErrorCode.PROTOCOL_ERROR, 'a frame of a stream that was not opened');
export const FAULT_CLOSED = http2Fault(ErrorCode.STREAM_CLOSED, 'a frame of a stream that is closed');
export const FAULT_PADDING = http2Fault(ErrorCode.PROTOCOL_ERROR, 'padding that is longer than its frame');
export const FAULT_SIZE = http2Fault(ErrorCode.FRAME_SIZE_ERROR, 'a frame of a wrong size');
export const FAULT_SETTING = http2Fault(ErrorCode.PROTOCOL_ERROR, 'a setting out of its range');
export const FAULT_WINDOW = http2Fault(ErrorCode.FLOW_CONTROL_ERROR, 'a window that is too large');
export const FAULT_OVERSENT = http2Fault(ErrorCode.FLOW_CONTROL_ERROR, 'more than the window allows');
export const FAULT_ZERO_INCREMENT = http2Fault(ErrorCode.PROTOCOL_ERROR, 'a window update by 0');
export const FAULT_PUSH = http2Fault(ErrorCode.PROTOCOL_ERROR, 'a push that was not asked for');
export const FAULT_SELF = http2Fault(ErrorCode.PROTOCOL_ERROR, 'a stream that depends on itself');
export const FAULT_LENGTH = http2Fault(ErrorCode.PROTOCOL_ERROR, 'a body that is not as long as its Content-Length says');
export const FAULT_HEAD = http2Fault(ErrorCode.ENHANCE_YOUR_CALM, 'a header block that is longer than the limit', 'maxHeadBytes');
export const FAULT_CONTINUATIONS = http2Fault(ErrorCode.ENHANCE_YOUR_CALM, 'a header block in too many frames', 'maxHeadBytes');
export const FAULT_RESETS = http2Fault(ErrorCode.ENHANCE_YOUR_CALM, 'too many streams that come to nothing', 'maxStreamResets');
export const FAULT_IDLE_FRAMES = http2Fault(ErrorCode.ENHANCE_YOUR_CALM, 'too many frames that carry nothing', 'maxIdleFrames');
export const FAULT_COMPRESSION = http2Fault(ErrorCode.COMPRESSION_ERROR, 'a header block that can\'t be read');
export const FAULT_STREAM_ID = http2Fault(ErrorCode.PROTOCOL_ERROR, 'a stream with a number that the peer may not use');
export const FAULT_TRAILERS = http2Fault(ErrorCode.PROTOCOL_ERROR, 'trailers that are malformed, or not the end of their stream');
export const FAULT_LARGE_HEAD = http2Fault(ErrorCode.PROTOCOL_ERROR, 'a head that is longer than the limit', 'maxHeadBytes');
export const FAULT_INTERIM_END = http2Fault(ErrorCode.PROTOCOL_ERROR, 'an interim response that ends the stream');
export const FAULT_MALFORMED = http2Fault(ErrorCode.PROTOCOL_ERROR, 'a malformed message');
