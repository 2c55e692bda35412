/** Retries: what is said of them, and what the caller's document has of it. */
import { Chart, Duration, Size, Testing } from 'cdk8s';
import { CallOptions, ExternalEndpoints, ExternalService, MeshService, MeshServiceProps, Retry, RetryOn } from '../../src';
import { ProxyConfig } from '../../src/contract';
import { documentOf, newChart } from '../support/manifests';
import { expectSound } from './sound';

const app = { image: 'ghcr.io/acme/web:1', portNumber: 8080 };
const service = (chart: Chart, name: string, props: Partial<MeshServiceProps> = {}) => new MeshService(chart, name, { containers: [app], ...props });

/** What the document of `web`, which calls `catalog`, says of that. */
function saidOf(catalog: Partial<MeshServiceProps>, call?: CallOptions) {
  const chart = newChart();
  service(chart, 'web').calls(service(chart, 'catalog', catalog), call);
  const manifests = Testing.synth(chart);
  expectSound(manifests);
  return retriesIn(documentOf(manifests, 'web-v1'));
}

function retriesIn({ listeners, clusters }: ProxyConfig) {
  const { retry, hedge, meshFields } = listeners.find(({ direction }) => direction === 'outbound')!.routes[0]!;
  return { retry, hedge, meshFields, budget: clusters[1]!.retryBudget };
}

test('nothing is in the document when nothing is said, or the default', () => {
  const nothing = { retry: undefined, hedge: undefined, meshFields: undefined, budget: undefined };
  expect(saidOf({})).toEqual(nothing);
  const spelt = Retry.idempotent({ maxRetries: 2, on: [RetryOn.GATEWAY_ERROR, RetryOn.CLOSED, RetryOn.TRY_TIMEOUT], budget: { percent: 20 } });
  expect(saidOf({ retry: spelt })).toEqual(nothing);
});

test('what is said is in the caller\'s document, in the document\'s units', () => {
  const retry = Retry.allMethods({
    maxRetries: 1, on: [RetryOn.SERVER_ERROR], tryTimeout: Duration.millis(100), backoff: Duration.millis(5), maxReplaySize: Size.kibibytes(8),
    budget: { percent: 10, minimumPerSecond: 1 }, hedge: { percentile: 99, minimumDelay: Duration.millis(20) },
  });
  expect(saidOf({ retry })).toEqual({
    retry: { methods: 'all', maxRetries: 1, on: ['serverError'], tryTimeoutMs: 100, backoffMs: 5, maxReplayBytes: 8_192 },
    hedge: { percentile: 99, minimumDelayMs: 20 },
    meshFields: undefined,
    budget: { percent: 10, minimumPerSecond: 1 },
  });
});

test('what a caller says goes first', () => {
  expect(saidOf({ retry: Retry.allMethods() }, { retry: Retry.none() }).retry).toEqual({ maxRetries: 0 });
});

test('a service outside of the mesh gets no fields of the mesh', () => {
  const chart = newChart();
  const ledger = new ExternalService(chart, 'ledger', { endpoints: ExternalEndpoints.addresses({ address: '10.1.0.1', port: 80 }), retry: Retry.none() });
  service(chart, 'web').calls(ledger);
  expect(retriesIn(documentOf(Testing.synth(chart), 'web-v1'))).toMatchObject({ retry: { maxRetries: 0 }, meshFields: false });
});

test.each<[Retry, RegExp]>([
  [Retry.idempotent({ maxRetries: 11 }), /'retry\.maxRetries' is 11: use a whole number from 0 to 10/],
  [Retry.idempotent({ on: ['closed', 'always'] as never }), /'retry\.on' is \["closed","always"\]: list members of RetryOn/],
  [Retry.idempotent({ budget: { percent: 200 }, hedge: { percentile: 100 } }), /budget\.percent' is 200[^]*hedge\.percentile' is 100/],
  [{} as Retry, /'retry' is \{\}: make it with Retry\.idempotent\(\), for example/],
])('what is wrong is told in the words of the props: %#', (retry, message) => {
  expect(() => service(newChart(), 'catalog', { retry })).toThrow(message);
});

test('an attempt that may take as long as the call is refused, with the arithmetic', () => {
  expect(() => saidOf({}, { timeout: Duration.millis(300), retry: Retry.idempotent({ tryTimeout: Duration.millis(300) }) }))
    .toThrow('\'calls(catalog).retry.tryTimeout\' is "300 ms": the call has 300 ms in all, so no attempt could follow');
});
