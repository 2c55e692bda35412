import { eventsBetween } from '../../../src/cli/live';
import { FakeProxy, look, shop } from './support';

async function happened(mesh: ReturnType<typeof shop>, between: () => FakeProxy[] | void) {
  const before = await look(mesh.all, 0);
  const after = between() ?? mesh.all;
  return eventsBetween(before, await look(after, 1));
}

const texts = async (...of: Parameters<typeof happened>) =>
  (await happened(...of)).map(({ kind, severity, service, text }) => [kind, severity, service, text]);

describe('eventsBetween', () => {
  test('nothing happened', async () => {
    expect(await happened(shop(), () => undefined)).toEqual([]);
  });

  test('what all pods of a caller say of an endpoint is one event of its service', async () => {
    const mesh = shop();
    expect(await texts(mesh, () => {
      for (const { endpoints } of mesh.web) endpoints['catalog-v1'] = [{ address: '10.0.2.1:15006', state: 'ejected', stateReason: '5 errors in a row' }];
    })).toEqual([['endpoint', 'bad', 'shop/catalog', 'catalog-v1-a is ejected: 5 errors in a row (2 pods of shop/web say so)']]);
  });

  test.each([
    ['ejected', 'ready', 'good', 'takes requests again'], ['ejected', 'probing', 'info', 'gets one request to prove itself'],
    ['ready', 'unhealthy', 'bad', 'fails its health checks'], ['ready', 'draining', 'info', 'is draining'], ['ready', 'frozen', 'bad', 'is frozen'],
  ])('an endpoint that was %s and is %s', async (was, is, severity, words) => {
    const mesh = shop();
    mesh.web[0].endpoints['catalog-v2'] = [{ address: '10.0.2.2:15006', state: was }];
    expect(await texts(mesh, () => {
      mesh.web[0].endpoints['catalog-v2'] = [{ address: '10.0.2.2:15006', state: is }];
    })).toEqual([['endpoint', severity, 'shop/catalog', `catalog-v2-a ${words} (a pod of shop/web says so)`]]);
  });

  test('counters tell of failovers, documents and certificates', async () => {
    const mesh = shop();
    const [web] = mesh.web;
    web.lines = ['mesh_failovers_total{listener="catalog-80",route="default"} 3', 'mesh_config_reloads_total{result="applied"} 1'];
    expect(await texts(mesh, () => {
      web.lastRejected = { hash: 'h2', at: '', problems: ['/clusters/0: no name'] };
      web.lines = [
        'mesh_failovers_total{listener="catalog-80",route="default"} 4', 'mesh_config_reloads_total{result="applied"} 1',
        'mesh_config_reloads_total{result="rejected"} 1', 'mesh_identity_reloads_total{result="applied"} 1',
      ];
    })).toEqual([
      ['failover', 'bad', 'shop/web', 'requests of route default (catalog-80) go to a fallback: too few endpoints are left'],
      ['config', 'bad', 'shop/web', 'a configuration was refused, and the last one stays: /clusters/0: no name'],
      ['certificate', 'info', 'shop/web', 'the identity was renewed'],
    ]);
  });

  test('another policy is chosen, with the reason', async () => {
    const mesh = shop();
    mesh.web[0].choices['catalog-v1'] = { policy: 'leastRequest', reason: 'few requests' };
    expect(await texts(mesh, () => {
      mesh.web[0].choices['catalog-v1'] = { policy: 'leastResponseTime', reason: 'latencies differ' };
    })).toEqual([['policy', 'info', 'shop/catalog', 'the policy for catalog-v1 is leastResponseTime now: latencies differ (a pod of shop/web says so)']]);
  });

  test('pods come and go, or give no answer', async () => {
    const mesh = shop();
    mesh.all.pop();
    const fresh = new FakeProxy('catalog-v2-b', '10.0.2.9', mesh.catalog[1].config);
    expect(await texts(mesh, () => {
      mesh.web[0].failure = 'ECONNREFUSED';
      return [...mesh.web, fresh];
    })).toEqual([
      ['pod', 'info', 'shop/catalog', 'catalog-v2-b is there'],
      ['pod', 'bad', 'shop/web', 'the proxy of web-a does not answer any more: ECONNREFUSED'],
      ['pod', 'info', 'shop/catalog', 'catalog-v1-a is gone'],
    ]);
  });
});
