import { RemoteSources } from '../../../../src/proxy/process/workers/remote-source';
import { FakeClock } from '../../../support/fake-clock';
import { ready } from '../../../support/proxy';

const KEY = 'catalog';
const UP_TO_DATE = { synced: true, ageMs: 5, failures: 0, lastError: undefined };

test('a source hears every snapshot from its start on, and none after its close', () => {
  const sources = new RemoteSources(new FakeClock());
  const source = sources.source(KEY);
  const heard: number[] = [];
  source.start((snapshot) => heard.push(snapshot.length));
  sources.onSnapshot(KEY, [ready('127.0.0.1', 1)]);
  sources.onSnapshot(KEY, []);
  source.close();
  sources.onSnapshot(KEY, [ready('127.0.0.1', 1)]);
  expect(heard).toEqual([1, 0]);
});

test('a source that comes later has the last snapshot at once', () => {
  const sources = new RemoteSources(new FakeClock());
  sources.onSnapshot(KEY, [ready('127.0.0.1', 1), ready('127.0.0.1', 2)]);
  const heard: number[] = [];
  sources.source(KEY).start((snapshot) => heard.push(snapshot.length));
  expect(heard).toEqual([2]);
});

test('a source is synced when the endpoints have arrived, not when the primary has them', () => {
  const clock = new FakeClock();
  const sources = new RemoteSources(clock);
  const source = sources.source(KEY);
  sources.onHealth(KEY, UP_TO_DATE);
  expect(source.health.synced).toBe(false);
  sources.onSnapshot(KEY, []);
  expect(source.health.synced).toBe(true);
});

test('age counts on by the worker\'s own clock', () => {
  const clock = new FakeClock();
  const sources = new RemoteSources(clock);
  const source = sources.source(KEY);
  sources.onHealth(KEY, UP_TO_DATE);
  clock.advance(100);
  expect(clock.now() - source.health.lastConfirmedAt!).toBe(105);
});

test('what no document uses any more is forgotten', () => {
  const sources = new RemoteSources(new FakeClock());
  sources.onSnapshot(KEY, [ready('127.0.0.1', 1)]);
  sources.keepOnly(new Set());
  const heard: number[] = [];
  sources.source(KEY).start((snapshot) => heard.push(snapshot.length));
  expect(heard).toEqual([]);
});
