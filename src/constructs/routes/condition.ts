/** What a `Match` asks for, and how a document says it. */
import { IConstruct } from 'constructs';
import { ClaimMatch, PathMatch, RouteMatch, ValueMatch } from '../../contract';
import { GrpcMatchOptions } from './route-options';

/** What one `Match` asks for. `said` is how its author wrote it. */
export type Condition = { readonly said: string } & (
  | { readonly kind: 'path'; readonly path: PathMatch }
  | { readonly kind: 'grpc'; readonly path: PathMatch; readonly options: GrpcMatchOptions }
  | { readonly kind: 'method'; readonly method: string }
  | { readonly kind: 'headers' | 'query' | 'cookies'; readonly value: ValueMatch }
  | { readonly kind: 'claims'; readonly claim: ClaimMatch }
  | { readonly kind: 'hosts'; readonly hosts: readonly string[] }
  | { readonly kind: 'callers'; readonly callers: readonly IConstruct[] }
);

/** Conditions that must all hold, as a document says them. Callers are left out, for documents are of one caller each. */
export function toRouteMatch(conditions: readonly Condition[]): RouteMatch {
  const valuesOf = (part: 'headers' | 'query' | 'cookies'): ValueMatch[] => conditions.flatMap((each) => (each.kind === part ? [each.value] : []));
  const path = conditions.flatMap((each) => (each.kind === 'path' || each.kind === 'grpc' ? [each.path] : []))[0];
  const method = conditions.flatMap((each) => (each.kind === 'method' ? [each.method] : []))[0];
  const [headers, query, cookies] = (['headers', 'query', 'cookies'] as const).map(valuesOf);
  const claims = conditions.flatMap((each) => (each.kind === 'claims' ? [each.claim] : []));
  const hosts = conditions.flatMap((each) => (each.kind === 'hosts' ? each.hosts : []));
  return {
    ...(path && { path }),
    ...(method !== undefined && { method }),
    ...(headers.length > 0 && { headers }),
    ...(query.length > 0 && { query }),
    ...(cookies.length > 0 && { cookies }),
    ...(claims.length > 0 && { claims }),
    ...(hosts.length > 0 && { hosts }),
  };
}
