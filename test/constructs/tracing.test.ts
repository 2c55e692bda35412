/** Which requests are traced, as constructs say it. */
import { Duration, Testing } from 'cdk8s';
import { Gateway, Mesh, MeshService, Tracing, TracingOptions } from '../../src';
import type { ProxyConfig } from '../../src/contract';
import { findByKind, newChart } from '../support/manifests';
import { expectSound } from './sound';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];
const endpoint = 'http://otel-collector.observability:4318';

/** Of each document, by the name of its service. */
function tracingOf(ofMesh?: Tracing, ofService?: Tracing, ofGateway?: Tracing): Record<string, ProxyConfig['tracing']> {
  const chart = newChart();
  new Mesh(chart, 'mesh', { tracing: ofMesh });
  const web = new MeshService(chart, 'web', { containers, tracing: ofService });
  new Gateway(chart, 'edge', { port: 80, tracing: ofGateway }).route('shop.example.com', web);
  const manifests = Testing.synth(chart);
  expectSound(manifests);
  const documents = findByKind(manifests, 'ConfigMap').map(({ data }) => JSON.parse((data as Record<string, string>)['proxy.json']) as ProxyConfig);
  return Object.fromEntries(documents.map(({ node, tracing }) => [node.service, tracing]));
}

test('nothing is traced unless it is declared', () => {
  expect(tracingOf()).toEqual({ web: undefined, edge: undefined });
});

test('what the mesh says holds for services and gateways, and each may say otherwise', () => {
  const options: TracingOptions = { endpoint, samplingPercent: 10, slow: Duration.millis(300), b3: true, recordFailures: false };
  const config = { endpoint, samplingPercent: 10, slowMs: 300, b3: true, recordFailures: false };
  expect(tracingOf(Tracing.otlp(options))).toEqual({ web: config, edge: config });
  expect(tracingOf(Tracing.otlp(options), Tracing.off())).toEqual({ web: undefined, edge: config });
  expect(tracingOf(undefined, undefined, Tracing.otlp(options))).toEqual({ web: undefined, edge: config });
});

test('defaults are left out of the document', () => {
  expect(tracingOf(Tracing.otlp({ endpoint, samplingPercent: 1, maxQueuedSpans: 2_048 })).web).toEqual({ endpoint });
});

test.each<[string, Record<string, unknown>, string]>([
  ['no URL', { endpoint: 'otel-collector:4318' }, '\'tracing.endpoint\' is "otel-collector:4318": use the URL of the collector, such as http://'],
  ['a password in the URL', { endpoint: 'http://user:secret@collector:4318' }, 'use the URL of the collector'],
  ['a port that there is not', { endpoint: 'http://collector:99999' }, 'use the URL of the collector'],
  ['a share of more than all', { endpoint, samplingPercent: 101 }, '\'tracing.samplingPercent\' is 101: use a number from 0 to 100'],
  ['a time that is none', { endpoint, slow: 300 }, '\'tracing.slow\' is 300: use a Duration'],
  ['no such option', { endpoint, sampling: 1 }, '\'tracing.sampling\' is not a prop here'],
  ['a text for a choice', { endpoint, b3: 'yes' }, '\'tracing.b3\' is "yes": use true or false'],
])('synthesis refuses %s', (_, options, message) => {
  expect(() => tracingOf(Tracing.otlp(options as unknown as TracingOptions))).toThrow(message);
});

test('synthesis refuses what Tracing has not made', () => {
  expect(() => tracingOf({ endpoint } as unknown as Tracing)).toThrow('\'tracing\' is {"endpoint":"http://otel-collector.observability:4318"}: make it with Tracing.otlp(');
});
