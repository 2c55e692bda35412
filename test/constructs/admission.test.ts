/** What a pod takes, as constructs say it, and what the document has of it. */
import { Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { AdmissionOptions, ConcurrencyLimit, Mesh, MeshService, MeshSidecar, RateLimit } from '../../src';
import { AdmissionConfig } from '../../src/contract';
import { documentOf, newChart } from '../support/manifests';
import { expectSound } from './sound';

const containers = [{ image: 'ghcr.io/acme/web:1', portNumber: 8080 }];

function admissionOf(own?: AdmissionOptions, mesh?: AdmissionOptions): AdmissionConfig | undefined {
  const chart = newChart();
  new Mesh(chart, 'mesh', { admission: mesh });
  const web = new MeshService(chart, 'web', { containers, admission: own });
  web.calls(new MeshService(chart, 'catalog', { containers }));
  const manifests = Testing.synth(chart);
  expectSound(manifests);
  const { listeners } = documentOf(manifests, 'web-v1');
  expect(listeners[1].admission).toBeUndefined();
  return listeners[0].admission;
}

test('is left out unless it is said', () => {
  expect(admissionOf()).toBeUndefined();
  expect(admissionOf({ exemptPaths: ['/health'] })).toBeUndefined();
});

test.each([
  [ConcurrencyLimit.adaptive(), { type: 'adaptive' }],
  [ConcurrencyLimit.adaptive({ min: 2, max: 100, initial: 50, latencyTolerancePercent: 100 }), { type: 'adaptive', max: 100 }],
  [ConcurrencyLimit.adaptive({ min: 10, initial: undefined, latencyTolerancePercent: 50 }), { type: 'adaptive', min: 10, latencyTolerancePercent: 50 }],
  [ConcurrencyLimit.of(8), { type: 'fixed', max: 8 }],
  [ConcurrencyLimit.none(), undefined],
])('has the concurrency without what the defaults say', (concurrency, expected) => {
  expect(admissionOf({ concurrency })?.concurrency).toEqual(expected);
});

test.each([
  [RateLimit.perSecond(50), { requestsPerSecond: 50 }],
  [RateLimit.perSecond(50, { burst: 200 }), { requestsPerSecond: 50, burst: 200 }],
  [RateLimit.perMinute(30), { requestsPerSecond: 0.5 }],
  [RateLimit.none(), undefined],
])('has the rate in requests a second', (rateLimit, expected) => {
  expect(admissionOf({ rateLimit })?.rateLimit).toEqual(expected);
});

test('has the exempt paths when they are not the default ones', () => {
  const concurrency = ConcurrencyLimit.of(1);
  expect(admissionOf({ concurrency, exemptPaths: ['/healthz', '/livez', '/readyz'] })).toEqual({ concurrency: { type: 'fixed', max: 1 } });
  expect(admissionOf({ concurrency, exemptPaths: ['/ok', '/events/*'] })?.exemptPaths).toEqual(['/ok', '/events/*']);
});

test('is looked for field by field, the service\'s own first, which can take back what the mesh says', () => {
  const mesh = { concurrency: ConcurrencyLimit.adaptive(), rateLimit: RateLimit.perSecond(5), exemptPaths: ['/ok'] };
  expect(admissionOf({ rateLimit: RateLimit.perSecond(9) }, mesh))
    .toEqual({ concurrency: { type: 'adaptive' }, rateLimit: { requestsPerSecond: 9 }, exemptPaths: ['/ok'] });
  expect(admissionOf({ concurrency: ConcurrencyLimit.none(), rateLimit: RateLimit.none() }, mesh)).toBeUndefined();
});

describe('what can\'t be is told together, in the words of the props', () => {
  test('for a service', () => {
    const make = () => new MeshService(newChart(), 'web', {
      containers,
      admission: {
        concurrency: ConcurrencyLimit.adaptive({ min: 20, max: 10 }), rateLimit: RateLimit.perMinute(0, { burst: 0.5 }), exemptPaths: ['health', '/a?b'],
      },
    });
    expect(make).toThrow([
      '[chart/web] 5 props are wrong:',
      '  - \'admission.concurrency.min\' is 20: it is above the max of 10; make min at most max',
      '  - \'admission.rateLimit.perMinute\' is 0: use a number from 0.06 to 60000000',
      '  - \'admission.rateLimit.burst\' is 0.5: use a whole number of at least 1',
      '  - \'admission.exemptPaths[0]\' is "health": use a path without a query, such as /healthz, or the beginning of one, such as /events/*',
      '  - \'admission.exemptPaths[1]\' is "/a?b": use a path without a query, such as /healthz, or the beginning of one, such as /events/*',
    ].join('\n'));
  });

  test.each([
    [{ concurrency: ConcurrencyLimit.of(0) }, '\'admission.concurrency.max\' is 0: use a whole number of at least 1'],
    [{ concurrency: ConcurrencyLimit.adaptive({ initial: 1, min: 2 }) }, '\'admission.concurrency.initial\' is 1: it is below the min of 2'],
    [{ concurrency: ConcurrencyLimit.adaptive({ initial: 9, max: 8 }) }, '\'admission.concurrency.initial\' is 9: use a number from 1 to 8, as min and max say'],
    [{ concurrency: ConcurrencyLimit.adaptive({ latencyTolerancePercent: 5 }) }, 'latencyTolerancePercent\' is 5: use a whole number from 10 to 1000'],
    [{ concurrency: { max: 5 } }, '\'admission.concurrency\' is {"max":5}: make it with ConcurrencyLimit.adaptive(), for example'],
    [{ rateLimit: 5 }, '\'admission.rateLimit\' is 5: make it with RateLimit.perSecond(100), for example'],
    [{ concurency: ConcurrencyLimit.of(1) }, '\'admission.concurency\' is not a prop here: did you mean \'concurrency\'?'],
    [5, '\'admission\' is 5: use { concurrency: ConcurrencyLimit.adaptive() }, for example'],
  ])('%#: %s', (admission, message) => {
    expect(() => new MeshService(newChart(), 'web', { containers, admission: admission as AdmissionOptions })).toThrow(message);
  });

  test('for a workload that takes no requests', () => {
    const chart = newChart();
    const workload = new kplus.Deployment(chart, 'App', { containers: [{ image: 'ghcr.io/acme/job:1' }] });
    expect(() => new MeshSidecar(chart, 'sidecar', { workload, admission: { concurrency: ConcurrencyLimit.of(1) } })).toThrow('the workload takes no requests');
  });
});
