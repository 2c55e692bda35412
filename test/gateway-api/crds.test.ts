/** What is exported as objects of the Gateway API against the schemas that it publishes: `npm run test:gateway-api`, with Go. */
import { Duration, Testing } from 'cdk8s';
import {
  ExternalEndpoints, ExternalService, ExternalTls, Gateway, GatewayApi, GatewayCertificate, Match, MeshService, RedirectScheme, Route,
} from '../../src';
import { Manifest, newChart } from '../support/manifests';
import { GatewayApiCrds } from './crds';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];

let crds: GatewayApiCrds;
beforeAll(() => { crds = GatewayApiCrds.download(); }, 300_000);

function exported(): Manifest[] {
  const chart = newChart();
  const other = newChart({ namespace: 'other' }, 'other', chart.node.root as never);
  const web = new MeshService(chart, 'web', { containers });
  web.addVersion('v2', { containers, weight: 10 });
  const search = new MeshService(other, 'search', { containers });
  web.addRoute(Route.when(Match.pathPrefix('/search'), Match.method('GET')).orWhen(Match.query('q'), Match.headerRegex('accept', '.*json'))
    .to(search, { weight: 3 }).to(web, { weight: 1 }).mirror(search, { percent: 5 }).timeout(Duration.millis(1_500))
    .setRequestHeader('x-a', '1').removeResponseHeader('x-b').rewritePath('/v2').rewriteHost('search'));
  web.addRoute(Route.when(Match.pathPrefix('/old')).redirect({ pathPrefix: '/new', scheme: RedirectScheme.HTTPS, status: 301 }));
  const tls = [GatewayCertificate.fromSecretName('shop-tls', { hosts: ['shop.example.com', '*.shop.example.com'] })];
  const edge = new Gateway(chart, 'edge', { tls });
  edge.route('shop.example.com', web);
  edge.addRoute('shop.example.com', Route.when(Match.pathPrefix('/search')).to(search));
  edge.addRoute('api.shop.example.com', Route.when(Match.grpc({ service: 'shop.v1.Catalog', method: 'Get' }), Match.header('x-b')).to(web));
  edge.addRoute('*.shop.example.com', Route.when(Match.pathPrefix('/old')).redirect({ host: 'shop.example.org' }));
  const ledger = new ExternalService(chart, 'ledger', { endpoints: ExternalEndpoints.dns('ledger.example.com'), tls: ExternalTls.systemRoots() });
  GatewayApi.export(chart, 'routes', web);
  GatewayApi.exportGateway(chart, 'edge-api', edge, { gatewayClassName: 'istio' });
  GatewayApi.exportBackendTls(chart, 'ledger-tls', ledger, 'ledger');
  return Testing.synth(chart).filter(({ apiVersion }) => apiVersion.startsWith('gateway.networking.k8s.io/'));
}

test('every object is of the schema that the standard channel publishes', () => {
  const manifests = exported();
  expect([...new Set(manifests.map(({ kind }) => kind))].sort()).toEqual(['BackendTLSPolicy', 'GRPCRoute', 'Gateway', 'HTTPRoute', 'ReferenceGrant']);
  for (const manifest of manifests) expect([manifest.metadata.name, crds.mistakesOf(manifest)]).toEqual([manifest.metadata.name, []]);
});

test('a field that the schema does not know, and a value that it refuses, are found', () => {
  const [route] = exported().filter(({ kind }) => kind === 'HTTPRoute') as [Manifest];
  expect(crds.mistakesOf({ ...route, spec: { ...route.spec, hostname: ['a.example.com'] } })).toEqual([expect.stringContaining('hostname')]);
  expect(crds.mistakesOf({ ...route, spec: { ...route.spec, hostnames: 'a.example.com' } })).toEqual([expect.stringContaining('must be array')]);
});
