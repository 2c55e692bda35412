/**
 * How long a message's body is (RFC 9112 section 6), from its Content-Length and Transfer-Encoding. Requests and
 * responses share one rule, stricter than the RFC asks: one length or one `chunked`, never both, never twice.
 */
import { COMMA, HTAB, IS_TOKEN, isWord, parseDecimal, SP, word } from './bytes';
import { Fault, fault } from './fault';
import { FieldTable, Kind } from './fields';

export const enum Framing {
  /** No body. */
  NONE = 0,
  /** Content-Length octets. */
  LENGTH,
  /** `Transfer-Encoding: chunked`. */
  CHUNKED,
  /** A response that ends when the connection does. */
  CLOSE,
}

/** Neither Content-Length nor Transfer-Encoding. */
export const NO_LENGTH = -1;
/** `Transfer-Encoding: chunked`. */
export const LENGTH_CHUNKED = -2;
/** The fields contradict themselves or each other; `lengthFault` says how. */
export const LENGTH_FAULTY = -3;

export const FAULT_LENGTH = fault('Content-Length is not a number of digits alone, or too large');
export const FAULT_TWO_LENGTHS = fault('more than one Content-Length');
export const FAULT_LENGTH_AND_CODING = fault('Content-Length and Transfer-Encoding together');
export const FAULT_TWO_CODINGS = fault('more than one Transfer-Encoding');
export const FAULT_CODING = fault('a transfer coding other than chunked', 'unsupported_transfer_coding');
export const FAULT_CODING_ORDER = fault('Transfer-Encoding whose last coding is not chunked, or that has chunked twice');
export const FAULT_CODING_FORM = fault('Transfer-Encoding that is not a list of codings');
export const FAULT_CODING_IN_1_0 = fault('Transfer-Encoding in an HTTP/1.0 message');

const CHUNKED = word('chunked');

/** What {@link bodyLength} found wrong, when it returned {@link LENGTH_FAULTY}. */
export let lengthFault: Fault = FAULT_LENGTH;

/** The declared length, 0 or more, or one of the negative constants above. */
export function bodyLength(buffer: Uint8Array, fields: FieldTable, isHttp10: boolean): number {
  let length = NO_LENGTH;
  let chunked = false;
  for (let i = 0; i < fields.count; i += 1) {
    const kind = fields.kinds[i];
    if (kind === Kind.CONTENT_LENGTH) {
      if (length !== NO_LENGTH) return faulty(FAULT_TWO_LENGTHS);
      length = parseDecimal(buffer, fields.valueStart(i), fields.valueEnd(i));
      if (length < 0) return faulty(FAULT_LENGTH);
    } else if (kind === Kind.TRANSFER_ENCODING) {
      if (isHttp10) return faulty(FAULT_CODING_IN_1_0);
      if (chunked) return faulty(FAULT_TWO_CODINGS);
      const start = fields.valueStart(i);
      const end = fields.valueEnd(i);
      if (!isWord(buffer, start, end, CHUNKED)) return faulty(codingFault(buffer, start, end));
      chunked = true;
    }
  }
  if (!chunked) return length;
  return length === NO_LENGTH ? LENGTH_CHUNKED : faulty(FAULT_LENGTH_AND_CODING);
}

/**
 * What is wrong with a coding that is not `chunked` alone. RFC 9112 section 6.3: when the last one is not chunked, where the
 * message ends can't be known, which is worse than a coding that isn't spoken here (section 6.1).
 */
function codingFault(buffer: Uint8Array, start: number, end: number): Fault {
  let isLastChunked = false;
  let chunkedBefore = false;
  let position = start;
  while (position <= end) {
    while (position < end && (buffer[position] === SP || buffer[position] === HTAB)) position += 1;
    const codingStart = position;
    while (position < end && IS_TOKEN[buffer[position]!] === 1) position += 1;
    const codingEnd = position;
    while (position < end && (buffer[position] === SP || buffer[position] === HTAB)) position += 1;
    if (codingStart === codingEnd || (position < end && buffer[position] !== COMMA)) return FAULT_CODING_FORM;
    chunkedBefore ||= isLastChunked;
    isLastChunked = isWord(buffer, codingStart, codingEnd, CHUNKED);
    position += 1;
  }
  return isLastChunked && !chunkedBefore ? FAULT_CODING : FAULT_CODING_ORDER;
}

function faulty(what: Fault): number {
  lengthFault = what;
  return LENGTH_FAULTY;
}
