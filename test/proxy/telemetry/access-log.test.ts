import type { AccessLogConfig } from '../../../src/contract';
import { AccessLog, AccessRecord, formatAccess, formatText, isError, MAX_PATH } from '../../../src/proxy/telemetry/access-log';
import { COLLECT_MS, LineWriter } from '../../../src/proxy/telemetry/line-writer';
import { FakeClock } from '../../support/fake-clock';
import { textOf } from '../../support/text-of';

const REQUEST: AccessRecord = {
  listener: 'catalog', description: 'GET /items?token=secret', status: 200, reason: undefined, detail: '', durationMs: 12.345678,
  cluster: 'catalog-v1', endpoint: '10.0.0.1:15006', attempts: 1, attemptRecords: [], bytesIn: 0, bytesOut: 512,
};

describe('a line of the access log', () => {
  it('has what is known of the request, without its query', () => {
    expect(formatAccess(REQUEST, 1_700_000_000_000)).toBe(
      '{"time":"2023-11-14T22:13:20.000Z","level":"info","event":"request","listener":"catalog","method":"GET","path":"/items",'
      + '"status":200,"durationMs":12.346,"cluster":"catalog-v1","endpoint":"10.0.0.1:15006","attempts":1,"bytesIn":0,"bytesOut":512}');
  });

  it('has the reason, given that the proxy answered by itself', () => {
    const line = JSON.parse(formatAccess({ ...REQUEST, status: 503, reason: 'no_endpoints', detail: 'none ready', endpoint: undefined }, 0));
    expect(line).toMatchObject({ status: 503, reason: 'no_endpoints', detail: 'none ready' });
    expect(line).not.toHaveProperty('endpoint');
  });

  it('has neither method nor path, given a head that could not be read', () => {
    const line = JSON.parse(formatAccess({ ...REQUEST, description: '', status: 400, reason: 'bad_request' }, 0));
    expect(Object.keys(line)).not.toEqual(expect.arrayContaining(['method']));
    expect(Object.keys(line)).not.toEqual(expect.arrayContaining(['path']));
  });

  it('is one line of bounded length, given any path', () => {
    const line = formatAccess({ ...REQUEST, description: `GET /${'"\\\n'.repeat(5_000)}` }, 0);
    expect(line).not.toContain('\n');
    expect(JSON.parse(line).path).toHaveLength(MAX_PATH);
  });

  it.each([['OPTIONS *', '*'], ['GET http://catalog/a?b', 'http://catalog/a'], ['GET /?', '/']])('shows the target of %s as %s', (description, path) => {
    expect(JSON.parse(formatAccess({ ...REQUEST, description }, 0)).path).toBe(path);
  });
});

describe('a line of text', () => {
  const COLUMNS = /^\S+ "(?:[^"\\]|\\.)*"(?: \S+){13}$/;

  it('has the same fields in the same places', () => {
    expect(formatText({ ...REQUEST, route: 'default', traceId: '4bf92f3577b34da6a3ce929d0e0e4736' }, 1_700_000_000_000)).toBe(
      '2023-11-14T22:13:20.000Z "GET /items" 200 - 12.346 0 512 1 catalog default catalog-v1 10.0.0.1:15006 - - 4bf92f3577b34da6a3ce929d0e0e4736');
    expect(formatText({ ...REQUEST, description: '', status: 400, reason: 'bad_request', cluster: undefined, endpoint: undefined, attempts: 0 }, 0))
      .toMatch(/ "-" 400 bad_request 12\.346 0 512 0 catalog - - - - - -$/);
  });

  it.each(['GET /"', 'GET /a" 200 - 1', 'GET /\\', `GET /${'"\\\n'.repeat(5_000)}`, 'GET /\r\n\u001b[31m\u2028'])('is one line with all columns, given %j', (description) => {
    const line = formatText({ ...REQUEST, description, route: 'a route', caller: 'spiffe://mesh/ns/shop/sa/web' }, 0);
    expect(line).toMatch(COLUMNS);
    expect(line.length).toBeLessThan(MAX_PATH * 4 + 300);
  });
});

describe('the access log', () => {
  const requests: AccessRecord[] = [
    REQUEST,
    { ...REQUEST, status: 404 },
    { ...REQUEST, status: 500 },
    { ...REQUEST, status: 431, reason: 'head_too_large' },
    { ...REQUEST, status: 200, reason: 'upstream_broken_body' },
    { ...REQUEST, status: 200, reason: 'request_timeout' },
    { ...REQUEST, status: 499, reason: 'client_abort' },
  ];

  const statusesOf = (mode: AccessLogConfig['mode'], more: Partial<AccessLogConfig> = {}, random = () => 0.5): unknown[] => {
    const lines: string[] = [];
    const clock = new FakeClock();
    const writer = new LineWriter({ write: (text, done) => { lines.push(...textOf(text).trim().split('\n')); done(); } });
    const log = new AccessLog(writer, clock, { mode, ...more }, random);
    requests.forEach((request) => log.record(request));
    clock.advance(COLLECT_MS);
    return lines.map((line) => { const { status, reason } = JSON.parse(line); return reason ? `${status} ${reason}` : status; });
  };

  it('has nothing when off, everything when all', () => {
    expect(statusesOf('off')).toEqual([]);
    expect(statusesOf('all')).toHaveLength(requests.length);
  });

  it('has failures of the server\'s side and what broke, given errors only', () => {
    expect(statusesOf('errors')).toEqual([500, '200 upstream_broken_body', '200 request_timeout', '499 client_abort']);
    expect(statusesOf('errors', { samplePercent: 0, slowMs: 0 }, () => 0)).toHaveLength(4);
    expect(isError({ status: 503, reason: 'no_endpoints' })).toBe(true);
    expect(isError({ status: 413, reason: 'body_too_large' })).toBe(false);
  });

  it('goes by what the route of a request says first', () => {
    const logged = (mode: AccessLogConfig['mode'], accessLog: AccessLogConfig['mode'], status: number) => (
      new AccessLog(new LineWriter({ write: () => undefined }), new FakeClock(), { mode }, () => 0.5).wants({ ...REQUEST, status, accessLog }));
    expect([logged('off', 'all', 200), logged('off', 'errors', 200), logged('off', 'errors', 503)]).toEqual([true, false, true]);
    expect([logged('all', 'off', 503), logged('all', 'errors', 200), logged('all', 'errors', 503)]).toEqual([false, false, true]);
  });

  it('has slow requests and a share of the others besides, given errors and that', () => {
    expect(statusesOf('errors', { slowMs: 12 })).toHaveLength(requests.length);
    expect(statusesOf('errors', { slowMs: 13 })).toHaveLength(4);
    expect(statusesOf('errors', { samplePercent: 51 })).toHaveLength(requests.length);
    expect(statusesOf('errors', { samplePercent: 50 })).toHaveLength(4);
    expect(statusesOf('off', { slowMs: 1, samplePercent: 100 })).toEqual([]);
  });
});
