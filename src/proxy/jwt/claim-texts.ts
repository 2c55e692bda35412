/** What a token claims, as texts. */
import { AskedClaim, isWellFormed } from '../../routing';
import type { JsonObject } from './unique-json';

/** The text of a claim, or the texts of a list. Undefined for anything else. */
export function textsOf(payload: JsonObject, name: string): string[] | undefined {
  return textsIn(memberOf(payload, name));
}

/**
 * A claim as conditions see it: the values of the type that is asked for, of a list each. Of `scope`, each word (RFC 8693 section 4.2). Undefined
 * when there is nothing of that type. Numbers that are not whole, or so large that readers round them, are none: two of them could look equal.
 */
export function conditionTextsOf(payload: JsonObject, { path, type }: AskedClaim): string[] | undefined {
  let value: unknown = payload;
  for (let i = 0; i < path.length; i += 1) value = memberOf(value, path[i]!);
  if (type === 'text') {
    if (path.length === 1 && path[0] === 'scope' && typeof value === 'string') return value.split(' ');
    return textsIn(value)?.filter(isWellFormed);
  }
  const members: readonly unknown[] = Array.isArray(value) ? value : [value];
  const found = members.filter((member) => (type === 'number' ? Number.isSafeInteger(member) : typeof member === 'boolean'));
  return found.length > 0 ? found.map(String) : undefined;
}

/** Of objects alone: a list has no names. */
function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, name) ? (value as JsonObject)[name] : undefined;
}

function textsIn(value: unknown): string[] | undefined {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((member) => typeof member === 'string') : undefined;
}
