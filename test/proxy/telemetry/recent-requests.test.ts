import type { AccessRecord } from '../../../src/proxy/telemetry/access-record';
import { RECENT_LIMITS, RecentRequests } from '../../../src/proxy/telemetry/recent-requests';
import { FakeClock } from '../../support/fake-clock';
import { keptText } from '../../support/kept-text';

const request = (path: string): AccessRecord => ({
  listener: 'inbound', method: 'GET', path: keptText(path), status: 200, reason: undefined, detail: '', durationMs: 1.5, cluster: 'app', endpoint: '10.0.0.1:80',
  attempts: 1, attemptRecords: [], bytesIn: 0, bytesOut: 5,
});

function recording() {
  const clock = new FakeClock();
  const wanted: boolean[] = [];
  const onLimit = jest.fn();
  const recent: RecentRequests = new RecentRequests(clock, '7', () => wanted.push(recent.isWanted), onLimit);
  const paths = (): string[] => recent.read().map(({ line }) => JSON.parse(line).path);
  return { clock, recent, wanted, onLimit, paths };
}

describe('RecentRequests', () => {
  test('nobody wants any until somebody reads, and some seconds after the last reading nobody does any more', () => {
    const { clock, recent, wanted, paths } = recording();
    expect(recent.isWanted).toBe(false);
    expect(paths()).toEqual([]);
    recent.record(request('/a'));
    clock.advance(RECENT_LIMITS.leaseMs - 1);
    expect(paths()).toEqual(['/a']);
    clock.advance(RECENT_LIMITS.leaseMs - 1);
    expect(recent.isWanted).toBe(true);
    clock.advance(1);
    expect(wanted).toEqual([true, false]);
    expect([paths(), clock.pending]).toEqual([[], 1]);
  });

  test('keeps so many, the newest; each has an id of its own', () => {
    const { clock, recent, paths } = recording();
    recent.read();
    for (let i = 0; i < RECENT_LIMITS.requests + 10; i++) {
      recent.record(request(`/${i}`));
      clock.advance(100);
      if (i % 50 === 0) recent.read();
    }
    expect(paths()).toHaveLength(RECENT_LIMITS.requests);
    expect(paths()[0]).toBe('/10');
    expect(new Set(recent.read().map(({ id }) => id)).size).toBe(RECENT_LIMITS.requests);
  });

  test('of one second, so many are kept, and the others told as over the limit', () => {
    const { clock, recent, onLimit, paths } = recording();
    recent.read();
    for (let i = 0; i < RECENT_LIMITS.perSecond + 5; i++) recent.record(request('/'));
    expect(paths()).toHaveLength(RECENT_LIMITS.perSecond);
    expect(onLimit).toHaveBeenCalledTimes(5);
    clock.advance(1_000);
    recent.record(request('/'));
    expect(paths()).toHaveLength(RECENT_LIMITS.perSecond + 1);
  });
});
