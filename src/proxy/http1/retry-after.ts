/**
 * Retry-After (RFC 9110 section 10.2.3) of a response, for what it says of the endpoint. Only its usual form, a number of
 * seconds, is read; the date counts as absent, for clocks of other machines are not to be relied on.
 */
import { isWord, parseDecimal, word } from './bytes';
import { FieldTable, Kind } from './fields';

const RETRY_AFTER = word('retry-after');

/** In milliseconds; 0 when there is none, or one of another form. */
export function retryAfterMs(buffer: Uint8Array, fields: FieldTable): number {
  for (let i = 0; i < fields.count; i += 1) {
    if (fields.kinds[i] !== Kind.OTHER || !isWord(buffer, fields.nameStart(i), fields.nameEnd(i), RETRY_AFTER)) continue;
    const seconds = parseDecimal(buffer, fields.valueStart(i), fields.valueEnd(i));
    return seconds > 0 ? seconds * 1_000 : 0;
  }
  return 0;
}
