/** Methods. */
import { prefix } from '../../routing/conformance/matches';
import type { AuthorizationGroup } from './group';

export const METHOD_GROUPS: readonly AuthorizationGroup[] = [
  {
    name: 'a method is matched whole, with its case',
    rules: { read: ['web', { method: 'GET' }] },
    requests: [
      ['web GET /', 'read'], ['web HEAD /', 'no_match'], ['web POST /', 'no_match'], ['web DELETE /', 'no_match'], ['web GETX /', 'no_match'], ['web GE /', 'no_match'],
      ['web get /', 'no_match'], ['web Get /', 'no_match'], ['web OPTIONS /', 'no_match'], ['web PROPFIND /', 'no_match'],
    ],
  },
  {
    name: 'fields that override a method change nothing',
    rules: { read: ['web', { method: 'GET' }], write: ['admin', { method: 'DELETE' }] },
    requests: [
      ['web GET / | x-http-method-override: DELETE', 'read'], ['web POST / | x-http-method-override: GET', 'no_match'], ['web POST /?_method=GET', 'no_match'],
      ['admin POST / | x-http-method: DELETE', 'no_match'],
    ],
  },
  {
    name: 'gRPC methods are paths',
    rules: { list: ['web', { path: { type: 'exact', value: '/shop.Catalog/List' }, method: 'POST' }], all: ['admin', prefix('/shop.Catalog')] },
    requests: [
      ['web POST /shop.Catalog/List', 'list'], ['web POST /shop.Catalog/Delete', 'no_match'], ['web POST /shop.CatalogX/List', 'no_match'],
      ['web POST /shopXCatalog/List', 'no_match'], ['admin POST /shop.Catalog/Delete', 'all'], ['web GET /shop.Catalog/List', 'no_match'],
    ],
  },
];
