/** Header fields, cookies and methods. */
import type { ConformanceGroup } from './group';
import { cookie, exact, header, prefix } from './matches';

export const HEADER_GROUPS: readonly ConformanceGroup[] = [
  {
    name: 'matches are ORed, their conditions ANDed (httproute-matching)',
    routes: { v1: [prefix('/'), header({ version: 'one' })], v2: [prefix('/v2'), header({ version: 'two' })] },
    requests: [
      ['/', 'v1'], ['/example', 'v1'], ['/ | Version: one', 'v1'], ['/v2', 'v2'], ['/v2/ | Version: two', 'v2'], ['/v2example', 'v1'],
      ['/foo/v2/example', 'v1'], ['/v2/', 'v2'], ['/ | Version: two', 'v2'], ['/v2/example', 'v2'], ['/v2 | version: one', 'v2'], ['/x | version: three', 'v1'],
    ],
  },
  {
    name: 'across routes the longer path wins over a header (httproute-matching-across-routes)',
    routes: { r1: [prefix('/'), header({ version: 'one' })], r2: [prefix('/v2'), header({ version: 'two' })] },
    requests: [
      ['/', 'r1'], ['/example', 'r1'], ['/ | Version: one', 'r1'], ['/v2', 'r2'], ['/v2 | Version: two', 'r2'], ['/v2/example | version: one', 'r2'],
      ['/ | Version: two', 'r2'], ['/example | version: two', 'r2'],
    ],
  },
  {
    name: 'most header fields win (httproute-header-matching)',
    routes: {
      v1: [header({ version: 'one' })],
      v2: [header({ version: 'two' })],
      both: [header({ version: 'two', color: 'orange' })],
      color: [header({ color: 'blue' }), header({ color: 'green' })],
      redOrYellow: [header({ color: 'red' }), header({ color: 'yellow' })],
    },
    requests: [
      ['/ | Version: one', 'v1'], ['/ | version: two', 'v2'], ['/ | VERSION: two | COLOR: orange', 'both'], ['/ | Color: blue', 'color'], ['/ | Color: green', 'color'],
      ['/ | Color: red', 'redOrYellow'], ['/ | Color: yellow', 'redOrYellow'], ['/ | Color: purple', undefined], ['/', undefined], ['/ | color: orange', undefined],
      ['/ | version: one | color: orange', 'v1'], ['/ | version: one | color: blue', 'v1'], ['/ | version: two | color: blue', 'v2'],
    ],
  },
  {
    name: 'a name has no case, a value has',
    routes: { beta: [header({ 'X-Beta': 'True' })] },
    requests: [
      ['/ | x-beta: True', 'beta'], ['/ | X-BETA: True', 'beta'], ['/ | x-beta: true', undefined], ['/ | x-beta: True,x', undefined], ['/ | x-beta:', undefined],
      ['/ | x-beta-2: True', undefined], ['/ | x_beta: True', undefined], ['/ | x-bet: True', undefined],
    ],
  },
  {
    name: 'each value of a repeated field is tried (Istio 2021-008, 2026-001)',
    routes: { beta: [header({ 'x-beta': 'true' })] },
    requests: [
      ['/ | x-beta: false | x-beta: true', 'beta'], ['/ | x-beta: true | x-beta: false', 'beta'], ['/ | x-beta: false | X-Beta: no', undefined],
      ['/ | x-beta: false,true', undefined], ['/ | x-beta: true, true', undefined],
    ],
  },
  {
    name: 'of two conditions of a name the first counts',
    routes: { one: [{ headers: [{ name: 'x', value: '1' }, { name: 'X', value: '2' }] }] },
    requests: [['/ | x: 1', 'one'], ['/ | x: 2', undefined], ['/ | x: 2 | x: 1', 'one']],
  },
  {
    name: 'a field that is there',
    routes: { there: [{ headers: [{ name: 'authorization' }] }], empty: [{ headers: [{ name: 'x-empty', value: '' }] }] },
    requests: [['/ | authorization: Bearer x', 'there'], ['/ | authorization:', 'there'], ['/', undefined], ['/ | x-empty:', 'empty'], ['/ | x-empty: a', undefined]],
  },
  {
    name: 'a field by an expression, for its whole value',
    routes: { chrome: [{ headers: [{ name: 'user-agent', regex: '.*Chrome/[0-9]+.*' }] }], number: [{ headers: [{ name: 'x-build', regex: '[0-9]{3,5}' }] }] },
    requests: [
      ['/ | user-agent: Mozilla/5.0 Chrome/141 Safari', 'chrome'], ['/ | user-agent: Mozilla/5.0 Firefox/1', undefined], ['/ | x-build: 123', 'number'],
      ['/ | x-build: 12', undefined], ['/ | x-build: 123456', undefined], ['/ | x-build: 1234x', undefined], ['/ | x-build: x | x-build: 777', 'number'],
    ],
  },
  {
    name: 'path and header must both hold',
    routes: { both: [prefix('/a', header({ x: '1', y: '2' }))], rest: [prefix('/')] },
    requests: [
      ['/a | x: 1 | y: 2', 'both'], ['/a/b | y: 2 | x: 1', 'both'], ['/a | x: 1', 'rest'], ['/a | y: 2', 'rest'], ['/b | x: 1 | y: 2', 'rest'],
      ['/a | x: 2 | y: 1', 'rest'],
    ],
  },
  {
    name: 'a method (httproute-method-matching)',
    routes: { post: [{ method: 'POST' }], get: [{ method: 'GET' }] },
    requests: [
      ['POST /', 'post'], ['GET /', 'get'], ['PATCH /', undefined], ['HEAD /', undefined], ['DELETE /', undefined], ['post /', undefined], ['POSTS /', undefined],
      ['POS /', undefined],
    ],
  },
  {
    name: 'a method beside paths and fields (httproute-method-matching)',
    routes: {
      path1: [prefix('/path1', { method: 'GET' })],
      header1: [{ method: 'PUT', ...header({ version: 'one' }) }],
      path2: [prefix('/path2', { method: 'POST', ...header({ version: 'two' }) })],
      path3: [prefix('/path3', { method: 'PATCH' }), prefix('/path4', { method: 'DELETE', ...header({ version: 'three' }) })],
      path5: [prefix('/path5')],
      path5patch: [{ method: 'PATCH' }],
      anyFour: [header({ version: 'four' })],
    },
    requests: [
      ['GET /path1', 'path1'], ['PUT / | version: one', 'header1'], ['POST /path2 | version: two', 'path2'], ['PATCH /path3', 'path3'],
      ['DELETE /path4 | version: three', 'path3'], ['PATCH /path5', 'path5'], ['PATCH / | version: four', 'path5patch'], ['GET / | version: four', 'anyFour'],
      ['POST /path1', undefined], ['POST /path2', undefined], ['DELETE /path4', undefined],
    ],
  },
  {
    name: 'cookies',
    routes: {
      canary: [cookie({ canary: 'always' })], tenant: [{ cookies: [{ name: 'tenant', regex: '[a-z]+' }] }], session: [{ cookies: [{ name: 'Session' }] }], rest: [exact('/')],
    },
    requests: [
      ['/a | cookie: canary=always', 'canary'], ['/a | Cookie: a=1; canary=always; b=2', 'canary'], ['/a | cookie: a=1;canary=always', 'canary'],
      ['/a | cookie: canary=never', undefined], ['/a | cookie: Canary=always', undefined], ['/a | cookie: xcanary=always', undefined],
      ['/a | cookie: canary=always2', undefined], ['/a | cookie: canary="always"', undefined], ['/a | cookie: a=canary=always', undefined],
      ['/a | cookie: a=1 | cookie: canary=always', 'canary'], ['/a | cookie: canary=never; canary=always', 'canary'], ['/a | x: canary=always', undefined],
      ['/a | cookie: tenant=acme', 'tenant'], ['/a | cookie: tenant=Acme', undefined], ['/a | cookie: Session=', 'session'], ['/a | cookie: Session', undefined],
      ['/a | cookie: session=1', undefined], ['/ | cookie: canary=always', 'rest'], ['/a | cookie: canary=always ; x=1', 'canary'],
    ],
  },
];
