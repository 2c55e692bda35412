/** What a token claims, as texts. */
import type { JsonObject } from './unique-json';

/** The text of a claim, or the texts of a list. Undefined for anything else. */
export function textsOf(payload: JsonObject, name: string): string[] | undefined {
  const value = Object.hasOwn(payload, name) ? payload[name] : undefined;
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((member) => typeof member === 'string') : undefined;
}

/** As conditions see them: of `scope`, each word (RFC 8693 section 4.2). */
export function conditionTextsOf(payload: JsonObject, name: string): string[] | undefined {
  const texts = textsOf(payload, name);
  return name === 'scope' && typeof payload['scope'] === 'string' ? payload['scope'].split(' ') : texts;
}
