import type { AccessLogConfig } from '../../../src/contract';
import { AccessLog, isError } from '../../../src/proxy/telemetry/access-log';
import type { AccessRecord } from '../../../src/proxy/telemetry/access-record';
import { COLLECT_MS, LineWriter } from '../../../src/proxy/telemetry/line-writer';
import { FakeClock } from '../../support/fake-clock';
import { keptText } from '../../support/kept-text';
import { noteRecord } from '../../support/noted';
import { textOf } from '../../support/text-of';

const REQUEST: AccessRecord = {
  listener: 'catalog', method: 'GET', path: keptText('/items'), status: 200, reason: undefined, detail: '', durationMs: 12.345678,
  cluster: 'catalog-v1', endpoint: '10.0.0.1:15006', attempts: 1, attemptRecords: [], bytesIn: 0, bytesOut: 512,
};

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
    for (const request of requests) if (log.wants(request)) noteRecord(log.note(), request);
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
