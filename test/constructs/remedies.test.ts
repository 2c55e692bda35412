/** The remedies that the proxy gives are read by people who write props, so they name the prop beside each field, and only props that there are. */
import { PROXY_OPTIONS } from '../../src/constructs/mesh/mesh-settings';
import { CONNECTION_QUANTITIES, LIMIT_QUANTITIES } from '../../src/constructs/policies/proxy-quantities';
import { RETRY_QUANTITIES } from '../../src/constructs/policies/retry';
import { REASON_CODES, REASONS } from '../../src/proxy/telemetry/reasons';

/** Fields of the document, and the prop of each as people write it. */
const FIELDS: readonly (readonly [string, string])[] = [
  ...Object.entries(LIMIT_QUANTITIES).map(([prop, { field }]) => [`limits.${field}`, `limits.${prop}`] as const),
  ...Object.entries(CONNECTION_QUANTITIES).map(([prop, { field }]) => [field, `connections.${prop}`] as const),
  ...Object.entries(RETRY_QUANTITIES).map(([prop, { field }]) => [`retry.${field}`, `retry.${prop}`] as const),
  ['admission.concurrency', 'admission.concurrency'],
  ['admission.rateLimit', 'admission.rateLimit'],
  ['exemptPaths', 'admission.exemptPaths'],
  ['timeoutMs', 'timeout'],
  ['faults', 'faults'],
];
const PROPS = new Set<string>([
  ...FIELDS.map(([, prop]) => prop),
  ...Object.keys(CONNECTION_QUANTITIES).map((prop) => `appConnections.${prop}`),
  ...Object.keys(PROXY_OPTIONS),
  // Of an ExternalService.
  'tls',
  // Of a service of TCP.
  'tcp.idleTimeout', 'tcp.maxDuration',
]);

function mistakesOf(text: string): string[] {
  return [
    ...FIELDS.filter(([field, prop]) => new RegExp(`(?<!\\(prop )(?<![\\w.])${field}\\b(?! \\(prop ${prop}\\b)`).test(text)).map(([field, prop]) => `${field} without (prop ${prop})`),
    ...[...text.matchAll(/\b(?:props? |(?=appConnections\.))([\w.]+)/g)].filter(([, prop]) => prop !== 'are' && !PROPS.has(prop)).map(([, prop]) => `${prop} is no prop`),
  ];
}

test.each(REASON_CODES)('the remedy of %s names the prop of each field, and only props that there are', (code) => {
  expect(mistakesOf(REASONS[code].remedy)).toEqual([]);
});

test('a remedy that does not is found', () => {
  expect(mistakesOf('raise limits.maxHeadBytes, or idleTimeoutMs (prop connections.idleTime) or appConnections.nothing')).toEqual([
    'limits.maxHeadBytes without (prop limits.maxHeadSize)', 'idleTimeoutMs without (prop connections.idleTimeout)',
    'connections.idleTime is no prop', 'appConnections.nothing is no prop',
  ]);
});
