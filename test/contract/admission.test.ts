import { AdmissionConfig, findBrokenReferences, ProxyConfig, withAdmissionDefaults } from '../../src/contract';
import { decodeConfig, describeErrors } from '../../src/proxy/config/decode';

const documentWith = (admission: unknown): ProxyConfig => ({
  version: 'v1',
  node: { service: 'web', namespace: 'shop', version: 'v1' },
  listeners: [{
    name: 'in', direction: 'inbound', port: 15_006, routes: [{ name: 'default', split: [{ cluster: 'app', weight: 1 }] }],
    admission: admission as AdmissionConfig,
  }],
  clusters: [{ name: 'app', discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: 8080 }] } }],
});

test.each([
  [{}, 'the admission of listener \'in\' limits nothing; give it \'concurrency\' or \'rateLimit\', or remove it'],
  [{ concurrency: { type: 'adaptive', min: 9, max: 3 } }, 'listener \'in\' has \'min\' 9: it is above the max of 3; make min at most max'],
  [{ concurrency: { type: 'adaptive', min: 9, initial: 3 } }, 'listener \'in\' has \'initial\' 3: it is below the min of 9'],
  [{ concurrency: { type: 'adaptive', max: 9, initial: 30 } }, 'listener \'in\' has \'initial\' 30: use a number from 1 to 9, as min and max say'],
])('GIVEN %j THEN it is refused in words', (admission, message) => {
  expect(findBrokenReferences(documentWith(admission)).map((error) => error.message)).toEqual([message]);
});

test.each([
  { concurrency: { type: 'fixed', max: 0 } }, { concurrency: { type: 'fixed' } }, { concurrency: { type: 'other' } },
  { concurrency: { type: 'adaptive', latencyTolerancePercent: 5 } }, { rateLimit: { requestsPerSecond: 0 } }, { rateLimit: { requestsPerSecond: 1, burst: 0 } },
  { rateLimit: { requestsPerSecond: 1 }, exemptPaths: ['health'] }, { rateLimit: { requestsPerSecond: 1 }, exemptPaths: ['/a?b'] },
  { rateLimit: { requestsPerSecond: 1 }, exemptPaths: ['/a*b'] },
])('GIVEN %j THEN the document is refused', (admission) => {
  const decoded = decodeConfig(JSON.stringify(documentWith(admission)));
  expect(decoded.ok || describeErrors(decoded.errors)).not.toBe(true);
});

test('what is left open has its default, within what is said', () => {
  expect(withAdmissionDefaults({ concurrency: { type: 'adaptive' } }).concurrency)
    .toEqual({ type: 'adaptive', min: 2, max: 1_000, initial: 50, latencyTolerancePercent: 100 });
  expect(withAdmissionDefaults({ concurrency: { type: 'adaptive', max: 1 } }).concurrency).toMatchObject({ min: 1, max: 1, initial: 1 });
  expect(withAdmissionDefaults({ concurrency: { type: 'adaptive', min: 2_000 } }).concurrency).toMatchObject({ min: 2_000, max: 2_000, initial: 2_000 });
  expect(withAdmissionDefaults({ rateLimit: { requestsPerSecond: 0.5 } }).rateLimit).toEqual({ requestsPerSecond: 0.5, burst: 3 });
  expect(withAdmissionDefaults({ rateLimit: { requestsPerSecond: 2, burst: 1 } }).rateLimit).toEqual({ requestsPerSecond: 2, burst: 1 });
  expect(withAdmissionDefaults({ rateLimit: { requestsPerSecond: 10.5 } }).rateLimit).toEqual({ requestsPerSecond: 10.5, burst: 11 });
});
