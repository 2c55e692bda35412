import { AccessLog, AccessRecord, formatAccess, isError, MAX_PATH } from '../../../src/proxy/telemetry/access-log';
import { LineWriter } from '../../../src/proxy/telemetry/line-writer';
import { FakeClock } from '../../support/fake-clock';

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

  const statusesOf = (mode: 'off' | 'errors' | 'all'): unknown[] => {
    const lines: string[] = [];
    const log = new AccessLog(new LineWriter({ write: (text, done) => { lines.push(text); done(); } }), new FakeClock(), mode);
    requests.forEach((request) => log.record(request));
    return lines.map((line) => { const { status, reason } = JSON.parse(line); return reason ? `${status} ${reason}` : status; });
  };

  it('has nothing when off, everything when all', () => {
    expect(statusesOf('off')).toEqual([]);
    expect(statusesOf('all')).toHaveLength(requests.length);
  });

  it('has failures of the server\'s side and what broke, given errors only', () => {
    expect(statusesOf('errors')).toEqual([500, '200 upstream_broken_body', '200 request_timeout', '499 client_abort']);
    expect(isError({ status: 503, reason: 'no_endpoints' })).toBe(true);
    expect(isError({ status: 413, reason: 'body_too_large' })).toBe(false);
  });
});
