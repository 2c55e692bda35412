/** Hosts. */
import { host, prefix } from '../../routing/conformance/matches';
import type { AuthorizationGroup } from './group';

export const HOST_GROUPS: readonly AuthorizationGroup[] = [
  {
    name: 'a host has no case and no port (CVE-2021-39155, 2021-008)',
    rules: { admin: ['web', host('admin.example.com')] },
    requests: [
      ['web / | host: admin.example.com', 'admin'], ['web / | host: ADMIN.example.COM', 'admin'], ['web / | host: admin.example.com:80', 'admin'],
      ['web / | host: admin.example.com:8443', 'admin'], ['web / | host: admin.example.com.', 'admin'], ['web / | host: shop.example.com', 'no_match'],
      ['web / | host: xadmin.example.com', 'no_match'], ['web / | host: admin.example.com.evil.example', 'no_match'], ['web / | host: admin', 'no_match'],
    ],
  },
  {
    name: 'the host of a URL goes before the field',
    rules: { admin: ['web', host('admin.example.com')] },
    requests: [
      ['web http://admin.example.com/ | host: shop.example.com', 'admin'], ['web http://shop.example.com/ | host: admin.example.com', 'no_match'],
      ['web http://ADMIN.example.com:80/ | host: x', 'admin'],
    ],
  },
  {
    name: 'a wildcard stands for labels, not for itself (2026-002)',
    rules: { tenants: ['web', host('*.shop.example.com')] },
    requests: [
      ['web / | host: a.shop.example.com', 'tenants'], ['web / | host: a.b.shop.example.com', 'tenants'], ['web / | host: shop.example.com', 'no_match'],
      ['web / | host: xshop.example.com', 'no_match'], ['web / | host: a.shopxexample.com', 'no_match'],
    ],
  },
  {
    name: 'hosts of a match are ORed, and ANDed with its path',
    rules: { some: ['web', prefix('/a', host('a.io', 'b.io'))] },
    requests: [['web /a | host: a.io', 'some'], ['web /a | host: b.io', 'some'], ['web /b | host: a.io', 'no_match'], ['web /a | host: c.io', 'no_match']],
  },
];
