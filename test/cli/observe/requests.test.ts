/** Requests that `tap` and `top` follow. */
import { FollowedRequest, Follower } from '../../../src/cli/observe/follow';
import { lineOf } from '../../../src/cli/observe/tap';
import { MAX_KINDS, Top } from '../../../src/cli/observe/top';
import { plain } from '../../../src/cli/terminal/table';
import { FakeClock } from '../../support/fake-clock';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const REQUEST: FollowedRequest = {
  id: '1', time: '2026-01-01T00:00:00.000Z', service: 'shop/web', pod: 'web-a', listener: 'catalog-80', method: 'GET', path: '/', status: 200, durationMs: 2, attempts: 1,
};

describe('Follower', () => {
  /** Pods with the requests that they keep now. */
  function following(kept: Record<string, FollowedRequest[]>) {
    const clock = new FakeClock();
    const seen: string[] = [];
    const errors: unknown[] = [];
    let gone = false;
    const proxyOf = (pod: string) => ({
      id: `shop/${pod}`, namespace: 'shop', pod, address: '10.0.0.1',
      get: () => Promise.resolve(JSON.stringify({ requests: kept[pod] })),
    });
    let looks = 0;
    const follower = new Follower({
      clock, periodMs: 500,
      source: { proxies: () => (gone ? Promise.reject(new Error('it has ended')) : Promise.resolve(Object.keys(kept).map(proxyOf))) },
      services: () => {
        looks++;
        return Promise.resolve(new Map(Object.keys(kept).filter((pod) => pod !== 'silent').map((pod) => [`shop/${pod}`, 'shop/web'])));
      },
      onRequests: (requests) => seen.push(...requests.map(({ pod, id }) => `${pod} ${id}`)),
      onEnd: (error) => errors.push(error),
    });
    const next = async (): Promise<void> => { clock.advance(500); await settled(); };
    return { follower, clock, seen, errors, next, end: () => { gone = true; }, looks: () => looks };
  }

  const request = (id: string, second = 0): FollowedRequest => ({ ...REQUEST, id, time: `2026-01-01T00:00:0${second}.000Z` });

  test('hands out each request once, in the order of their ends, and none from before', async () => {
    const kept: Record<string, FollowedRequest[]> = { a: [request('1')], b: [] };
    const { follower, seen, next } = following(kept);
    follower.start();
    await settled();
    expect(seen).toEqual([]);
    kept['a'] = [request('1'), request('2', 2)];
    kept['b'] = [request('1', 1)];
    await next();
    await next();
    expect(seen).toEqual(['b 1', 'a 2']);
    // The last one that was seen is no longer kept.
    kept['a'] = [request('5', 3), request('6', 3)];
    kept['c'] = [request('1', 4)];
    await next();
    expect(seen.slice(2)).toEqual(['a 5', 'a 6', 'c 1']);
    follower.stop();
  });

  test('asks again for a pod that gives no answer, but not at each reading', async () => {
    const { follower, next, looks } = following({ a: [], silent: [] });
    follower.start();
    await settled();
    for (let readings = 0; readings < 9; readings++) await next();
    expect(looks()).toBe(1);
    await next();
    expect(looks()).toBe(2);
    follower.stop();
  });

  test('ends with its mesh', async () => {
    const { follower, clock, errors, next, end } = following({ a: [] });
    follower.start();
    await settled();
    end();
    await next();
    expect(errors).toEqual([new Error('it has ended')]);
    expect(clock.pending).toBe(0);
  });
});

describe('a line of tap', () => {
  const failed: FollowedRequest = {
    ...REQUEST, path: '/\u001b[2J', cluster: 'catalog-v1', endpoint: '10.0.2.1:80', status: 503, reason: 'overloaded', detail: 'too many', attempts: 2, tried: ['10.0.2.1:80;reset;1'],
  };

  test('tells where a request went, what became of it, and why', () => {
    expect(lineOf(failed, 'text', plain)).toBe(
      '2026-01-01T00:00:00.000Z  web-a (shop/web)  catalog-80  -> catalog-v1 10.0.2.1:80  GET /?[2J  503  2.00 ms  2 attempts  overloaded: too many',
    );
    expect(lineOf(failed, 'wide', plain)).toMatch(/ {2}tried 10\.0\.2\.1:80;reset;1$/);
    expect(JSON.parse(lineOf(failed, 'json', plain))).toEqual(failed);
  });
});

describe('Top', () => {
  test('counts requests of a kind, with the best, worst and last of their durations', () => {
    const top = new Top();
    for (const durationMs of [3, 9, 4]) top.add({ ...REQUEST, durationMs, status: durationMs === 9 ? 500 : 200 });
    top.add({ ...REQUEST, path: '/other' });
    expect(top.rows).toEqual([
      { service: 'shop/web', listener: 'catalog-80', to: '-', method: 'GET', path: '/', count: 3, succeeded: 2, bestMs: 3, worstMs: 9, lastMs: 4 },
      expect.objectContaining({ path: '/other', count: 1 }),
    ]);
  });

  test('paths without end make no rows without end', () => {
    const top = new Top();
    for (let index = 0; index < MAX_KINDS + 50; index++) top.add({ ...REQUEST, path: `/${index}` });
    top.add({ ...REQUEST, path: '/0' });
    expect(top.rows).toHaveLength(MAX_KINDS + 1);
    expect(top.rows[0]).toMatchObject({ service: '(others)', count: 50 });
    expect(top.rows[1]).toMatchObject({ path: '/0', count: 2 });
  });
});
