/** What can be wrong with the changes of header fields of one route. */
import { isOfCors, isOfTheProxy } from '../../contract';
import { isFieldName, isFieldValue, LONGEST_FIELD_VALUE } from '../props/header-fields';
import { isList } from '../props/texts';
import { ValidationErrors } from '../props/validation-errors';
import { HeaderChange, RouteSpec } from './route-spec';

const CHANGES = {
  // #region generated lists of HeaderChanges
  remove: { least: 0, most: 32 },
  set: { least: 0, most: 32 },
  add: { least: 0, most: 32 },
  // #endregion
};

/**
 * Checks the changes that a route makes of requests, or of responses.
 *
 * @param others what else it writes in responses
 */
export function checkHeaderChanges(
  errors: ValidationErrors, prop: string, message: 'Request' | 'Response', changes: readonly HeaderChange[],
  others: Pick<RouteSpec, 'respond' | 'cors'> = {},
): void {
  const { respond, cors } = others;
  const once = new Map<string, string>();
  for (const { step, name, value } of changes) {
    const at = `${prop}.${step}${message}Header`;
    if (!isFieldName(name)) {
      errors.add(at, name, 'name a header field, such as x-tenant');
      continue;
    }
    const key = name.toLowerCase();
    if (isOfTheProxy(name)) {
      errors.add(at, name, message === 'Request' && key === 'host' ? 'use rewriteHost() for it'
        : 'messages are framed by it, or the proxy writes it by itself; leave it out');
    } else if (respond && step !== 'remove' && key === 'content-type') {
      errors.add(at, name, 'the route responds by itself; say the type of the body with \'contentType\' of respond()');
    }
    if (cors && isOfCors(name)) {
      errors.add(at, name, 'cors() writes it; leave one of the two out');
    }
    if (step !== 'remove' && !isFieldValue(value)) {
      errors.add(at, value, `use the value of a header field, in Latin-1 and up to ${LONGEST_FIELD_VALUE} characters`);
    }
    if (step !== 'add') {
      const before = once.get(key);
      if (before !== undefined) {
        errors.add(at, name, `${before}${message}Header() names it already; name it once`);
      }
      once.set(key, step);
    }
  }
  for (const step of ['remove', 'set', 'add'] as const) {
    const some = changes.filter((change) => change.step === step);
    if (!isList(CHANGES[step], some)) {
      errors.add(`${prop}.${step}${message}Header`, some.length, `use it at most ${CHANGES[step].most} times`);
    }
  }
}
