/** The embedded EndpointSlice API over real sockets: the list/watch protocol, its misbehaviour on request, and what is written. */
import { lstat, mkdtemp, readFile, rm } from 'node:fs/promises';
import { get, request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EndpointSlice as EndpointSliceModel } from 'kubernetes-models/discovery.k8s.io/v1/EndpointSlice';
import { EndpointApi, EndpointSliceInput, SERVICE_NAME_LABEL } from '../../../src/cli/up/endpoint-api';
import { eventually } from '../../support/eventually';

const SLICES = '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices';
const OF_CATALOG = `labelSelector=${encodeURIComponent(`${SERVICE_NAME_LABEL}=catalog`)}`;

interface Answer { readonly status: number; readonly body: any } // eslint-disable-line @typescript-eslint/no-explicit-any

function ask(api: EndpointApi, path: string, options: { method?: string; token?: string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${options.token ?? api.token}` };
    request(`${api.url}${path}`, { ca: api.ca, agent: false, method: options.method ?? 'GET', headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => { text += chunk; });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
      response.on('error', reject);
    }).on('error', reject).end();
  });
}

/** A watch as a client sees it. */
class Watcher {
  readonly events: any[] = []; // eslint-disable-line @typescript-eslint/no-explicit-any
  open = false;
  ended = false;
  broken = false;
  rest = '';

  constructor(api: EndpointApi, query: string, path = SLICES) {
    get(`${api.url}${path}?watch=true&${query}`, { ca: api.ca, agent: false, headers: { authorization: `Bearer ${api.token}` } }, (response) => {
      this.open = true;
      response.on('data', (chunk) => {
        const lines = (this.rest + chunk).split('\n');
        this.rest = lines.pop() ?? '';
        for (const line of lines) this.events.push(JSON.parse(line));
      });
      response.on('end', () => { this.ended = true; });
      response.on('error', () => { this.broken = true; });
    }).on('error', () => { this.broken = true; });
  }

  get types(): string[] { return this.events.map((event) => event.type); }
}

function slice(name: string, address = '127.0.0.2', labels: Record<string, string> = { [SERVICE_NAME_LABEL]: 'catalog' }): EndpointSliceInput {
  return {
    metadata: { name, namespace: 'shop', labels },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
  };
}

function pod(number: number, more: object = {}) {
  const address = `127.1.${Math.floor(number / 250)}.${1 + number % 250}`;
  return { name: `catalog-${number}`, uid: `uid-${number}`, address, port: 15006, portName: 'http', ready: true, ...more };
}

describe('the embedded EndpointSlice API', () => {
  let api: EndpointApi;
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'endpoint-api-'));
    api = new EndpointApi({ credentialsFolder: join(folder, 'token'), bookmarkIntervalMs: 20, historyLimit: 5 });
    await api.listen();
  });

  afterEach(async () => {
    await api.close();
    await rm(folder, { recursive: true });
  });

  describe('authentication', () => {
    test('refuses a request without the right token, whatever its path', async () => {
      expect(await ask(api, SLICES, { token: 'wrong' })).toMatchObject({ status: 401, body: { kind: 'Status', reason: 'Unauthorized', code: 401 } });
      expect((await ask(api, '/nothing', { token: '' })).status).toBe(401);
      expect((await ask(api, SLICES)).status).toBe(200);
    });

    test('writes token and authority through a link that is swapped, as the kubelet does', async () => {
      const token = () => readFile(join(folder, 'token', 'token'), 'utf8');
      const first = await token();
      expect(first).toBe(api.token);
      expect(await readFile(join(folder, 'token', 'ca.crt'), 'utf8')).toBe(api.ca);
      expect((await lstat(join(folder, 'token', '..data'))).isSymbolicLink()).toBe(true);

      await api.rotateToken();
      expect(await token()).toBe(api.token);
      expect(api.token).not.toBe(first);
      expect((await ask(api, SLICES, { token: first })).status).toBe(401);
      expect((await ask(api, SLICES)).status).toBe(200);
    });
  });

  describe('reading', () => {
    test('lists a namespace, all namespaces and one slice', async () => {
      const made = api.apply(slice('catalog-a'));
      api.apply({ ...slice('web-a'), metadata: { name: 'web-a', namespace: 'edge' } });
      expect((await ask(api, SLICES)).body).toEqual({
        kind: 'EndpointSliceList', apiVersion: 'discovery.k8s.io/v1', metadata: { resourceVersion: api.resourceVersion }, items: [made],
      });
      const all = await ask(api, '/apis/discovery.k8s.io/v1/endpointslices');
      expect(all.body.items.map((item: EndpointSliceInput) => item.metadata.name)).toEqual(['web-a', 'catalog-a']);
      expect((await ask(api, `${SLICES}/catalog-a`)).body).toEqual(made);
      expect(await ask(api, `${SLICES}/other`)).toMatchObject({ status: 404, body: { kind: 'Status', reason: 'NotFound', details: { name: 'other' } } });
    });

    test.each([
      ['kubernetes.io/service-name=catalog', ['a', 'b']],
      ['kubernetes.io/service-name=catalog,version==v2', ['b']],
      ['version!=v2', ['a', 'c']],
      ['version', ['b']],
      ['!version', ['a', 'c']],
    ])('selects by label: %s', async (selector, names) => {
      api.apply(slice('a'));
      api.apply(slice('b', '127.0.0.3', { [SERVICE_NAME_LABEL]: 'catalog', version: 'v2' }));
      api.apply(slice('c', '127.0.0.4', { [SERVICE_NAME_LABEL]: 'cart' }));
      const { body } = await ask(api, `${SLICES}?labelSelector=${encodeURIComponent(selector)}`);
      expect(body.items.map((item: EndpointSliceInput) => item.metadata.name)).toEqual(names);
    });

    test('pages show one state of the world though slices change in between', async () => {
      for (const name of ['a', 'b', 'c']) api.apply(slice(name));
      const first = (await ask(api, `${SLICES}?limit=2`)).body;
      expect(first.items).toHaveLength(2);
      api.remove('shop', 'c');
      api.apply(slice('d'));
      const second = (await ask(api, `${SLICES}?limit=2&continue=${first.metadata.continue}`)).body;
      expect(second.items.map((item: EndpointSliceInput) => item.metadata.name)).toEqual(['c']);
      expect(second.metadata).toEqual({ resourceVersion: first.metadata.resourceVersion });
    });

    test('a page of a state that was forgotten is gone', async () => {
      for (const name of ['a', 'b']) api.apply(slice(name));
      const first = (await ask(api, `${SLICES}?limit=1`)).body;
      for (let round = 0; round < 7; round++) api.apply(slice('a', `127.0.1.${round}`));
      expect(await ask(api, `${SLICES}?limit=1&continue=${first.metadata.continue}`)).toMatchObject({ status: 410, body: { reason: 'Expired' } });
    });

    test('a list not older than a version that is still to come times out, an exact one that was forgotten is gone', async () => {
      api.apply(slice('a'));
      const future = Number(api.resourceVersion) + 10;
      expect(await ask(api, `${SLICES}?resourceVersion=${future}&resourceVersionMatch=NotOlderThan`)).toMatchObject({
        status: 504, body: { details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } },
      });
      expect((await ask(api, `${SLICES}?resourceVersion=1&resourceVersionMatch=Exact`)).status).toBe(410);
      expect((await ask(api, `${SLICES}?resourceVersion=1&resourceVersionMatch=NotOlderThan&limit=5`)).status).toBe(200);
    });

    test.each(['limit=-1', 'resourceVersion=x', 'fieldSelector=a', 'labelSelector=a%20in%20(b)', 'continue=rubbish', 'watch=1&sendInitialEvents=true'])(
      'refuses what it would answer wrongly: %s', async (query) => {
        expect(await ask(api, `${SLICES}?${query}`)).toMatchObject({ status: 400, body: { kind: 'Status', reason: 'BadRequest' } });
      });

    test('has nothing else, and nothing can be written', async () => {
      expect((await ask(api, '/api/v1/pods')).status).toBe(404);
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) expect((await ask(api, SLICES, { method })).status).toBe(405);
    });
  });

  describe('watching', () => {
    test('tells additions, changes and deletions after a version, with rising versions', async () => {
      api.apply(slice('a'));
      const from = api.resourceVersion;
      api.apply(slice('b'));
      const watch = new Watcher(api, `resourceVersion=${from}&${OF_CATALOG}`);
      await eventually('the change from before', () => watch.events.length === 1);
      api.apply(slice('a', '127.0.0.9'));
      api.apply(slice('other', '127.0.0.9', { [SERVICE_NAME_LABEL]: 'cart' }));
      api.remove('shop', 'b');
      await eventually('three events', () => watch.events.length === 3);
      expect(watch.events.map(({ type, object }) => [type, object.metadata.name])).toEqual([['ADDED', 'b'], ['MODIFIED', 'a'], ['DELETED', 'b']]);
      expect(watch.events.map(({ object }) => Number(object.metadata.resourceVersion) - Number(from))).toEqual([1, 2, 4]);
    });

    test('starts with what is there when no version is given', async () => {
      api.apply(slice('a'));
      const watch = new Watcher(api, OF_CATALOG);
      await eventually('the slice', () => watch.types.includes('ADDED'));
    });

    test('a slice that leaves the selector is deleted for the watcher, and added when it comes in', async () => {
      api.apply(slice('a'));
      const watch = new Watcher(api, `resourceVersion=${api.resourceVersion}&${OF_CATALOG}`);
      await eventually('the watch', () => watch.open);
      api.apply(slice('a', '127.0.0.2', { [SERVICE_NAME_LABEL]: 'cart' }));
      api.apply(slice('a'));
      await eventually('both', () => watch.events.length === 2);
      expect(watch.types).toEqual(['DELETED', 'ADDED']);
    });

    test('says inside the stream that a version is too old', async () => {
      const from = api.resourceVersion;
      for (let round = 0; round < 7; round++) api.apply(slice('a', `127.0.1.${round}`));
      const watch = new Watcher(api, `resourceVersion=${from}`);
      await eventually('the end', () => watch.ended);
      expect(watch.events).toEqual([{ type: 'ERROR', object: expect.objectContaining({ kind: 'Status', code: 410, reason: 'Expired' }) }]);
    });

    test('sends bookmarks with the newest version when asked to, and ends after the time asked for', async () => {
      api.apply(slice('a'));
      const watch = new Watcher(api, `resourceVersion=${api.resourceVersion}&allowWatchBookmarks=true&timeoutSeconds=3&${OF_CATALOG}`);
      const silent = new Watcher(api, `resourceVersion=${api.resourceVersion}&timeoutSeconds=3`);
      await eventually('both', () => watch.open && silent.open);
      api.apply(slice('other', '127.0.0.9', {}));
      await eventually('the end', () => watch.ended && silent.ended);
      const last = watch.events.at(-1);
      expect(last).toMatchObject({ type: 'BOOKMARK', object: { kind: 'EndpointSlice', metadata: { resourceVersion: api.resourceVersion } } });
      expect(silent.types).toEqual(['ADDED']);
    });

    test('a dropped watch ends without an end, after half a line if so wanted', async () => {
      const watch = new Watcher(api, `resourceVersion=${api.resourceVersion}`);
      await eventually('the watch', () => api.openWatches === 1 && watch.open);
      api.dropWatches({ midLine: true });
      await eventually('the break', () => watch.broken);
      expect(watch.ended).toBe(false);
      expect(watch.rest).toMatch(/^\{"type"/);
      expect(api.openWatches).toBe(0);
    });

    test('close ends watches in order', async () => {
      const watch = new Watcher(api, `resourceVersion=${api.resourceVersion}`);
      await eventually('the watch', () => watch.open);
      await api.close();
      await eventually('the end', () => watch.ended);
      expect(watch.broken).toBe(false);
    });
  });

  describe('misbehaving', () => {
    test('stops without a word and comes back on its port with the slices and another history', async () => {
      api.apply(slice('a'));
      const from = api.resourceVersion;
      const watch = new Watcher(api, `resourceVersion=${from}`);
      await eventually('the watch', () => watch.open);
      const url = api.url;
      await api.stop();
      await eventually('the break', () => watch.broken);
      await expect(ask(api, SLICES)).rejects.toThrow('ECONNREFUSED');

      api.apply(slice('b'));
      await api.start();
      expect(api.url).toBe(url);
      expect((await ask(api, SLICES)).body.items).toHaveLength(2);
      const again = new Watcher(api, `resourceVersion=${from}`);
      await eventually('the error', () => again.types.includes('ERROR'));
      expect(again.events[0].object.code).toBe(410);
    });

    test('fails or cuts the requests that it is told to', async () => {
      api.interfere = ({ watch }) => (watch ? { cut: true } : { status: 503 });
      expect(await ask(api, SLICES)).toMatchObject({ status: 503, body: { kind: 'Status' } });
      await expect(ask(api, `${SLICES}?watch=1`)).rejects.toThrow('hang up');
    });

    test('delays the requests that it is told to', async () => {
      const waiting: { readonly ms: number; readonly task: () => void }[] = [];
      const slow = new EndpointApi({ after: (ms, task) => waiting.push({ ms, task }) });
      await slow.listen();
      slow.interfere = () => ({ delayMs: 50 });
      let answered = false;
      const answer = ask(slow, SLICES).finally(() => { answered = true; });
      await eventually('the request', () => waiting.length === 1);
      expect([waiting[0]!.ms, answered]).toEqual([50, false]);
      waiting[0]!.task();
      expect((await answer).status).toBe(200);
      await slow.close();
    });

    test('a port that is taken is an error of listen', async () => {
      const other = createServer().listen(0, '127.0.0.1');
      await eventually('the port', () => other.listening);
      const { port } = other.address() as { port: number };
      await expect(new EndpointApi({ port }).listen()).rejects.toThrow('EADDRINUSE');
      other.close();
    });
  });

  describe('writing', () => {
    test('writing what is there already changes nothing', () => {
      const first = api.apply(slice('a'));
      expect(api.apply(slice('a'))).toBe(first);
      const second = api.apply(slice('a', '127.0.0.3'));
      expect(second.metadata).toMatchObject({ uid: first.metadata.uid, generation: 2 });
    });

    test.each([
      ['a name', { metadata: { name: 'A_b', namespace: 'shop' } }, "metadata.name 'A_b' is not a DNS subdomain"],
      ['an address', { endpoints: [{ addresses: ['::1'] }] }, "endpoints[0] has the address '::1', which is not of type IPv4"],
      ['no address', { endpoints: [{ addresses: [] }] }, 'endpoints[0] has 0 addresses'],
      ['a port', { ports: [{ port: 0 }] }, 'ports[0].port 0 is not a port'],
      ['a port name twice', { ports: [{ port: 1 }, { port: 2 }] }, "ports[1].name '' is used twice"],
    ])('refuses a slice with the wrong %s', (_, wrong, message) => {
      expect(() => api.apply({ ...slice('a'), ...wrong })).toThrow(message);
      expect(api.slices()).toEqual([]);
    });

    test('refuses to change the address type', () => {
      api.apply(slice('a'));
      expect(() => api.apply({ ...slice('a'), addressType: 'IPv6', endpoints: [] })).toThrow("addressType can't change from IPv4 to IPv6");
    });
  });

  describe('the slices of a Service', () => {
    test('are valid objects of at most 100 endpoints, one set for each port and address family', () => {
      const pods = Array.from({ length: 250 }, (_, number) => pod(number, { zone: 'a' }));
      api.setPods('shop', 'catalog', [...pods, pod(250, { port: 8080 }), pod(0, { address: '::1' })]);
      const slices = api.slices();
      const shape = slices.map(({ addressType, ports, endpoints }) => `${addressType} ${ports?.[0]?.port} ${endpoints.length}`);
      expect(shape.sort()).toEqual(['IPv4 15006 100', 'IPv4 15006 100', 'IPv4 15006 50', 'IPv4 8080 1', 'IPv6 15006 1']);
      for (const each of slices) {
        expect(() => new EndpointSliceModel(each as never).validate()).not.toThrow();
        expect(each.metadata.labels?.[SERVICE_NAME_LABEL]).toBe('catalog');
      }
    });

    test('one pod more or less writes one slice', () => {
      const pods = Array.from({ length: 150 }, (_, number) => pod(number));
      api.setPods('shop', 'catalog', pods);
      const before = Number(api.resourceVersion);
      api.setPods('shop', 'catalog', [...pods, pod(150)]);
      expect(Number(api.resourceVersion)).toBe(before + 1);
      api.setPods('shop', 'catalog', pods.slice(1));
      expect(api.slices().flatMap(({ endpoints }) => endpoints).map(({ addresses }) => addresses[0]).sort())
        .toEqual(pods.slice(1).map(({ address }) => address).sort());
    });

    test('tell ready, serving and terminating', () => {
      api.setPods('shop', 'catalog', [pod(1), pod(2, { ready: false }), pod(3, { ready: false, serving: true, terminating: true })]);
      expect(api.slices()[0]?.endpoints.map(({ conditions }) => conditions)).toEqual([
        { ready: true, serving: true, terminating: false },
        { ready: false, serving: false, terminating: false },
        { ready: false, serving: true, terminating: true },
      ]);
      expect(() => api.setPods('shop', 'catalog', [pod(1, { terminating: true })])).toThrow('ready and terminating');
    });

    test('are gone with the last pod, and leave hand-written slices alone', () => {
      api.apply(slice('by-hand'));
      api.setPods('shop', 'catalog', [pod(1)]);
      api.setPods('shop', 'catalog', []);
      expect(api.slices().map(({ metadata }) => metadata.name)).toEqual(['by-hand']);
    });
  });
});
