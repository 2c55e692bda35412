/**
 * What follows from what: whether all requests that one row takes are taken by another one's conditions, and whether some request
 * is sure to be taken by both. Where it can't be told, the answer is no.
 */
import { bytesOf } from '../bytes/bytes';
import { AnyValue, ExactValue, type NamedCondition } from '../table/conditions';
import type { RouteRow, RowPath } from '../table/row';

const ROOT = bytesOf('/');
const NOTHING = bytesOf('');

/** Whether `wide` takes all that `narrow` takes. Both have the same host. */
export function covers(wide: RouteRow, narrow: RouteRow): boolean {
  return coversPath(wide.path, narrow.path, narrow.method)
    && (wide.method === undefined || wide.method === narrow.method)
    && coverAll(wide.headers, narrow.headers) && coverAll(wide.query, narrow.query)
    && coverAll(wide.cookies, narrow.cookies) && coverAll(wide.claims, narrow.claims);
}

/** @param method of the narrow one: only OPTIONS has the target `*`, which rows for any path take alone */
function coversPath(wide: RowPath, narrow: RowPath, method: string | undefined): boolean {
  if (wide.type === 'any') return true;
  if (narrow.type === 'any' && (method === undefined || method === 'OPTIONS')) return false;
  const prefix = narrow.type === 'any' ? '' : narrow.type === 'prefix' ? narrow.value : undefined;
  switch (wide.type) {
    case 'exact': return narrow.type === 'exact' && wide.value === narrow.value;
    case 'prefix': {
      const start = prefix ?? (narrow.type === 'exact' ? narrow.value : undefined);
      return wide.value === '' || (start !== undefined && (start === wide.value || start.startsWith(`${wide.value}/`)));
    }
    case 'regex':
      if (prefix !== undefined) return (prefix === '' || wide.regex.testText(prefix)) && wide.regex.takesAllFrom(bytesOf(`${prefix}/`));
      return narrow.type === 'exact' ? wide.regex.testText(narrow.value) : pathKey(wide) === pathKey(narrow) || wide.regex.takesAllFrom(ROOT);
  }
}

/** Each condition of `wide` follows from one of `narrow`. */
function coverAll(wide: readonly NamedCondition[], narrow: readonly NamedCondition[]): boolean {
  return wide.every(({ name, value }) => narrow.some((other) => other.name === name && coversValue(value, other.value)));
}

function coversValue(wide: NamedCondition['value'], narrow: NamedCondition['value']): boolean {
  if (wide instanceof AnyValue) return true;
  if (wide instanceof ExactValue) return narrow instanceof ExactValue && narrow.value === wide.value;
  if (narrow instanceof ExactValue) return wide.testText(narrow.value);
  return wide === narrow || wide.takesAllFrom(NOTHING);
}

/** Whether there is sure to be a request that both take. Both have the same host and the same rank. */
export function meet(one: RouteRow, other: RouteRow): boolean {
  return pathKey(one.path) === pathKey(other.path) && one.method === other.method
    && meetAll(one.headers, other.headers) && meetAll(one.query, other.query)
    && meetAll(one.cookies, other.cookies) && meetAll(one.claims, other.claims);
}

function meetAll(ones: readonly NamedCondition[], others: readonly NamedCondition[]): boolean {
  return ones.every(({ name, value }) => others.every((other) => other.name !== name || meetValue(value, other.value)));
}

function meetValue(one: NamedCondition['value'], other: NamedCondition['value']): boolean {
  if (one instanceof AnyValue || other instanceof AnyValue) return true;
  if (one instanceof ExactValue) return other instanceof ExactValue ? one.value === other.value : other.testText(one.value);
  return other instanceof ExactValue ? one.testText(other.value) : one === other;
}

/** The same for paths of the same kind and value; any path is as the prefix `/`. */
export function pathKey(path: RowPath): string {
  return path.type === 'any' ? 'prefix ' : `${path.type} ${path.value}`;
}
