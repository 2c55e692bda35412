/** Hosts. */
import type { ConformanceGroup } from './group';
import { exact, header, host, prefix } from './matches';

export const HOST_GROUPS: readonly ConformanceGroup[] = [
  {
    name: 'hosts, exact and below (httproute-listener-hostname-matching)',
    routes: { bar: [host('bar.com')], fooBar: [host('foo.bar.com')], below: [host('*.bar.com')], other: [host('*.foo.com')] },
    requests: [
      ['/ | host: bar.com', 'bar'], ['/ | host: foo.bar.com', 'fooBar'], ['/ | host: baz.bar.com', 'below'], ['/ | host: boo.bar.com', 'below'],
      ['/ | host: multiple.prefixes.bar.com', 'below'], ['/ | host: multiple.prefixes.foo.com', 'other'], ['/ | host: foo.com', undefined],
      ['/ | host: no.matching.host', undefined], ['/ | host: xbar.com', undefined], ['/ | host: com', undefined], ['/ | host: foo.bar.com.evil.com', undefined],
      ['/ | host: .bar.com', undefined], ['/ | host: x.foo.bar.com', 'below'],
    ],
  },
  {
    name: 'port, case and final dot do not count (Istio 2021-008, CVE-2021-39155)',
    routes: { shop: [host('shop.example.com')], below: [host('*.example.org')] },
    requests: [
      ['/ | host: shop.example.com:8080', 'shop'], ['/ | host: SHOP.example.COM', 'shop'], ['/ | host: Shop.Example.Com:80', 'shop'], ['/ | host: shop.example.com.', 'shop'],
      ['/ | host: shop.example.com.:443', 'shop'], ['/ | host: shop.example.com:', 'shop'], ['/ | host: A.B.Example.Org:1', 'below'], ['/ | host: example.org', undefined],
      ['/ | host: shop.example.com..', undefined], ['/ | host: [::1]:80', undefined], ['/ | host: shopXexample.com', undefined],
    ],
  },
  {
    name: 'most characters of a host win, without a wildcard first',
    routes: { any: [{}], com: [host('*.com')], example: [host('*.example.com')], long: [host('*.very.long.example.com')], exact: [host('a.example.com')] },
    requests: [
      ['/ | host: a.example.com', 'exact'], ['/ | host: b.example.com', 'example'], ['/ | host: a.very.long.example.com', 'long'],
      ['/ | host: very.long.example.com', 'example'], ['/ | host: example.com', 'com'], ['/ | host: com', 'any'], ['/ | host: example.org', 'any'],
      ['/ | host: localhost', 'any'],
    ],
  },
  {
    name: 'a host wins over a path, and a path that is not there over nothing',
    routes: { hostRoot: [prefix('/', host('a.com'))], path: [exact('/very/exact')], below: [prefix('/below', host('*.com'))], headers: [header({ x: '1' })] },
    requests: [
      ['/very/exact | host: a.com', 'hostRoot'], ['/very/exact | host: b.org', 'path'], ['/below | host: a.com', 'hostRoot'], ['/below | host: b.com', 'below'],
      ['/very/exact | host: b.com', 'path'], ['/x | host: b.com', undefined], ['/x | host: b.com | x: 1', 'headers'], ['/x | host: a.com | x: 1', 'hostRoot'],
    ],
  },
  {
    name: 'a less specific host is asked when the more specific one has no match',
    routes: { exact: [exact('/one', host('a.b.com'))], wide: [prefix('/two', host('*.b.com'))], wider: [prefix('/three', host('*.com'))], any: [prefix('/four')] },
    requests: [
      ['/one | host: a.b.com', 'exact'], ['/two | host: a.b.com', 'wide'], ['/three | host: a.b.com', 'wider'], ['/four | host: a.b.com', 'any'],
      ['/one | host: x.b.com', undefined], ['/two | host: b.com', undefined], ['/three | host: b.com', 'wider'], ['/five | host: a.b.com', undefined],
    ],
  },
  {
    name: 'one of several hosts',
    routes: { several: [host('a.com', '*.b.com', 'c.com')], bHost: [host('x.b.com')] },
    requests: [
      ['/ | host: a.com', 'several'], ['/ | host: y.b.com', 'several'], ['/ | host: c.com', 'several'], ['/ | host: x.b.com', 'bHost'], ['/ | host: b.com', undefined],
      ['/ | host: d.com', undefined],
    ],
  },
  {
    name: 'names of Services',
    routes: { catalog: [host('catalog', 'catalog.shop', 'catalog.shop.svc', 'catalog.shop.svc.cluster.local')] },
    requests: [
      ['/ | host: catalog', 'catalog'], ['/ | host: catalog:80', 'catalog'], ['/ | host: catalog.shop', 'catalog'], ['/ | host: catalog.shop.svc.cluster.local.', 'catalog'],
      ['/ | host: catalog.other', undefined], ['/ | host: cart', undefined],
    ],
  },
  {
    name: 'the host of a URL takes the place of the field (RFC 9112, 3.2.2)',
    routes: { url: [host('url.example')], field: [host('field.example')] },
    requests: [
      ['http://url.example/ | host: field.example', 'url'], ['http://field.example/ | host: url.example', 'field'], ['http://URL.example:8080/a?b | host: x', 'url'],
      ['http://other.example/ | host: url.example', undefined], ['HTTP://url.example | host: x', 'url'],
    ],
  },
];
