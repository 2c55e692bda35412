/** Why a request goes where it goes: what each row of the table says of it. For tools; a proxy only looks up. */
import { textOf, type ValueTest } from '../bytes/bytes';
import type { RequestView } from '../request/request-view';
import type { NamedCondition } from '../table/conditions';
import { HostReader, reversed } from '../table/host-reader';
import type { RouteTable } from '../table/route-table';
import type { RouteRow, RowHost, RowPath } from '../table/row';
import { describePath, describeValue } from './describe';

/** A condition that does not hold. */
export interface FailedCondition {
  readonly part: 'host' | 'path' | 'method' | 'header' | 'query' | 'cookie' | 'claim';
  /** Of a header field, a query parameter, a cookie or a claim. */
  readonly name?: string;
  readonly expected: string;
  /** What the request has; empty when it has nothing of the kind. */
  readonly seen: readonly string[];
}

export interface RowVerdict {
  readonly row: RouteRow;
  /** `chosen`: it takes the request. `behind`: it would, but one before it does. `failed`: it would not. */
  readonly outcome: 'chosen' | 'behind' | 'failed';
  /** The first condition that does not hold, in the order host, path, method, header, query, cookie, claim. */
  readonly failed?: FailedCondition;
}

/** What each row says of a request, in the order of precedence. */
export function explain(table: RouteTable, request: RequestView): RowVerdict[] {
  const host = hostOf(request);
  const path = textOf(request.path.bytes, request.path.start, request.path.end);
  let isTaken = false;
  return table.rows.map((row): RowVerdict => {
    const failed = firstFailed(row, request, host, path);
    if (failed) return { row, outcome: 'failed', failed };
    const outcome = isTaken ? 'behind' : 'chosen';
    isTaken = true;
    return { row, outcome };
  });
}

function firstFailed(row: RouteRow, request: RequestView, host: string, path: string): FailedCondition | undefined {
  if (row.host && !takesHost(row.host, host)) return { part: 'host', expected: row.host.pattern, seen: host === '' ? [] : [host] };
  if (!takesPath(row.path, path)) return { part: 'path', expected: describePath(row.path), seen: [path] };
  const method = textOf(request.method.bytes, request.method.start, request.method.end);
  if (row.method !== undefined && row.method !== method) return { part: 'method', expected: row.method, seen: [method] };
  return failedOf('header', row.headers, ({ bytes }, test) => request.anyHeader(bytes, test))
    ?? failedOf('query', row.query, ({ bytes }, test) => request.firstQuery(bytes, test))
    ?? failedOf('cookie', row.cookies, ({ bytes }, test) => request.anyCookie(bytes, test))
    ?? failedOf('claim', row.claims, ({ name }, test) => request.anyClaim(name, test));
}

function failedOf(
  part: 'header' | 'query' | 'cookie' | 'claim', conditions: readonly NamedCondition[], holds: (condition: NamedCondition, test: ValueTest) => boolean,
): FailedCondition | undefined {
  const failed = conditions.find((condition) => !holds(condition, condition.value));
  if (!failed) return undefined;
  const seen: string[] = [];
  holds(failed, {
    test: (bytes, start, end) => {
      seen.push(textOf(bytes, start, end));
      return false;
    },
  });
  return { part, name: failed.name, expected: describeValue(failed.value), seen };
}

/** Without port and final dot, in lower case; empty when there is none. */
function hostOf({ host: { bytes, start, end } }: RequestView): string {
  const reader = new HostReader();
  return reader.read(bytes, start, end) ? reversed(textOf(reader.bytes, 0, reader.length)) : '';
}

function takesHost({ isWildcard, name }: RowHost, host: string): boolean {
  return isWildcard ? host.endsWith(`.${name}`) && host.length > name.length + 1 : host === name;
}

function takesPath(path: RowPath, seen: string): boolean {
  if (path.type === 'any') return true;
  if (!seen.startsWith('/')) return false;
  switch (path.type) {
    case 'exact': return seen === path.value;
    case 'prefix': return seen === path.value || seen.startsWith(`${path.value}/`);
    case 'regex': return path.regex.testText(seen);
  }
}
