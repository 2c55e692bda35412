/** What stands above charts: an ExternalService or an imported service, for services of several charts. Objects need a chart. */
import { App, Chart, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { ExternalEndpoints, ExternalService, Gateway, MeshService, MeshSidecar } from '../../src';
import { documentOf } from '../support/manifests';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];

test('an ExternalService and an imported service are called from several charts', () => {
  const app = Testing.app();
  const rates = new ExternalService(app, 'rates', { hostname: 'rates.example.com', endpoints: ExternalEndpoints.dns('rates.example.com') });
  const payments = MeshService.fromName(app, 'Payments', { name: 'payments', namespace: 'pay' });
  for (const namespace of ['shop', 'office']) {
    const chart = new Chart(app, namespace, { namespace });
    const web = new MeshService(chart, 'web', { containers });
    web.calls(rates);
    web.calls(payments);
    expect(documentOf(Testing.synth(chart), 'web-v1').listeners.slice(1).map(({ name, hostnames }) => [name, hostnames?.[0]])).toEqual([
      ['outbound/default/rates.example.com:80', 'rates.example.com'], ['outbound/pay/payments:80', 'payments.pay'],
    ]);
  }
});

test('what makes objects says that it needs a chart', () => {
  const app: App = Testing.app();
  const workload = new kplus.Deployment(new Chart(app, 'chart'), 'worker', { containers });
  const needs = (what: string) => `[it] a ${what} makes Kubernetes objects, which have to be in a chart: create it in a Chart, or below one`;
  expect(() => new MeshService(app, 'it', { containers })).toThrow(needs('MeshService'));
  expect(() => new Gateway(Testing.app(), 'it', {})).toThrow(needs('Gateway'));
  expect(() => new MeshSidecar(Testing.app(), 'it', { workload })).toThrow(needs('MeshSidecar'));
});
