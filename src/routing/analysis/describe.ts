/** Conditions in words, for tables and explanations. */
import { AnyValue, ExactValue, type NamedCondition } from '../table/conditions';
import type { RouteRow, RowPath } from '../table/row';

/** All conditions of a row, such as `path /a/*` and `header x-beta: true`. Empty when it takes every request. */
export function describeRow(row: RouteRow): string[] {
  return [
    ...(row.host ? [`host ${row.host.pattern}`] : []),
    ...(row.path.type === 'any' ? [] : [`path ${describePath(row.path)}`]),
    ...(row.method === undefined ? [] : [`method ${row.method}`]),
    ...row.headers.map((condition) => `header ${describeCondition(condition)}`),
    ...row.query.map((condition) => `query ${describeCondition(condition)}`),
    ...row.cookies.map((condition) => `cookie ${describeCondition(condition)}`),
    ...row.claims.map((condition) => `claim ${describeCondition(condition)}`),
  ];
}

export function describePath(path: RowPath): string {
  switch (path.type) {
    case 'any': return 'any';
    case 'exact': return path.value;
    case 'prefix': return `${path.value}/*`;
    case 'regex': return `matching ${path.value}`;
  }
}

export function describeCondition({ name, value }: NamedCondition): string {
  return `${name} ${describeValue(value)}`;
}

export function describeValue(value: NamedCondition['value']): string {
  if (value instanceof AnyValue) return 'present';
  return value instanceof ExactValue ? `= '${value.value}'` : `matching ${value.pattern}`;
}
