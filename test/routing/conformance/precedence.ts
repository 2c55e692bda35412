/** Which of several matches wins. */
import type { ConformanceGroup } from './group';
import { cookie, exact, header, prefix, query, regex } from './matches';

export const PRECEDENCE_GROUPS: readonly ConformanceGroup[] = [
  {
    name: 'exact, regular expression, prefix',
    routes: { prefix: [prefix('/a/b')], regex: [regex('/a/.*')], exact: [exact('/a/b')] },
    requests: [['/a/b', 'exact'], ['/a/b/', 'regex'], ['/a/b/c', 'regex'], ['/a/c', 'regex'], ['/a', undefined]],
  },
  {
    name: 'the longest expression first',
    routes: { short: [regex('/.*')], long: [regex('/a/[a-z]+')], longer: [regex('/a/(b|c|d|e|f)')] },
    requests: [['/a/b', 'longer'], ['/a/z', 'long'], ['/a/1', 'short'], ['/x', 'short']],
  },
  {
    name: 'of expressions of a length the first',
    routes: { first: [regex('/a[0-9]')], second: [regex('/a[1-9]')] },
    requests: [['/a0', 'first'], ['/a5', 'first']],
  },
  {
    name: 'a longer prefix wins over a method, fields and parameters',
    routes: { rich: [prefix('/a', { method: 'GET', ...header({ x: '1' }), ...query({ q: '1' }), ...cookie({ c: '1' }) })], long: [prefix('/a/b')] },
    requests: [['/a/b?q=1 | x: 1 | cookie: c=1', 'long'], ['/a/c?q=1 | x: 1 | cookie: c=1', 'rich'], ['/a/c', undefined]],
  },
  {
    name: 'a method wins over fields, fields over parameters, parameters over cookies',
    routes: {
      cookies: [cookie({ c: '1', d: '1', e: '1' })], query: [query({ q: '1', r: '1' })], headers: [header({ x: '1' })], method: [{ method: 'GET' }],
    },
    requests: [
      ['/?q=1&r=1 | x: 1 | cookie: c=1; d=1; e=1', 'method'], ['POST /?q=1&r=1 | x: 1 | cookie: c=1; d=1; e=1', 'headers'],
      ['POST /?q=1&r=1 | cookie: c=1; d=1; e=1', 'query'], ['POST /?q=1 | cookie: c=1; d=1; e=1', 'cookies'], ['POST /?q=1 | cookie: c=1', undefined],
    ],
  },
  {
    name: 'most header fields, then most parameters, then most cookies',
    routes: {
      one: [header({ x: '1' })], two: [header({ x: '1', y: '1' })], oneOne: [{ ...header({ x: '1' }), ...query({ q: '1' }) }],
      oneTwo: [{ ...header({ x: '1' }), ...query({ q: '1', r: '1' }) }], oneOneOne: [{ ...header({ x: '1' }), ...query({ q: '1' }), ...cookie({ c: '1' }) }],
    },
    requests: [
      ['/ | x: 1', 'one'], ['/ | x: 1 | y: 1', 'two'], ['/?q=1&r=1 | x: 1 | y: 1', 'two'], ['/?q=1 | x: 1', 'oneOne'], ['/?q=1&r=1 | x: 1', 'oneTwo'],
      ['/?q=1 | x: 1 | cookie: c=1', 'oneOneOne'], ['/?q=1&r=1 | x: 1 | cookie: c=1', 'oneTwo'],
    ],
  },
  {
    name: 'conditions of a name that is repeated count once',
    routes: { repeated: [{ headers: [{ name: 'x', value: '1' }, { name: 'X', value: '1' }] }], two: [header({ x: '1', y: '1' })] },
    requests: [['/ | x: 1 | y: 1', 'two'], ['/ | x: 1', 'repeated']],
  },
  {
    name: 'ties go to the first route',
    routes: { first: [prefix('/a')], second: [prefix('/a/')], third: [prefix('/a'), exact('/b')], fourth: [exact('/b')] },
    requests: [['/a', 'first'], ['/a/x', 'first'], ['/b', 'third']],
  },
  {
    name: 'ties between different fields go to the first route',
    routes: { x: [header({ x: '1' })], y: [header({ y: '1' })] },
    requests: [['/ | x: 1 | y: 1', 'x'], ['/ | y: 1 | x: 1', 'x'], ['/ | y: 1', 'y']],
  },
  {
    name: 'no path is as the prefix /',
    routes: { nothing: [{}], root: [prefix('/')], headerRoot: [prefix('/', header({ x: '1' }))], headerOnly: [header({ x: '1' })] },
    requests: [['/', 'nothing'], ['/a', 'nothing'], ['/ | x: 1', 'headerRoot']],
  },
  {
    name: 'a match of a route that fails does not keep others of the same path from being tried',
    routes: { beta: [exact('/a', header({ x: '1' }))], post: [exact('/a', { method: 'POST' })], wide: [prefix('/a', header({ y: '1' }))], rest: [prefix('/')] },
    requests: [
      ['/a | x: 1', 'beta'], ['POST /a', 'post'], ['POST /a | x: 1', 'post'], ['/a | y: 1', 'wide'], ['/a', 'rest'], ['/a/b | y: 1', 'wide'], ['/a/b | x: 1', 'rest'],
    ],
  },
  {
    name: 'each of several matches of a route is ranked for itself',
    routes: { both: [prefix('/'), exact('/a')], middle: [prefix('/a')] },
    requests: [['/a', 'both'], ['/a/b', 'middle'], ['/b', 'both']],
  },
];
