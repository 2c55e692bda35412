/**
 * What header fields of people may be.
 */
import { isText, TextRule } from './texts';

const FIELD = {
  // #region generated texts of HeaderField
  name: { form: /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, longest: 256 },
  value: { form: /^[\t -~\u0080-\u00ff]*$/, longest: 1_024 },
  // #endregion
} satisfies Record<string, TextRule>;

/** The longest value of a header field, in characters. */
export const LONGEST_FIELD_VALUE = FIELD.value.longest;

/** Whether a header field may have this name. */
export function isFieldName(name: unknown): name is string {
  return isText(FIELD.name, name);
}

/** Whether a header field may have this value. */
export function isFieldValue(value: unknown): value is string {
  return isText(FIELD.value, value);
}
