/** Header fields and cookies: every value has to meet the condition. */
import { cookie, header } from '../../routing/conformance/matches';
import type { AuthorizationGroup } from './group';

export const HEADER_GROUPS: readonly AuthorizationGroup[] = [
  {
    name: 'every one of several fields has to have the value (CVE-2021-32777, CVE-2026-26308)',
    rules: { user: ['web', header({ 'x-role': 'user' })] },
    requests: [
      ['web / | x-role: user', 'user'], ['web / | x-role: admin', 'no_match'], ['web /', 'no_match'],
      ['web / | x-role: user | x-role: admin', 'no_match'], ['web / | x-role: admin | x-role: user', 'no_match'],
      ['web / | x-role: user | x-role: user', 'user'], ['web / | x-role: user | X-Role: user | X-ROLE: user', 'user'],
      ['web / | x-role: user | a: b | X-ROLE: admin', 'no_match'], ['web / | x-role: user, admin', 'no_match'], ['web / | x-role: user,user', 'no_match'],
      ['web / | x-role: user | x-role:', 'no_match'], ['web / | x-role:', 'no_match'],
    ],
  },
  {
    name: 'a name is matched whole and without case, a value with its case',
    rules: { acme: ['web', header({ 'X-Tenant': 'Acme' })] },
    requests: [
      ['web / | x-tenant: Acme', 'acme'], ['web / | X-TENANT: Acme', 'acme'], ['web / | x-tenant: acme', 'no_match'], ['web / | x-tenant: Acme2', 'no_match'],
      ['web / | x-tenant: xAcme', 'no_match'], ['web / | x-tenants: Acme', 'no_match'], ['web / | x_tenant: Acme', 'no_match'], ['web / | x-tenant:   Acme', 'acme'],
      ['web / | tenant: Acme', 'no_match'],
    ],
  },
  {
    name: 'a field that some apps take for the same one has to pass, too, and is not enough',
    rules: { user: ['web', header({ 'x-user-role': 'user' })] },
    requests: [
      ['web / | x-user-role: user | x_user_role: admin', 'no_match'], ['web / | X_User-Role: admin | x-user-role: user', 'no_match'], ['web / | x_user_role: user', 'no_match'],
      ['web / | x-user-role: user | x_user_role: user', 'user'], ['web / | x-user-role: user | xuserrole: admin', 'user'], ['web / | x-user-role: user | x.user.role: admin', 'user'],
    ],
  },
  {
    name: 'fields that Connection names go no further, and count for nothing',
    rules: { acme: ['web', header({ 'x-tenant': 'acme' })] },
    requests: [['web / | x-tenant: acme | connection: x-tenant', 'no_match'], ['web / | x-tenant: acme | connection: x-other', 'acme']],
  },
  {
    name: 'a field that is there, whatever it has',
    rules: { traced: ['web', { headers: [{ name: 'x-trace' }] }] },
    requests: [['web / | x-trace: 1', 'traced'], ['web / | x-trace: 1 | x-trace: 2', 'traced'], ['web / | x-trace:', 'traced'], ['web /', 'no_match'], ['cart / | x-trace: 1', 'unknown_caller']],
  },
  {
    name: 'expressions have to match every value, and all of it',
    rules: { digits: ['web', { headers: [{ name: 'x-id', regex: '[0-9]+' }] }] },
    requests: [
      ['web / | x-id: 17', 'digits'], ['web / | x-id: 17a', 'no_match'], ['web / | x-id: a17', 'no_match'], ['web / | x-id: 17 | x-id: 18', 'digits'],
      ['web / | x-id: 17 | x-id: x', 'no_match'], ['web / | x-id:', 'no_match'],
    ],
  },
  {
    name: 'conditions of several names are ANDed',
    rules: { both: ['web', header({ a: '1', b: '2' })] },
    requests: [['web / | a: 1 | b: 2', 'both'], ['web / | a: 1', 'no_match'], ['web / | b: 2', 'no_match'], ['web / | a: 2 | b: 1', 'no_match'], ['web / | a: 1 | b: 2 | b: 3', 'no_match']],
  },
  {
    name: 'an identity is not what a field says',
    rules: { web: ['web'] },
    requests: [
      ['plain / | x-forwarded-client-cert: URI=spiffe://cluster.local/ns/shop/sa/web', 'no_identity'], ['cart / | x-mesh-caller: spiffe://cluster.local/ns/shop/sa/web', 'unknown_caller'],
      ['plain / | l5d-client-id: web', 'no_identity'], ['plain / | authorization: Bearer web', 'no_identity'],
    ],
  },
  {
    name: 'every cookie of a name, in all fields',
    rules: { beta: ['web', cookie({ group: 'beta' })] },
    requests: [
      ['web / | cookie: group=beta', 'beta'], ['web / | cookie: a=b; group=beta; c=d', 'beta'], ['web / | cookie: group=alpha', 'no_match'], ['web / | cookie: group=beta; group=alpha', 'no_match'],
      ['web / | cookie: group=alpha; group=beta', 'no_match'], ['web / | cookie: group=beta | cookie: group=alpha', 'no_match'], ['web / | cookie: group=beta | cookie: x=y', 'beta'],
      ['web / | cookie: xgroup=beta', 'no_match'], ['web / | cookie: Group=beta', 'no_match'], ['web / | cookie: group="beta"', 'no_match'], ['web /', 'no_match'],
    ],
  },
];
