/**
 * Names of routes: one for people, as they wrote the route, and one for the document, which metrics and logs have as a label. The latter is
 * made of the conditions and not of the place in the code, so that a route that is added, moved or given another target renames no other.
 */
import { createHash } from 'node:crypto';
import { NAME_RULES } from '../props/name-rules';
import { Condition } from './condition';
import { Route } from './route';

/** Name of the route that takes what the others leave. */
export const DEFAULT_ROUTE_NAME = 'default';

const LONGEST_TITLE = 120;
const HASH_LENGTH = 6;

/** A route as its author knows it: by its name, or else by how it was written. */
export function titleOf({ _spec: { name, alternatives } }: Route): string {
  if (name !== undefined) {
    return `'${String(name)}'`;
  }
  const text = conditionsText(alternatives.map((matches) => matches.map((match) => match?._condition?.said ?? String(match))));
  return shortened(text);
}

/** What was written, as much of it as a message shows. */
export function shortened(text: string): string {
  return text.length > LONGEST_TITLE ? `${text.slice(0, LONGEST_TITLE)}...` : text;
}

/** Names by conditions, which never change: every caller of a service asks for those of all its routes. */
const NAMES = new WeakMap<Route, string>();

/** The name of each route in documents. Names that would be the same are told apart by a hash of the conditions. */
export function namesOf(routes: readonly Route[]): Map<Route, string> {
  const given = new Set(routes.flatMap(({ _spec: { name } }) => (name === undefined ? [] : [name])));
  const made = routes.map((route) => ({ route, name: route._spec.name ?? nameByConditions(route) }));
  const count = new Map<string, number>();
  for (const { name } of made) {
    count.set(name, (count.get(name) ?? 0) + 1);
  }
  return new Map(made.map(({ route, name }) => {
    const isTaken = route._spec.name === undefined && (given.has(name) || count.get(name)! > 1);
    return [route, isTaken ? withHash(name, textOf(route)) : name];
  }));
}

function nameByConditions(route: Route): string {
  const name = NAMES.get(route) ?? makeName(route);
  NAMES.set(route, name);
  return name;
}

function makeName(route: Route): string {
  const { alternatives } = route._spec;
  if (alternatives.length === 0) {
    return DEFAULT_ROUTE_NAME;
  }
  const name = alternatives.map((matches) => matches.map((match) => words(match._condition)).join('-')).join('-or-')
    .toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
  return name.length > NAME_RULES.label.longest ? withHash(name, textOf(route)) : name;
}

function words(condition: Condition): string {
  switch (condition.kind) {
    case 'path': return pathWords(condition.path.type, condition.path.value, condition.said);
    case 'grpc': return ['grpc', condition.options.service, condition.options.method].filter((part) => part !== undefined).join('-');
    case 'method': return condition.method;
    case 'hosts': return `host-${condition.hosts.join('-')}`;
    case 'callers': return `from-${condition.callers.map(({ node }) => node.id).join('-')}`;
    case 'claims': {
      const { name, path = [name], number, boolean, value = number ?? boolean ?? '', regex } = condition.claim;
      return `claim-${path.join('-')}-${regex === undefined ? String(value) : hashOf(condition.said)}`;
    }
    default: {
      const { name, value = '', regex } = condition.value;
      const kind = { headers: 'header', query: 'query', cookies: 'cookie' }[condition.kind];
      return regex === undefined ? `${kind}-${name}-${value}` : `${kind}-${name}-${hashOf(condition.said)}`;
    }
  }
}

function pathWords(type: 'exact' | 'prefix' | 'regex', value: string, said: string): string {
  const path = value.replace(/^\/+|\/+$/g, '');
  if (type === 'regex') {
    return `regex-${hashOf(said)}`;
  }
  return `${type === 'exact' ? 'path' : 'prefix'}-${path === '' ? 'root' : path}`;
}

function textOf({ _spec: { alternatives } }: Route): string {
  return conditionsText(alternatives.map((matches) => matches.map((match) => match._condition.said)));
}

function conditionsText(alternatives: readonly (readonly string[])[]): string {
  return alternatives.length === 0 ? 'Route.always()'
    : `Route.${alternatives.map((said, index) => `${index === 0 ? 'when' : 'orWhen'}(${said.join(', ')})`).join('.')}`;
}

function withHash(name: string, text: string): string {
  const start = name.slice(0, NAME_RULES.label.longest - HASH_LENGTH - 1).replace(/-$/, '');
  return `${start}-${hashOf(text)}`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH);
}
