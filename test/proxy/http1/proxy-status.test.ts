import { isShed } from '../../../src/proxy/http1/proxy-status';
import { ResponseHead } from '../../../src/proxy/http1/response-head';
import { ReasonCode, REASON_CODES, REASONS } from '../../../src/proxy/telemetry/reasons';

function shed(fields: string): boolean {
  const buffer = Buffer.from(`HTTP/1.1 503 Service Unavailable\r\n${fields}content-length: 0\r\n\r\n`, 'latin1');
  const head = new ResponseHead(20);
  head.parse(buffer, 0, buffer.length, { maxStartLineBytes: 1_000, maxHeadBytes: 1_000, maxHeaderFields: 20 });
  return isShed(buffer, head.fields);
}

test.each([
  ['', false],
  ['proxy-status: cdk8s-mesh; error=connection_refused; details="connect_failed"\r\n', false],
  ['Proxy-Status: cdk8s-mesh;error=connection_limit_reached;details="pending_overflow"\r\n', true],
  ['proxy-status: cdk8s-mesh\r\n', false],
  ['proxy-status: a; error=connection_limit_reached\r\nproxy-status: b; error=connection_timeout\r\n', false],
])('given a 503 with %j, it is the sidecar\'s own decision: %s', (fields, expected) => {
  expect(shed(fields)).toBe(expected);
});

test('of this proxy\'s own responses of 503 and 429, those count against the endpoint which say that the app can\'t be reached', () => {
  const codes = REASON_CODES.filter((code) => [429, 503].includes(REASONS[code].status));
  const blaming = codes.filter((code) => !shed(`proxy-status: cdk8s-mesh; error=${REASONS[code].proxyStatus}; details="${code}"\r\n`));
  expect(blaming).toEqual<ReasonCode[]>([
    'no_endpoints', 'connect_failed', 'connect_timeout', 'server_unverified', 'tls_failed', 'identity_refused', 'terminating',
  ]);
});
