/** The form of SPIFFE ids that users write. */
import { isText, TextRule } from './texts';
import { ValidationErrors } from './validation-errors';

const SPIFFE_ID: TextRule = {
  // #region generated text of SpiffeId
  form: /^spiffe:\/\/[a-z0-9._-]+(\/(?!\.\.?(\/|$))[a-zA-Z0-9._-]+)+$/,
  longest: 2_048,
  // #endregion
};

/** Checks a list of ids. */
export function checkSpiffeIds(errors: ValidationErrors, prop: string, ids: readonly string[]): void {
  if (!Array.isArray(ids)) {
    errors.add(prop, ids, 'list SPIFFE ids, such as [\'spiffe://cluster.local/ns/shop/sa/web\']');
    return;
  }
  ids.filter((id) => !isText(SPIFFE_ID, id)).forEach((id) => errors.add(prop, id, 'use a SPIFFE id in full, such as spiffe://cluster.local/ns/shop/sa/web; there are no patterns'));
}
