/**
 * What Proxy-Status (RFC 9209) of a 503, 429 or 502 says of whose doing it is. A sidecar in front of an app makes such responses
 * for two kinds of reasons: it can't get an answer from the app, or it turns requests away: too much work, or a loop.
 * Only the first is the endpoint's fault.
 */
import { isWord, word } from './bytes';
import { FieldTable, Kind } from './fields';

const PROXY_STATUS = word('proxy-status');

/** Error types of RFC 9209 section 2.3 that a proxy gives when it did not get a proper answer. */
const NO_ANSWER = /;\s*error="?(?:destination_|dns_|connection_refused|connection_terminated|connection_timeout|connection_(?:read|write)_timeout|tls_|http_response_|http_protocol_error|http_upgrade_failed)/;
const ERROR = /;\s*error=/;

/** Whether a proxy on the way made the response by its own decision. To be asked for a 503, a 429 or a 502 only. */
export function isShed(buffer: Buffer, fields: FieldTable): boolean {
  for (let i = fields.count - 1; i >= 0; i -= 1) {
    if (fields.kinds[i] !== Kind.OTHER || !isWord(buffer, fields.nameStart(i), fields.nameEnd(i), PROXY_STATUS)) continue;
    const value = buffer.toString('latin1', fields.valueStart(i), fields.valueEnd(i));
    return ERROR.test(value) && !NO_ANSWER.test(value);
  }
  return false;
}
