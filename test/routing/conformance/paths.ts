/** Paths: exact, by prefix, by regular expression, and in what form. */
import type { ConformanceGroup } from './group';
import { exact, prefix, regex } from './matches';

export const PATH_GROUPS: readonly ConformanceGroup[] = [
  {
    name: 'a prefix is of whole elements',
    routes: { abc: [prefix('/abc')] },
    requests: [
      ['/abc', 'abc'], ['/abc/', 'abc'], ['/abc/def', 'abc'], ['/abc/def/ghi/', 'abc'], ['/abcd', undefined], ['/abcd/', undefined], ['/ab', undefined],
      ['/', undefined], ['/x/abc', undefined], ['/abc.html', undefined], ['/abc-d', undefined], ['/abc;v=1', undefined], ['/ABC', undefined], ['/Abc/def', undefined],
      ['/abc?x', 'abc'], ['/abc/?x', 'abc'], ['/abcd?/abc', undefined], ['/x?/abc', undefined],
    ],
  },
  {
    name: 'a final slash of a prefix does not count',
    routes: { abc: [prefix('/abc/')] },
    requests: [['/abc', 'abc'], ['/abc/', 'abc'], ['/abc/def', 'abc'], ['/abcd', undefined], ['/abc?x', 'abc']],
  },
  {
    name: 'a prefix of several elements',
    routes: { deep: [prefix('/a/b/c')] },
    requests: [['/a/b/c', 'deep'], ['/a/b/c/d', 'deep'], ['/a/b', undefined], ['/a/b/cd', undefined], ['/a/bc', undefined], ['/a/b/', undefined], ['/a/x/b/c', undefined]],
  },
  {
    name: 'the prefix / is all',
    routes: { all: [prefix('/')] },
    requests: [['/', 'all'], ['/a', 'all'], ['/a/b/c', 'all'], ['/?x=1', 'all'], ['DELETE /a', 'all']],
  },
  { name: 'no conditions take all', routes: { all: [] }, requests: [['/', 'all'], ['/a/b', 'all'], ['POST /a?b', 'all']] },
  { name: 'an empty match takes all', routes: { all: [{}] }, requests: [['/', 'all'], ['/a/b', 'all'], ['OPTIONS *', 'all']] },
  {
    name: 'an exact path is the whole path (httproute-exact-path-matching)',
    routes: { one: [exact('/one')], two: [exact('/two')] },
    requests: [
      ['/one', 'one'], ['/two', 'two'], ['/', undefined], ['/one/example', undefined], ['/two/', undefined], ['/Two', undefined], ['/onetwo', undefined],
      ['/one?x=1', 'one'], ['/on', undefined], ['/one/', undefined],
    ],
  },
  {
    name: 'an exact path with a final slash',
    routes: { slash: [exact('/a/')], bare: [exact('/a')] },
    requests: [['/a/', 'slash'], ['/a', 'bare'], ['/a/?x', 'slash'], ['/a//', undefined], ['/a/b', undefined]],
  },
  {
    name: 'the exact path /',
    routes: { root: [exact('/')], rest: [prefix('/')] },
    requests: [['/', 'root'], ['/?x', 'root'], ['/a', 'rest'], ['/./', 'root'], ['/a/..', 'root']],
  },
  {
    name: 'a regular expression is for the whole path',
    routes: { user: [regex('/users/[0-9]+')], order: [regex('/users/[0-9]+/orders(/[a-z-]+)?')] },
    requests: [
      ['/users/1', 'user'], ['/users/12345', 'user'], ['/users/', undefined], ['/users/x', undefined], ['/users/1x', undefined], ['/users/1/', undefined],
      ['/x/users/1', undefined], ['/users/1/orders', 'order'], ['/users/1/orders/new-ones', 'order'], ['/users/1/orders/7', undefined], ['/users/1?x', 'user'],
    ],
  },
  {
    name: 'a regular expression sees the path without the query, and with its case',
    routes: { any: [regex('/[a-z]+')], folded: [regex('(?i)/abc/[a-f]+')] },
    requests: [['/abc', 'any'], ['/ABC', undefined], ['/abc?/def', 'any'], ['/ABC/DEF', 'folded'], ['/abc/def', 'folded'], ['/abc/xyz', undefined]],
  },
  {
    name: 'ends in an expression change nothing',
    routes: { one: [regex('^/one$')], two: [regex('^/two|/deux$')] },
    requests: [['/one', 'one'], ['/one/', undefined], ['/two', 'two'], ['/deux', 'two'], ['/two/deux', undefined]],
  },
  {
    name: 'a path is matched in its normal form',
    routes: { admin: [prefix('/admin')], exact: [exact('/a-b/c')], rest: [prefix('/')] },
    requests: [
      ['//admin', 'rest'], ['/./admin', 'admin'], ['/x/../admin', 'admin'], ['/%61dmin', 'admin'], ['/%61%64%6d%69%6e/x', 'admin'], ['/x/%2e%2e/admin', 'admin'],
      ['///x//..//admin', 'rest'], ['/admin/..', 'rest'], ['/admin/../x', 'rest'], ['/admin/.', 'admin'], ['/../admin', 'admin'], ['/a%2Db/c', 'exact'],
      ['/a%2db//c', 'rest'], ['/a-b/./c', 'exact'], ['/a-b/c/', 'rest'], ['/%2561dmin', 'rest'], ['/Admin', 'rest'], ['/admin%20', 'rest'],
    ],
  },
  {
    name: 'a pattern is in its normal form, too',
    routes: { encoded: [exact('/caf%c3%a9')], dashed: [prefix('/a%2Db')], dotted: [exact('/x/./y')] },
    requests: [['/caf%C3%A9', 'encoded'], ['/caf%c3%a9', 'encoded'], ['/a-b/c', 'dashed'], ['/a%2Db', 'dashed'], ['/x/y', 'dotted'], ['/x/./y', 'dotted']],
  },
  {
    name: 'reserved characters keep their form',
    routes: { colon: [exact('/users:batch')], encoded: [exact('/users%3Abatch')], plus: [exact('/a+b')] },
    requests: [['/users:batch', 'colon'], ['/users%3Abatch', 'encoded'], ['/users%3abatch', 'encoded'], ['/a+b', 'plus'], ['/a%2Bb', undefined], ['/a%20b', undefined]],
  },
  {
    name: 'exact, then longest prefix (httproute-path-match-order)',
    routes: {
      v3: [exact('/match/exact/one')], v2: [exact('/match/exact')], v1: [exact('/match')], prefix3: [prefix('/match/prefix/one')],
      prefix2: [prefix('/match/prefix')], prefix1: [prefix('/match')],
    },
    requests: [
      ['/match/exact/one', 'v3'], ['/match/exact', 'v2'], ['/match', 'v1'], ['/match/prefix/one/any', 'prefix3'], ['/match/prefix/any', 'prefix2'],
      ['/match/any', 'prefix1'], ['/match/exact/two', 'prefix1'], ['/match/exact/', 'prefix1'], ['/match/', 'prefix1'], ['/match/prefix', 'prefix2'],
      ['/match/prefix/one', 'prefix3'], ['/matchless', undefined],
    ],
  },
  {
    name: 'the order of declaration does not make a shorter prefix win',
    routes: { short: [prefix('/a')], long: [prefix('/a/b')], longest: [prefix('/a/b/c')], exact: [exact('/a/b/c')] },
    requests: [['/a', 'short'], ['/a/x', 'short'], ['/a/b', 'long'], ['/a/bc', 'short'], ['/a/b/c', 'exact'], ['/a/b/c/', 'longest'], ['/a/b/c/d', 'longest']],
  },
];
