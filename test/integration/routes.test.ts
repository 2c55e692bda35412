/** Routes of constructs, in the mesh that `up` runs: each request arrives where its route says, by endpoints that the caller found. */
import { Chart } from 'cdk8s';
import { get, IncomingHttpHeaders } from 'node:http';
import { Match, MeshService, Route } from '../../src';
import { awaitEndpoints } from '../../src/cli/up/await-endpoints';
import type { LocalMesh } from '../../src/cli/up/local-mesh';
import { flowBetween } from '../../src/cli/up/traffic/flow';
import { SERVICE_FIELD, VERSION_FIELD } from '../../src/cli/stand-in/server';
import { clustersSeenBy, modelOf, startMesh } from '../support/local-mesh';

jest.setTimeout(60_000);

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];
const service = (chart: Chart, name: string) => new MeshService(chart, name, { containers });

let mesh: LocalMesh;
beforeAll(async () => {
  mesh = await startMesh(modelOf((chart) => {
    const [web, cart, catalog, search] = ['web', 'cart', 'catalog', 'search'].map((name) => service(chart, name));
    const next = catalog.addVersion('v2', { containers });
    catalog.addRoute(Route.when(Match.header('x-beta', 'true')).to(next).setResponseHeader('x-tried', 'beta'));
    catalog.addRoute(Route.when(Match.pathPrefix('/search'), Match.method('GET')).to(search));
    catalog.addRoute(Route.when(Match.pathExact('/old')).redirect({ path: '/new', status: 301 }));
    catalog.addRoute(Route.when(Match.caller(cart), Match.pathPrefix('/admin')).respond(403, { body: 'not for carts' }));
    [web, cart].forEach((caller) => caller.calls(catalog));
  }));
  expect(await awaitEndpoints(() => mesh, { timeoutMs: 30_000, onWaiting: () => undefined, stopped: () => false })).toBeUndefined();
});
afterAll(() => mesh.stop());

interface Response {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Asks `catalog` from a pod of a service. */
async function ask(from: string, path: string, headers: Record<string, string> = {}): Promise<Response> {
  const flow = flowBetween(mesh, from, 'catalog');
  const { address, port } = flow.target()!;
  return new Promise((resolve, reject) => {
    get({ host: address, port, path, headers: { host: flow.host, ...headers }, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => { body += text; }).on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    }).on('error', reject);
  });
}

const answered = ({ status, headers }: Response) => [status, headers[SERVICE_FIELD], headers[VERSION_FIELD]];

test('callers find the endpoints of all that routes lead to', async () => {
  const [pod] = mesh.pods.filter(({ workload }) => workload.service === 'web');
  const ready = (await clustersSeenBy(pod!)).map(({ name, endpoints }) => [name, endpoints.filter(({ state }) => state === 'ready').length]);
  expect(ready).toEqual(expect.arrayContaining([['shop/catalog-v1', 2], ['shop/catalog-v2', 2], ['shop/search-v1', 2]]));
});

test.each<[string, string, Record<string, string>, unknown[]]>([
  ['no condition', '/', {}, [200, 'catalog', 'v1']],
  ['a field', '/', { 'x-beta': 'true' }, [200, 'catalog', 'v2']],
  ['another value of the field', '/', { 'x-beta': 'yes' }, [200, 'catalog', 'v1']],
  ['a path', '/search/all?q=1', {}, [200, 'search', 'v1']],
  ['a path that only begins alike', '/searches', {}, [200, 'catalog', 'v1']],
  ['a path in another form', '/%73earch/../search', {}, [200, 'search', 'v1']],
  ['what is another caller\'s', '/admin', {}, [200, 'catalog', 'v1']],
])('GIVEN a request that meets %s, it arrives where its route says', async (_, path, headers, expected) => {
  expect(answered(await ask('web', path, headers))).toEqual(expected);
});

test('a route changes fields of responses, redirects, and responds for one caller', async () => {
  expect((await ask('web', '/', { 'x-beta': 'true' })).headers['x-tried']).toBe('beta');
  expect(await ask('web', '/old')).toMatchObject({ status: 301, headers: { location: expect.stringMatching(/\/new$/) } });
  expect(await ask('cart', '/admin/users')).toMatchObject({ status: 403, body: 'not for carts' });
});
