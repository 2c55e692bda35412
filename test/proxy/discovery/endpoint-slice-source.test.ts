/** The list/watch protocol, step by step, on a clock that the test moves and an API that answers when it is told to. */
import { EndpointSliceSource, MAX_LINE_BYTES, PAGE_TIMEOUT_MS, SETTLED_MS, SILENCE_MARGIN_MS } from '../../../src/proxy/discovery/endpoint-slice-source';
import { EndpointSnapshot } from '../../../src/proxy/discovery/source';
import { FIRST_ANSWER_MS } from '../../../src/proxy/discovery/answer-timeout';
import { FakeApi, sliceObject } from '../../support/fake-api';
import { FakeClock } from '../../support/fake-clock';

const EXPIRED = { kind: 'Status', status: 'Failure', reason: 'Expired', code: 410, message: 'too old resource version: 5 (9)' };

function setUp(random = 0.5) {
  const clock = new FakeClock();
  const api = new FakeApi();
  const events: string[] = [];
  const snapshots: EndpointSnapshot[] = [];
  const source = new EndpointSliceSource(
    { type: 'endpointSlice', namespace: 'shop', service: 'catalog', portName: 'http' },
    api, 4, clock, () => random, (name, fields) => events.push(`${name} ${JSON.stringify(fields)}`),
  );
  source.start((snapshot) => snapshots.push(snapshot));
  const addresses = () => snapshots.at(-1)?.map(({ address }) => address);
  return { clock, api, events, snapshots, source, addresses };
}

/** A source with one endpoint and a watch that works. */
function setUpWatching(random = 0.5) {
  const all = setUp(random);
  all.api.last.list('5', [sliceObject('a', ['10.0.0.1'])]);
  all.api.last.open();
  all.clock.advance(SETTLED_MS);
  return all;
}

/** Lets the longest back-off pass. */
function retry(clock: FakeClock): void {
  clock.advance(15_000);
}

describe('listing', () => {
  test('asks for any version at first, in pages, for the slices of the Service alone', () => {
    const { api } = setUp();
    expect(api.last.path).toMatch(/^\/apis\/discovery\.k8s\.io\/v1\/namespaces\/shop\/endpointslices\?/);
    expect(Object.fromEntries(api.last.query)).toEqual({
      labelSelector: 'kubernetes.io/service-name=catalog', limit: '50', resourceVersion: '0', resourceVersionMatch: 'NotOlderThan',
    });
  });

  test('joins the pages of a list, and delivers nothing before the last', () => {
    const { api, snapshots, addresses } = setUp();
    api.last.list('5', [sliceObject('a', ['10.0.0.1'])], 'token/1');
    expect(snapshots).toEqual([]);
    expect(api.last.query.get('continue')).toBe('token/1');
    expect(api.last.query.has('resourceVersion')).toBe(false);
    api.last.list('5', [sliceObject('b', ['10.0.0.2'])]);
    expect(addresses()).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(api.last.query.get('resourceVersion')).toBe('5');
  });

  test('begins again from the newest state when a page is gone', () => {
    const { api, clock, source, snapshots, addresses } = setUp();
    api.last.list('5', [sliceObject('a', ['10.0.0.1'])], 'token');
    api.last.fail({ status: 410, gone: true });
    retry(clock);
    expect(api.last.query.has('continue')).toBe(false);
    expect(api.last.query.has('resourceVersion')).toBe(false);
    expect(snapshots).toEqual([]);
    expect(source.health.failures).toBe(0);
    api.last.list('9', [sliceObject('b', ['10.0.0.2'])]);
    expect(addresses()).toEqual(['10.0.0.2']);
  });

  test('a Service that has no endpoints is an empty snapshot, not a failure', () => {
    const { api, source, snapshots } = setUp();
    api.last.list('5', []);
    expect(snapshots).toEqual([[]]);
    expect(source.health).toMatchObject({ synced: true, failures: 0 });
  });

  test.each([
    ['not JSON', '<html>'],
    ['another kind', '{"kind":"PodList","metadata":{"resourceVersion":"1"}}'],
    ['no version', '{"kind":"EndpointSliceList","metadata":{}}'],
    ['nothing', ''],
  ])('an answer that is %s is a failure', (_, text) => {
    const { api, source, snapshots, clock } = setUp();
    api.last.open().data(text).end();
    expect(source.health).toMatchObject({ synced: false, failures: 1, lastError: expect.stringContaining('not an EndpointSliceList') });
    expect(snapshots).toEqual([]);
    retry(clock);
    expect(api.requests).toHaveLength(2);
  });

  test('a list that takes too long is given up, however steadily it comes', () => {
    const { api, source, clock } = setUp();
    const request = api.last.open().data('{');
    for (let ms = 0; ms < PAGE_TIMEOUT_MS; ms += 1_000) {
      expect(request.cancelled).toBe(false);
      request.data(' ');
      clock.advance(1_000);
    }
    expect(request.cancelled).toBe(true);
    expect(source.health.lastError).toBe('a page of the list took longer than 60 s');
  });

  test('a list that stops on its way is given up as soon as one that does not begin', () => {
    const { api, source, clock } = setUp(0);
    const request = api.last.open().data('{');
    clock.advance(FIRST_ANSWER_MS - 1);
    expect(request.cancelled).toBe(false);
    clock.advance(1);
    expect(request.cancelled).toBe(true);
    expect(source.health.lastError).toBe('a page of the list does not go on');
  });

  test('a list that hangs while the API goes away is asked for again within seconds, and waited for longer after each failure', () => {
    const { api, clock, addresses } = setUp(0);
    const waits: number[] = [];
    for (let round = 0; round < 7; round += 1) {
      waits.push(api.last.answerMs);
      api.last.fail({ message: 'the connection to the API server failed: no response in time' });
      retry(clock);
    }
    expect(waits).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    api.last.list('5', [sliceObject('a', ['10.0.0.1'])]);
    expect(addresses()).toEqual(['10.0.0.1']);
    api.last.open();
    clock.advance(SETTLED_MS);
    api.last.end();
    expect(api.last.answerMs).toBe(FIRST_ANSWER_MS);
  });

  test('proxies that hang together don\'t ask together', () => {
    expect([0, 0.5, 1].map((random) => setUp(random).api.last.answerMs)).toEqual([2_000, 1_750, 1_500]);
  });

  test('fails again and again with growing pauses, and says so once', () => {
    const { api, source, clock, events } = setUp(1);
    const pauses: number[] = [];
    for (let round = 0; round < 9; round++) {
      api.last.fail();
      const before = clock.now();
      const asked = api.requests.length;
      while (api.requests.length === asked) clock.advance(50);
      pauses.push(clock.now() - before);
    }
    expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
    expect(source.health.failures).toBe(9);
    expect(events).toEqual(['discovery_failing {"error":"the connection broke","failures":1}']);
  });
});

describe('watching', () => {
  test('begins at the version of the list, with bookmarks, for five to ten minutes by chance', () => {
    const { api } = setUpWatching(0.5);
    expect(Object.fromEntries(api.last.query)).toEqual({
      labelSelector: 'kubernetes.io/service-name=catalog', watch: 'true', allowWatchBookmarks: 'true', timeoutSeconds: '450', resourceVersion: '5',
    });
    expect(setUpWatching(0).api.last.query.get('timeoutSeconds')).toBe('300');
    expect(setUpWatching(0.999).api.last.query.get('timeoutSeconds')).toBe('599');
  });

  test('takes in additions, changes and deletions', () => {
    const { api, addresses, snapshots } = setUpWatching();
    api.last.event('ADDED', sliceObject('b', ['10.0.0.2'], { resourceVersion: '6' }));
    expect(addresses()).toEqual(['10.0.0.1', '10.0.0.2']);
    api.last.event('MODIFIED', sliceObject('b', ['10.0.0.3'], { resourceVersion: '7' }));
    expect(addresses()).toEqual(['10.0.0.1', '10.0.0.3']);
    api.last.event('DELETED', sliceObject('a', ['10.0.0.1'], { resourceVersion: '8' }));
    expect(addresses()).toEqual(['10.0.0.3']);
    api.last.event('DELETED', sliceObject('b', [], { resourceVersion: '9' }));
    expect(addresses()).toEqual([]);
    expect(snapshots).toHaveLength(5);
  });

  test('the events of one chunk make one snapshot, and what changes nothing makes none', () => {
    const { api, snapshots } = setUpWatching();
    const line = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`;
    api.last.data(line('ADDED', sliceObject('b', ['10.0.0.2'])) + line('ADDED', sliceObject('c', ['10.0.0.3'])));
    expect(snapshots).toHaveLength(2);
    api.last.event('MODIFIED', sliceObject('c', ['10.0.0.3'], { resourceVersion: '8' }));
    expect(snapshots).toHaveLength(2);
  });

  test('goes on from the last bookmark when the watch ends in order', () => {
    const { api, source, snapshots } = setUpWatching();
    api.last.event('BOOKMARK', { kind: 'EndpointSlice', metadata: { resourceVersion: '77' } }).end();
    expect(api.last.isWatch).toBe(true);
    expect(api.last.query.get('resourceVersion')).toBe('77');
    expect(snapshots).toHaveLength(1);
    expect(source.health.failures).toBe(0);
  });

  test.each([
    ['as a status', (api: FakeApi) => api.last.fail({ status: 410, gone: true, message: 'the API server answered 410' })],
    ['inside the stream', (api: FakeApi) => { api.last.event('ERROR', EXPIRED).end(); }],
  ])('410 %s: lists the newest state, keeps the endpoints meanwhile, and counts no failure', (_, gone) => {
    const { api, clock, source, addresses, events } = setUpWatching();
    gone(api);
    retry(clock);
    expect(api.last.isWatch).toBe(false);
    expect(api.last.query.has('resourceVersion')).toBe(false);
    expect(addresses()).toEqual(['10.0.0.1']);
    expect(source.health.failures).toBe(0);
    expect(events).toEqual([expect.stringContaining('discovery_relist')]);
    api.last.list('20', [sliceObject('b', ['10.0.0.2'])]);
    expect(addresses()).toEqual(['10.0.0.2']);
  });

  test('other errors inside the stream are failures', () => {
    const { api, source } = setUpWatching();
    api.last.event('ERROR', { kind: 'Status', code: 500, message: 'etcd is away' });
    expect(api.last.cancelled).toBe(true);
    expect(source.health.lastError).toBe('the API server answered 500: etcd is away');
  });

  test('after a failure lists again, not older than what was seen, and recovers once the watch holds', () => {
    const { api, clock, source, events, addresses } = setUpWatching();
    api.last.event('BOOKMARK', { metadata: { resourceVersion: '77' } });
    api.last.fail();
    retry(clock);
    expect(Object.fromEntries(api.last.query)).toMatchObject({ resourceVersion: '77', resourceVersionMatch: 'NotOlderThan' });
    expect(addresses()).toEqual(['10.0.0.1']);
    api.last.list('80', [sliceObject('a', ['10.0.0.1'])]);
    expect(source.health.failures).toBe(1);
    api.last.open();
    clock.advance(SETTLED_MS);
    expect(source.health).toMatchObject({ failures: 0, lastError: undefined });
    expect(events).toEqual([expect.stringContaining('discovery_failing'), 'discovery_recovered {"failures":1}']);
  });

  test('pauses are short again once a watch has held', () => {
    const { api, clock } = setUp(1);
    for (let round = 0; round < 5; round++) {
      api.last.fail();
      retry(clock);
    }
    api.last.list('5', []);
    api.last.open();
    clock.advance(SETTLED_MS);
    const requests = api.requests.length;
    api.last.fail();
    clock.advance(250);
    expect(api.requests).toHaveLength(requests + 1);
  });

  test('nothing after an error in the stream counts', () => {
    const { api, addresses } = setUpWatching();
    const late = { type: 'DELETED', object: sliceObject('a', [], { resourceVersion: '6' }) };
    api.last.data(`${JSON.stringify({ type: 'ERROR', object: EXPIRED })}\n${JSON.stringify(late)}\n`);
    expect(addresses()).toEqual(['10.0.0.1']);
  });

  test('a server that was restored to an earlier state is read anew', () => {
    const { api, clock, addresses } = setUpWatching();
    api.last.fail();
    retry(clock);
    api.last.fail({ status: 504, gone: true, message: 'Too large resource version' });
    retry(clock);
    expect(api.last.query.has('resourceVersion')).toBe(false);
    api.last.list('2', []);
    expect(addresses()).toEqual([]);
    expect(api.last.query.get('resourceVersion')).toBe('2');
  });

  test('a watch that is cut in the middle of an event loses nothing and invents nothing', () => {
    const { api, clock, source, addresses } = setUpWatching();
    api.last.data('{"type":"DELETED","object":{"kind":"Endpoint').end();
    expect(source.health.lastError).toBe('a watch ended in the middle of an event');
    expect(addresses()).toEqual(['10.0.0.1']);
    retry(clock);
    expect(api.last.isWatch).toBe(false);
  });

  test('watches that end at once, without an event, are failures with growing pauses', () => {
    const { api, clock, source } = setUp(1);
    for (let round = 1; round <= 4; round++) {
      api.last.list('5', [sliceObject('a', ['10.0.0.1'])]);
      api.last.open().end();
      expect(source.health).toMatchObject({ failures: round, lastError: 'a watch ended at once, without an event' });
      const before = api.requests.length;
      clock.advance(250 * 2 ** (round - 1) - 1);
      expect(api.requests).toHaveLength(before);
      clock.advance(1);
      expect(api.requests).toHaveLength(before + 1);
    }
  });

  test('a watch that gives no byte for longer than its timeout and a margin is given up, one that does is not', () => {
    const { api, clock, source } = setUpWatching(0);
    const watch = api.last;
    clock.advance(200_000);
    watch.event('BOOKMARK', { metadata: { resourceVersion: '6' } });
    clock.advance(300_000 + SILENCE_MARGIN_MS - 1);
    expect(watch.cancelled).toBe(false);
    clock.advance(1);
    expect(watch.cancelled).toBe(true);
    expect(source.health.lastError).toBe('a watch gave no byte for 315 s');
  });

  test('bookmarks keep the health young', () => {
    const { api, clock, source } = setUpWatching();
    clock.advance(60_000);
    api.last.event('BOOKMARK', { metadata: { resourceVersion: '6' } });
    expect(source.health.lastConfirmedAt).toBe(clock.now());
  });

  test.each([
    ['is longer than allowed', 'x'.repeat(MAX_LINE_BYTES + 1), 'an event of a watch is longer than 4194304 bytes'],
    ['is not JSON', 'rubbish\n', 'a watch sent a line that is not JSON'],
    ['is of a type nobody knows', '{"type":"NEWS","object":{"metadata":{"resourceVersion":"9"}}}\n', "a watch sent an event of the unknown type 'NEWS'"],
    ['has no version', '{"type":"DELETED","object":{"metadata":{"name":"a"}}}\n', "a watch sent an event of type 'DELETED' without a resourceVersion"],
  ])('a line that %s ends the watch and leaves the endpoints', (_, text, error) => {
    const { api, source, addresses } = setUpWatching();
    api.last.data(text);
    expect(api.last.cancelled).toBe(true);
    expect(source.health.lastError).toBe(error);
    expect(addresses()).toEqual(['10.0.0.1']);
  });

  test('tells of a slice that can not be used once, not with each of its changes', () => {
    const { api, events } = setUpWatching();
    for (const resourceVersion of ['6', '7']) api.last.event('MODIFIED', sliceObject('names', ['example.com'], { addressType: 'FQDN', resourceVersion }));
    expect(events).toEqual(['discovery_ignored {"slice":"shop/names","reason":"its address type is FQDN"}']);
  });
});

describe('closing', () => {
  test.each([
    ['while listing', () => setUp()],
    ['while watching', () => setUpWatching()],
    ['while waiting to try again', () => {
      const all = setUpWatching();
      all.api.last.fail();
      return all;
    }],
  ])('%s: leaves no request and no timer', (_, make) => {
    const { api, clock, source, snapshots } = make();
    const before = snapshots.length;
    source.close();
    expect(clock.pending).toBe(0);
    const requests = api.requests.length;
    api.last.event('ADDED', sliceObject('b', ['10.0.0.2']));
    retry(clock);
    expect(snapshots).toHaveLength(before);
    expect(api.requests).toHaveLength(requests);
  });
});
