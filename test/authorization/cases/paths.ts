/** Paths: what is matched is what the app gets. */
import { exact, prefix, regex } from '../../routing/conformance/matches';
import type { AuthorizationGroup } from './group';

export const PATH_GROUPS: readonly AuthorizationGroup[] = [
  {
    name: 'the query is no part of the path (2020-001, CVE-2020-8595)',
    rules: { admin: ['admin', exact('/admin')], public: ['web', exact('/public')] },
    requests: [
      ['admin /admin', 'admin'], ['admin /admin?x=1', 'admin'], ['web /admin?x=/public', 'no_match'], ['web /public?/admin', 'public'], ['web /admin?', 'no_match'],
      ['web /public%3f/../admin', 'no_match'], ['web /?/public', 'no_match'],
    ],
  },
  {
    name: 'fragments are refused (2020-001, CVE-2021-39156)',
    rules: { public: ['web', prefix('/public')] },
    requests: [['web /public#/../admin', '!path_fragment'], ['web /admin#/public', '!path_fragment'], ['web /public%23x', 'no_match'], ['web /public/%23x', 'public']],
  },
  {
    name: 'slashes in a row that are merged are one (2021-005, CVE-2021-31920)',
    rules: { admin: ['admin', prefix('/admin')], public: ['web', prefix('/public')] },
    path: { mergeSlashes: true },
    requests: [
      ['admin //admin', 'admin'], ['web //admin', 'no_match'], ['web ///public', 'public'], ['web /public//../admin', 'no_match'], ['web /public/..//admin', 'no_match'],
      ['web //public//x', 'public'],
    ],
  },
  {
    name: 'slashes in a row that are kept are matched as they are, and a path that begins with two is another one',
    rules: { public: ['web', prefix('/public')], admin: ['admin', prefix('/admin')] },
    requests: [['web //public', 'no_match'], ['admin //admin', 'no_match'], ['web //admin', 'no_match'], ['web /public//../admin', 'public'], ['web /public//x', 'public'], ['web /public//../../admin', 'no_match']],
  },
  {
    name: 'escaped slashes are refused (2021-005, CVE-2021-29492)',
    rules: { public: ['web', prefix('/public')] },
    requests: [
      ['web /public%2F..%2Fadmin', '!path_encoded_slash'], ['web /%2Fadmin', '!path_encoded_slash'], ['web /%2fpublic', '!path_encoded_slash'],
      ['web /public%5C..%5Cadmin', '!path_encoded_backslash'], ['web /public\\..\\admin', '!path_backslash'],
    ],
  },
  {
    name: 'escaped slashes that are kept are part of an element',
    rules: { public: ['web', prefix('/public')], dots: ['cart', exact('/a/b')] },
    path: { encodedSlashes: 'keep' },
    requests: [
      ['web /public%2Fx', 'no_match'], ['web /public/a%2Fb', 'public'], ['cart /a%2Fb', 'no_match'], ['cart /a/b', 'dots'], ['web /public/..%2Fadmin', '!path_dot_segment'],
    ],
  },
  {
    name: 'escaped slashes that are decoded are slashes before anything is matched',
    rules: { admin: ['admin', prefix('/admin')], public: ['web', prefix('/public')] },
    path: { encodedSlashes: 'decode' },
    requests: [
      ['web /public%2F..%2Fadmin', 'no_match'], ['admin /public%2F..%2Fadmin', 'admin'], ['web %2Fpublic', '!target_form'], ['web /%2Fpublic', 'no_match'], ['web /public%5Cx', 'public'],
      ['web /public%252F..%252Fadmin', 'no_match'], ['web /public/%252F..%252Fadmin', 'public'],
    ],
  },
  {
    name: 'dot segments are resolved first',
    rules: { public: ['web', prefix('/public')] },
    requests: [
      ['web /public/../admin', 'no_match'], ['web /public/%2e%2e/admin', 'no_match'], ['web /public/.%2E/admin', 'no_match'], ['web /x/../public', 'public'], ['web /public/.', 'public'],
      ['web /public/./x', 'public'], ['web /../public', 'public'], ['web /public/..', 'no_match'], ['web /public/..;/admin', '!path_dot_segment'],
      ['web /public/...', 'public'], ['web /public/%2e%2e%2e/x', 'public'],
    ],
  },
  {
    name: 'nothing is decoded twice',
    rules: { public: ['web', prefix('/public')], percent: ['cart', exact('/%2541')] },
    requests: [['web /%2570ublic', 'no_match'], ['web /public/%252e%252e/admin', 'public'], ['cart /%2541', 'percent'], ['cart /%41', 'no_match'], ['cart /A', 'no_match']],
  },
  {
    name: 'what needs no escape is matched without one',
    rules: { admin: ['admin', exact('/admin')], tilde: ['web', prefix('/~web')] },
    requests: [['admin /%61dmin', 'admin'], ['admin /%61%64%6D%69%6e', 'admin'], ['web /%61dmin', 'no_match'], ['web /%7Eweb', 'tilde'], ['web /%7eweb/x', 'tilde']],
  },
  {
    name: 'an element is matched whole',
    rules: { public: ['web', prefix('/public')], root: ['cart', exact('/')] },
    requests: [
      ['web /public', 'public'], ['web /public/', 'public'], ['web /public/x', 'public'], ['web /publicity', 'no_match'], ['web /publi', 'no_match'], ['web /x/public', 'no_match'],
      ['web /public;x', 'no_match'], ['web /public;/x', 'no_match'], ['cart /', 'root'], ['cart /x', 'no_match'], ['cart http://shop.example.com', 'root'],
    ],
  },
  {
    name: 'a path has its case',
    rules: { admin: ['web', prefix('/Admin')] },
    requests: [['web /Admin', 'admin'], ['web /admin', 'no_match'], ['web /ADMIN', 'no_match'], ['web /%41dmin', 'admin']],
  },
  {
    name: 'a final slash is another path for an exact one',
    rules: { a: ['web', exact('/a')], slash: ['cart', exact('/b/')] },
    requests: [['web /a', 'a'], ['web /a/', 'no_match'], ['web /a//', 'no_match'], ['cart /b/', 'slash'], ['cart /b//', 'no_match'], ['cart /b', 'no_match']],
  },
  {
    name: 'NUL, bad escapes and overlong UTF-8 are refused',
    rules: { public: ['web', prefix('/public')] },
    requests: [['web /public%00/admin', '!path_nul'], ['web /public/%', '!path_escape'], ['web /public/%zz', '!path_escape'], ['web /public/%c0%ae%c0%ae/admin', '!path_overlong']],
  },
  {
    name: 'expressions match the whole path (2026-006: linear time)',
    rules: { orders: ['web', regex('/orders/[0-9]+')], items: ['web', regex('/items/(a|b)(/.*)?')] },
    requests: [
      ['web /orders/17', 'orders'], ['web /orders/17/refund', 'no_match'], ['web /x/orders/17', 'no_match'], ['web /orders/x17', 'no_match'], ['web /orders/', 'no_match'],
      ['web /orders/%31', 'orders'], ['web /items/a/x', 'items'], ['web /items/ab', 'no_match'], ['web /items/c', 'no_match'], ['web /orders/17?x=/refund', 'orders'],
    ],
  },
  {
    name: 'the whole server is no path',
    rules: { root: ['web', prefix('/')], options: ['cart', { method: 'OPTIONS' }] },
    requests: [['web OPTIONS *', 'no_match'], ['cart OPTIONS *', 'options'], ['web OPTIONS /', 'root'], ['cart GET /', 'no_match'], ['web GET *', '!target_form']],
  },
  {
    name: 'URLs are matched by their path',
    rules: { admin: ['admin', prefix('/admin')], public: ['web', prefix('/public')] },
    requests: [
      ['web http://shop.example.com/public', 'public'], ['web http://shop.example.com/admin', 'no_match'], ['web http://public/admin', 'no_match'],
      ['web http://shop.example.com//public/../admin', 'no_match'], ['admin http://shop.example.com/x/../admin', 'admin'],
      ['web http://shop.example.com?/public', 'no_match'],
    ],
  },
  {
    name: 'the conditions of one match are ANDed, matches ORed (Istio: operations)',
    rules: { some: ['web', prefix('/a', { method: 'GET' }), prefix('/b', { method: 'POST' })] },
    requests: [['web GET /a', 'some'], ['web POST /b', 'some'], ['web POST /a', 'no_match'], ['web GET /b', 'no_match'], ['web DELETE /a', 'no_match']],
  },
  {
    name: 'health checks have no place of their own (Linkerd: a route closes probes)',
    rules: { api: ['web', prefix('/api')], health: ['*', exact('/healthz', { method: 'GET' })] },
    requests: [['web /healthz', 'health'], ['cart /healthz', 'health'], ['plain /healthz', 'no_identity'], ['cart POST /healthz', 'no_match'], ['web /api', 'api'], ['cart /api', 'no_match']],
  },
];
