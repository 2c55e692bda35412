import fc from 'fast-check';
import { statusIn, statusLines } from '../../../src/proxy/grpc/answer';
import { isCall, takeTimeout, timeoutField } from '../../../src/proxy/grpc/call';
import { grpcStatusOf, httpStatusOf, statusWithout } from '../../../src/proxy/grpc/status';
import { RequestHead } from '../../../src/proxy/http1/request-head';

const LIMITS = { maxStartLineBytes: 8_192, maxHeadBytes: 16_384, maxHeaderFields: 100 };

function read(...lines: readonly string[]): [Buffer, RequestHead] {
  const source = Buffer.from(['POST /a.B/C HTTP/1.1', 'Host: catalog', ...lines, '', ''].join('\r\n'), 'latin1');
  const head = new RequestHead(LIMITS.maxHeaderFields);
  expect(head.parse(source, 0, source.length, LIMITS)).toBeUndefined();
  return [source, head];
}

it.each([
  ['application/grpc', true], ['application/grpc+proto', true], ['application/grpc+json', true], ['application/grpc;charset=utf-8', true],
  ['Application/gRPC', true], ['application/grpc-web', false], ['application/grpc-web+proto', false], ['application/grpcx', false],
  ['application/json', false], ['application/grp', false],
])('a request of the type %s is a call: %s', (type, expected) => {
  expect(isCall(...read(`content-type: ${type}`))).toBe(expected);
});

it('a request without a type is no call', () => {
  expect(isCall(...read())).toBe(false);
});

it.each([
  ['1H', 3_600_000], ['24H', 86_400_000], ['2M', 120_000], ['3S', 3_000], ['250m', 250], ['1500u', 2], ['1n', 1], ['0m', 0], ['99999999n', 100],
])('a timeout of %s is %s ms', (text, expected) => {
  const [source, head] = read(`grpc-timeout: ${text}`);
  takeTimeout(source, head);
  expect(head.deadlineMs).toBe(expected);
});

it.each(['99999999H', '', 'm', '1', '1x', '-1m', '1.5S', '123456789m', '1 m', '1m2'])('a timeout of `%s` is no deadline, and is passed on', (text) => {
  const [source, head] = read(`grpc-timeout: ${text}`);
  takeTimeout(source, head);
  expect(head.deadlineMs).toBe(-1);
  expect(head.fields.nameEnd(head.fields.count - 1)).toBeGreaterThan(head.fields.nameStart(head.fields.count - 1));
});

it('of two deadlines, the earlier one counts', () => {
  for (const [timeout, expected] of [['100m', 100], ['500m', 300]] as const) {
    const [source, head] = read('x-mesh-deadline-ms: 300', `grpc-timeout: ${timeout}`);
    takeTimeout(source, head);
    expect(head.deadlineMs).toBe(expected);
  }
});

it('a timeout that is written is read as the same, and has no more than eight digits within a day', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 86_400_000 }), (milliseconds) => {
    const [source, head] = read(timeoutField(milliseconds).trimEnd());
    takeTimeout(source, head);
    expect(head.deadlineMs).toBe(milliseconds);
  }));
});

it('each code of gRPC has an HTTP status, and what gRPC does not define has that of UNKNOWN', () => {
  // google/rpc/code.proto
  expect(Array.from({ length: 17 }, (_, code) => httpStatusOf(code))).toEqual([
    200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401,
  ]);
  expect([17, 999, -1].map(httpStatusOf)).toEqual([500, 500, 500]);
});

it('what clients make of a response without a status of gRPC', () => {
  // gRPC's doc/http-grpc-status-mapping.md
  expect([400, 401, 403, 404, 429, 502, 503, 504, 200, 500, 418].map(statusWithout)).toEqual([13, 16, 7, 12, 14, 14, 14, 14, 2, 2, 2]);
});

it('the proxy says what clients would make of its HTTP status, but that limits refuse by RESOURCE_EXHAUSTED', () => {
  expect([400, 401, 403, 404, 429, 431, 500, 502, 503, 504, 418].map(grpcStatusOf)).toEqual([13, 16, 7, 12, 8, 13, 13, 14, 14, 4, 2]);
});

it('a message of a status is printable ASCII, and means what was written', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (message) => {
    const [, line] = statusLines(503, message).split('\r\n') as [string, string];
    const written = line.slice('grpc-message: '.length);
    expect(written).toMatch(/^[\x20-\x7e]*$/);
    expect(decodeURIComponent(written)).toBe(Buffer.from(message).toString());
  }));
});

it.each([
  ['grpc-status: 0\r\n\r\n', 0], ['x: y\r\ngrpc-status: 14\r\ngrpc-message: a\r\n\r\n', 14], ['Grpc-Status:7\r\n\r\n', 7],
  ['grpc-status: x\r\n\r\n', -1], ['grpc-status: \r\n\r\n', -1], ['x-grpc-status: 3\r\n\r\n', -1], ['grpc-status-details-bin: 3\r\n\r\n', -1], ['\r\n', -1],
])('of the trailers %j the status is %d', (trailers, expected) => {
  expect(statusIn(Buffer.from(trailers))).toBe(expected);
});

it('without trailers there is no status', () => {
  expect(statusIn(undefined)).toBe(-1);
});
