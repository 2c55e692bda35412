/** A GRPCRoute of the Gateway API (v1, standard channel). It and an HTTPRoute can't share a host, so it takes hosts with routes of gRPC alone. */
import { namesOf } from '../routes/route-names';
import { Route } from '../routes/route';
import { Match } from '../routes/match';
import { backendsOf, filtersOf, Part, targetsOf, valueOf } from './http-route';

/** Whether every route is of gRPC and has only what a GRPCRoute can express. An HTTPRoute says the others, by the path of gRPC. */
export function isGrpc(routes: readonly Route[]): boolean {
  return routes.length > 0 && routes.every(({ _spec: spec }) => spec.alternatives.length > 0 && spec.alternatives.every(isOfGrpc)
    && !spec.redirect && !spec.rewritePath && spec.rewriteHost === undefined && !spec.timeout && !spec.cors);
}

/** The rules of a GRPCRoute. */
export function grpcRules(routes: readonly Route[], namespace: string): Part[] {
  const names = namesOf(routes);
  return routes.map((route) => {
    const { _spec: spec } = route;
    const filters = filtersOf(spec, namespace);
    return {
      name: names.get(route)!,
      matches: spec.alternatives.map(matchOf),
      ...(filters.length > 0 && { filters }),
      backendRefs: backendsOf(targetsOf(spec), namespace),
    };
  });
}

function isOfGrpc(alternative: readonly Match[]): boolean {
  const kinds = alternative.map(({ _condition: { kind } }) => kind);
  return kinds.includes('grpc') && kinds.every((kind) => kind === 'grpc' || kind === 'headers');
}

function matchOf(alternative: readonly Match[]): Part {
  const conditions = alternative.map(({ _condition }) => _condition);
  const headers = conditions.flatMap((each) => (each.kind === 'headers' ? [valueOf(each.value)] : []));
  const [{ service, method }] = conditions.flatMap((each) => (each.kind === 'grpc' ? [each.options] : []));
  return {
    method: { type: 'Exact', ...(service !== undefined && { service }), ...(method !== undefined && { method }) },
    ...(headers.length > 0 && { headers }),
  };
}
