/**
 * How long a message's body is (RFC 9112 section 6), from its Content-Length and Transfer-Encoding. Requests and
 * responses share one rule, stricter than the RFC asks: one length or one `chunked`, never both, never twice. But a response may say
 * the same length twice, as some apps do: there is nobody who reads it another way, and the second one goes no further.
 */
import { COMMA, HTAB, IS_TOKEN, isWord, parseDecimal, SP, word } from './bytes';
import { Fault, fault } from './fault';
import { FieldTable, Kind } from './fields';

export const enum Framing {
  /** No body. */
  NONE = 0,
  /** Content-Length bytes. */
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
export const FAULT_TWO_LENGTHS = fault('more than one Content-Length; send one');
export const FAULT_LENGTH_AND_CODING = fault('Content-Length and Transfer-Encoding together; send one of them');
export const FAULT_TWO_CODINGS = fault('more than one Transfer-Encoding; send one');
export const FAULT_CODING = fault('a transfer coding other than chunked; send chunked alone', 'unsupported_transfer_coding');
export const FAULT_CODING_ORDER = fault('Transfer-Encoding whose last coding is not chunked, or that has chunked twice; send chunked alone');
export const FAULT_CODING_FORM = fault('Transfer-Encoding that is not a list of codings; send chunked alone');
export const FAULT_CODING_IN_1_0 = fault('Transfer-Encoding in an HTTP/1.0 message; send Content-Length, or speak HTTP/1.1');

const CHUNKED = word('chunked');

/** What {@link framedBy} found wrong, when it returned {@link LENGTH_FAULTY}. */
export let lengthFault: Fault = FAULT_LENGTH;

/**
 * Takes in one field that frames the message.
 *
 * @param before what the fields in front of it say: a length, {@link NO_LENGTH} or {@link LENGTH_CHUNKED}
 * @param takesEqual the same length may be said again
 * @returns what they say together: the same, or {@link LENGTH_FAULTY}
 */
export function framedBy(before: number, buffer: Uint8Array, fields: FieldTable, field: number, isHttp10: boolean, takesEqual: boolean): number {
  const start = fields.valueStart(field);
  const end = fields.valueEnd(field);
  if (fields.kinds[field] === Kind.CONTENT_LENGTH) {
    if (before >= 0 && !takesEqual) return faulty(FAULT_TWO_LENGTHS);
    const length = parseDecimal(buffer, start, end);
    if (length < 0) return faulty(FAULT_LENGTH);
    if (before === LENGTH_CHUNKED) return faulty(FAULT_LENGTH_AND_CODING);
    if (before === NO_LENGTH) return length;
    fields.kinds[field] = Kind.HOP_BY_HOP;
    return before === length ? length : faulty(FAULT_TWO_LENGTHS);
  }
  if (isHttp10) return faulty(FAULT_CODING_IN_1_0);
  if (before === LENGTH_CHUNKED) return faulty(FAULT_TWO_CODINGS);
  if (!isWord(buffer, start, end, CHUNKED)) return faulty(codingFault(buffer, start, end));
  return before === NO_LENGTH ? LENGTH_CHUNKED : faulty(FAULT_LENGTH_AND_CODING);
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
