/**
 * Retry-After (RFC 9110 section 10.2.3) of a response, for what it says of the endpoint: a number of seconds, or a date. A date is
 * compared with the response's own Date, for the clocks of two machines are not to be relied on together.
 */
import { isWord, word } from './bytes';
import { FieldTable, Kind } from './fields';

const RETRY_AFTER = word('retry-after');

/** In milliseconds; 0 when there is none, or what it says can't be told. */
export function retryAfterMs(buffer: Buffer, fields: FieldTable): number {
  for (let i = 0; i < fields.count; i += 1) {
    if (fields.kinds[i] !== Kind.OTHER || !isWord(buffer, fields.nameStart(i), fields.nameEnd(i), RETRY_AFTER)) continue;
    const value = valueOf(buffer, fields, i);
    if (/^\d+$/.test(value)) return Number(value) * 1_000;
    const waitMs = Date.parse(value) - dateOf(buffer, fields);
    return waitMs > 0 ? waitMs : 0;
  }
  return 0;
}

/** NaN when there is none. */
function dateOf(buffer: Buffer, fields: FieldTable): number {
  for (let i = 0; i < fields.count; i += 1) if (fields.kinds[i] === Kind.DATE) return Date.parse(valueOf(buffer, fields, i));
  return NaN;
}

function valueOf(buffer: Buffer, fields: FieldTable, index: number): string {
  return buffer.toString('latin1', fields.valueStart(index), fields.valueEnd(index));
}
