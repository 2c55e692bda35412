/** What is logged of requests, as constructs say it. */
import { Duration, Testing } from 'cdk8s';
import { AccessLog, AccessLogOptions, Gateway, Match, Mesh, MeshService, Route } from '../../src';
import type { ProxyConfig } from '../../src/contract';
import { documentOf, findByKind, newChart } from '../support/manifests';
import { expectSound } from './sound';

function accessLogOf(accessLog: AccessLog, accessLogOptions?: AccessLogOptions): ProxyConfig['accessLog'] {
  const chart = newChart();
  new Mesh(chart, 'mesh', { accessLog, accessLogOptions });
  new MeshService(chart, 'web', { containers: [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }] });
  const manifests = Testing.synth(chart);
  expectSound(manifests);
  return (JSON.parse((findByKind(manifests, 'ConfigMap')[0].data as Record<string, string>)['proxy.json']) as ProxyConfig).accessLog;
}

test('form and conditions are those of the mesh', () => {
  expect(accessLogOf(AccessLog.ERRORS)).toEqual({ mode: 'errors' });
  expect(accessLogOf(AccessLog.ERRORS, { text: true, slow: Duration.millis(500), samplePercent: 0.5 }))
    .toEqual({ mode: 'errors', format: 'text', slowMs: 500, samplePercent: 0.5 });
});

test('a route says it for its own requests, at callers and at gateways', () => {
  const chart = newChart();
  const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];
  const [web, catalog] = ['web', 'catalog'].map((name) => new MeshService(chart, name, { containers }));
  catalog.addRoute(Route.when(Match.pathPrefix('/orders')).accessLog(AccessLog.ALL));
  web.calls(catalog);
  const edge = new Gateway(chart, 'edge', { forwarded: { trustedHops: 1 } });
  edge.route('shop.example.com', web);
  edge.addRoute('shop.example.com', Route.when(Match.pathExact('/healthz')).respond(200).accessLog(AccessLog.OFF));
  const manifests = Testing.synth(chart);
  expectSound(manifests);
  const modesOf = (workload: string) => documentOf(manifests, workload).listeners
    .flatMap(({ routes }) => routes.map(({ name, accessLog }) => [name, accessLog]));
  expect(modesOf('web-v1')).toContainEqual(['prefix-orders', 'all']);
  expect(modesOf('web-v1')).toContainEqual(['default', undefined]);
  expect(modesOf('edge')).toEqual(expect.arrayContaining([['shop.example.com/path-healthz', 'off'], ['shop.example.com', undefined]]));
});

test('nothing is said of a log that is off', () => {
  expect(accessLogOf(AccessLog.OFF, { text: true })).toBeUndefined();
});

test.each<[Record<string, unknown>, string]>([
  [{ samplePercent: 101 }, '\'accessLogOptions.samplePercent\' is 101: use a number from 0 to 100'],
  [{ slow: 5 }, '\'accessLogOptions.slow\' is 5: use a Duration'],
  [{ text: 'yes' }, '\'accessLogOptions.text\' is "yes": use true or false'],
  [{ format: 'text' }, '\'accessLogOptions.format\' is not a prop here'],
])('synthesis refuses %j', (options, message) => {
  expect(() => accessLogOf(AccessLog.ALL, options as AccessLogOptions)).toThrow(message);
});
