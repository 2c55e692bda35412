/**
 * The routes of one service, or of one call, against each other: names that are the same, and routes that get no request because another one
 * takes all that they could take. Which one that is, the engine that the proxy routes by says.
 */
import { IConstruct } from 'constructs';
import { findOverlaps, PathOptions, RouteTable } from '../../routing';
import { ValidationErrors } from '../props/validation-errors';
import { toRouteMatch } from './condition';
import { Match } from './match';
import { cycleOf } from './redirect-cycles';
import { Route } from './route';
import { namesOf, titleOf } from './route-names';

const ROUTES = {
  // #region generated lists of ListenerConfig: routes
  routes: { least: 1, most: 5_000 },
  // #endregion
};

/** A route as one caller has it: with those of its alternatives that are for this caller. */
export interface CallersRoute {
  readonly route: Route;
  /** Its name in documents. */
  readonly name: string;
  /** None: every request. */
  readonly alternatives: readonly (readonly Match[])[];
}

/**
 * The routes that one caller has. Those that name a caller come first: where nothing else tells two routes apart, they are the more specific.
 *
 * @param isCaller whether a construct that a condition names is the caller
 */
export function routesFor(routes: readonly Route[], isCaller: (construct: IConstruct) => boolean): CallersRoute[] {
  const names = namesOf(routes);
  const own = routes.flatMap((route): (CallersRoute & { readonly isForCaller: boolean })[] => {
    const { alternatives } = route._spec;
    const its = alternatives.filter((matches) => isFor(matches, isCaller));
    if (its.length === 0 && alternatives.length > 0) {
      return [];
    }
    const others = its.map(besidesCallers);
    return [{
      route, name: names.get(route)!, isForCaller: its.some((matches) => callersOf(matches).length > 0),
      // One of its alternatives may ask for nothing but the caller.
      alternatives: others.some((matches) => matches.length === 0) ? [] : others,
    }];
  });
  return [...own.filter(({ isForCaller }) => isForCaller), ...own.filter(({ isForCaller }) => !isForCaller)]
    .map(({ route, name, alternatives }) => ({ route, name, alternatives }));
}

/** Every construct that a condition of the routes names as a caller. */
export function namedCallers(routes: readonly Route[]): IConstruct[] {
  return [...new Set(routes.flatMap(({ _spec: { alternatives } }) => alternatives.flatMap((matches) => callersOf(matches).flat())))];
}

/** Checks routes that are sound by themselves against each other. */
export function checkTogether(errors: ValidationErrors, propOf: (route: Route) => string, routes: readonly Route[], path: PathOptions): void {
  const byName = new Map<string, Route>();
  for (const route of routes) {
    const { name } = route._spec;
    if (name !== undefined && byName.has(name)) {
      errors.add(`${propOf(route)}.named`, name, 'another route has the name already; give each its own');
    }
    if (name !== undefined) {
      byName.set(name, route);
    }
  }
  // One more is the default.
  if (routes.length > ROUTES.routes.most - 1) {
    errors.add(propOf(routes[routes.length - 1]), routes.length, `use at most ${ROUTES.routes.most - 1} routes; give one of them several conditions by orWhen()`);
    return;
  }
  routes.filter(isForgotten).forEach((route) => errors.add(propOf(route), titleOf(route),
    'the route does nothing: its methods change no route, but return a new one; add what to() and the others return'));
  const twice = new Set(routes.filter((route, index) => routes.indexOf(route) < index));
  twice.forEach((route) => errors.add(propOf(route), titleOf(route), 'the route is there twice; leave one out'));
  for (const { first, second, reason } of shadowed([...new Set(routes)], path)) {
    if (first === second) {
      errors.add(propOf(second), titleOf(second), 'two of its alternatives take the same requests; leave one out');
    } else {
      errors.add(propOf(second), 'never reached', reason === 'identical'
        ? `${titleOf(first)} has the same conditions and is declared before it; change the conditions of one, or make one route of both`
        : `${titleOf(first)} takes all of its requests before; give it conditions that the other has not`);
    }
  }
  checkRedirects(errors, propOf, routes, path);
}

/** Redirects that lead from one route to another and back. */
function checkRedirects(errors: ValidationErrors, propOf: (route: Route) => string, routes: readonly Route[], path: PathOptions): void {
  for (const caller of [undefined, ...namedCallers(routes)]) {
    const all = alternativesFor(alternativesOf(routes), (construct) => construct === caller);
    const cycle = cycleOf(all.map(({ route, matches }) => ({
      route, redirect: route._spec.redirect, conditions: besidesCallers(matches).map(({ _condition }) => _condition),
    })), path);
    if (cycle) {
      errors.add(propOf(cycle[0]), [...cycle, cycle[0]].map(titleOf).join(' -> '), 'clients would go round in a circle by these redirects; redirect to a path that none of them takes');
      return;
    }
  }
}

/** A route with nothing but conditions, whose author called methods and dropped what they returned. */
function isForgotten({ _spec, _isContinued }: Route): boolean {
  const { alternatives: _, ...rest } = _spec;
  return _isContinued && Object.values(rest).every((part) => Array.isArray(part) && part.length === 0);
}

/** A route, one alternative of which gets no request as another route takes all that it could take. */
interface Shadowed {
  readonly first: Route;
  readonly second: Route;
  readonly reason: string;
}

/** One alternative of a route. */
interface Alternative {
  readonly route: Route;
  readonly matches: readonly Match[];
}

/** Each caller has a table of its own. An alternative that is reached in one of them is told of in none. */
function shadowed(routes: readonly Route[], path: PathOptions): Shadowed[] {
  const all = alternativesOf(routes);
  const tables = [undefined, ...namedCallers(routes)].map((caller) => shadowedOf(all, (construct) => construct === caller, path));
  const found = new Map<string, Shadowed>();
  for (const alternative of all) {
    const verdicts = tables.filter(({ of }) => of.has(alternative)).map(({ by }) => by.get(alternative));
    const [verdict] = verdicts;
    if (verdict && verdicts.every((each) => each !== undefined)) {
      const { first, reason } = verdict;
      found.set(`${routes.indexOf(first)} ${routes.indexOf(alternative.route)}`, { first, second: alternative.route, reason });
    }
  }
  return [...found.values()];
}

function alternativesOf(routes: readonly Route[]): Alternative[] {
  return routes.flatMap((route) => {
    const { alternatives } = route._spec;
    return (alternatives.length === 0 ? [[]] : alternatives).map((matches) => ({ route, matches }));
  });
}

/** Those of one caller, in the order of its table. */
function alternativesFor(all: readonly Alternative[], isCaller: (construct: IConstruct) => boolean): Alternative[] {
  const its = all.filter(({ matches }) => isFor(matches, isCaller));
  return [...its.filter(({ matches }) => callersOf(matches).length > 0), ...its.filter(({ matches }) => callersOf(matches).length === 0)];
}

function shadowedOf(all: readonly Alternative[], isCaller: (construct: IConstruct) => boolean, path: PathOptions) {
  const own = alternativesFor(all, isCaller);
  const rows = own.map(({ matches }) => toRouteMatch(besidesCallers(matches).map(({ _condition }) => _condition)));
  const table = RouteTable.of(rows.map((match) => ({ matches: [match] })), path);
  const by = new Map<Alternative, { readonly first: Route; readonly reason: string }>();
  for (const { reason, first, second } of table instanceof RouteTable ? findOverlaps(table).overlaps : []) {
    if (reason !== 'order') {
      by.set(own[second.route], { first: own[first.route].route, reason });
    }
  }
  return { of: new Set(own), by };
}

/** Whether a caller is among those that an alternative names; one that names none is for all. */
function isFor(matches: readonly Match[], isCaller: (construct: IConstruct) => boolean): boolean {
  return callersOf(matches).every((callers) => callers.some(isCaller));
}

function besidesCallers(matches: readonly Match[]): readonly Match[] {
  return matches.filter(({ _condition: { kind } }) => kind !== 'callers');
}

function callersOf(matches: readonly Match[]): (readonly IConstruct[])[] {
  return matches.flatMap(({ _condition }) => (_condition.kind === 'callers' ? [_condition.callers] : []));
}
