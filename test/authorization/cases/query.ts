/** Query parameters: every value has to meet the condition, decoded as apps decode it. */
import { prefix, query } from '../../routing/conformance/matches';
import type { AuthorizationGroup } from './group';

export const QUERY_GROUPS: readonly AuthorizationGroup[] = [
  {
    name: 'every one of several parameters has to have the value',
    rules: { own: ['web', query({ tenant: 'acme' })] },
    requests: [
      ['web /?tenant=acme', 'own'], ['web /?tenant=other', 'no_match'], ['web /', 'no_match'], ['web /?tenant=acme&tenant=other', 'no_match'],
      ['web /?tenant=other&tenant=acme', 'no_match'], ['web /?tenant=acme&tenant=acme', 'own'], ['web /?tenant=acme&x=1&tenant=', 'no_match'], ['web /?tenant=acme&tenant', 'no_match'],
      ['web /?x=tenant=acme', 'no_match'], ['web /?tenant=acme,other', 'no_match'],
    ],
  },
  {
    name: 'names and values are decoded once',
    rules: { own: ['web', query({ tenant: 'a b' })] },
    requests: [
      ['web /?tenant=a%20b', 'own'], ['web /?tenant=a+b', 'own'], ['web /?%74enant=a+b', 'own'], ['web /?tenant=a+b&%74enant=other', 'no_match'], ['web /?tenant=a%2520b', 'no_match'],
      ['web /?tenant=a%2Bb', 'no_match'], ['web /?tenant=a%20b%00', 'no_match'], ['web /?Tenant=a+b', 'no_match'],
    ],
  },
  {
    name: 'a semicolon parts no parameters',
    rules: { own: ['web', query({ tenant: 'acme' })] },
    requests: [['web /?tenant=acme;tenant=other', 'no_match'], ['web /?x=1;tenant=acme', 'no_match'], ['web /?x=1;y&tenant=acme', 'own']],
  },
  {
    name: 'a parameter that is there, beside a path',
    rules: { page: ['web', prefix('/list', { query: [{ name: 'page', regex: '[1-9][0-9]?' }] })] },
    requests: [
      ['web /list?page=2', 'page'], ['web /list?page=200', 'no_match'], ['web /list?page=2&page=200', 'no_match'], ['web /other?page=2', 'no_match'], ['web /list', 'no_match'],
      ['web /list?page=2&page=3', 'page'],
    ],
  },
];
