/**
 * What header fields of people may be, as the document says it of its `name` and `value`.
 */

/** `token` of RFC 9110. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]{0,1024}$/;

/** Whether a header field may have this name. */
export function isFieldName(name: unknown): name is string {
  return typeof name === 'string' && NAME.test(name);
}

/** Whether a header field may have this value. */
export function isFieldValue(value: unknown): value is string {
  return typeof value === 'string' && VALUE.test(value);
}
