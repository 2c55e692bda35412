/** CORS of single routes, over real sockets: in place of what the listener says, and for the route that a preflight request asks about. */
import type { CorsConfig, EdgeConfig, RouteConfig } from '../../../../src/contract';
import { cleanupsAfterEach } from '../../../support/cleanups';
import { startEdge } from './support';

const cleanups = cleanupsAfterEach();

const OF_ROUTE: CorsConfig = { allowOrigins: ['https://a.test'], allowMethods: ['PUT'], exposeHeaders: ['x-of-route'] };
const OF_LISTENER: CorsConfig = { allowOrigins: ['https://b.test'], allowMethods: ['DELETE'] };
const APP = 'HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: app\r\nContent-Length: 2\r\n\r\nok';
const split = [{ cluster: 'backend', weight: 1 }];
const ROUTES: readonly RouteConfig[] = [
  { name: 'own', matches: [{ path: { type: 'prefix', value: '/own' } }], split, cors: OF_ROUTE },
  { name: 'moved', matches: [{ path: { type: 'prefix', value: '/moved' } }], redirect: { path: { type: 'full', value: '/own' } }, cors: OF_ROUTE },
  { name: 'put', matches: [{ path: { type: 'prefix', value: '/by-method' }, method: 'PUT' }], split, cors: OF_ROUTE },
  { name: 'beta', matches: [{ path: { type: 'prefix', value: '/own' }, headers: [{ name: 'x-beta', value: 'true' }] }], split, cors: OF_LISTENER },
  { name: 'rest', split },
];

const request = (method: string, path: string, origin: string, ...fields: string[]): string => (
  [`${method} ${path} HTTP/1.1`, 'Host: shop.test', `Origin: ${origin}`, ...fields, '', ''].join('\r\n'));
const preflight = (path: string, origin: string, method: string, ...fields: string[]): string => (
  request('OPTIONS', path, origin, `Access-Control-Request-Method: ${method}`, ...fields));

/** Values of the fields of CORS, and the status. */
function said(response: string): Record<string, string> {
  const lines = response.slice(0, response.indexOf('\r\n\r\n')).split('\r\n');
  const fields = lines.slice(1).map((line) => line.split(': ') as [string, string]).filter(([name]) => name.toLowerCase().startsWith('access-control-'));
  return { status: lines[0]!.split(' ')[1]!, ...Object.fromEntries(fields.map(([name, value]) => [name.toLowerCase().replace('access-control-', ''), value])) };
}

async function ask(text: string, edge: EdgeConfig = {}, routes = ROUTES) {
  const test = await startEdge(cleanups, edge, { routes: routes as RouteConfig[] }, () => APP);
  return { ...said(await test.ask(text)), reached: test.backend.received !== '' };
}

const FROM_A = { 'allow-origin': 'https://a.test', 'expose-headers': 'x-of-route' };

describe('a response has the fields of its route', () => {
  test.each<[string, string, EdgeConfig, object]>([
    ['in place of the app\'s', request('GET', '/own', 'https://a.test'), {}, { status: '200', ...FROM_A, reached: true }],
    ['none for another origin', request('GET', '/own', 'https://b.test'), {}, { status: '200', reached: true }],
    ['in place of the listener\'s', request('GET', '/own', 'https://a.test'), { cors: OF_LISTENER }, { status: '200', ...FROM_A, reached: true }],
    ['and nothing of the listener\'s', request('GET', '/own', 'https://b.test'), { cors: OF_LISTENER }, { status: '200', reached: true }],
    ['also when the route answers itself', request('GET', '/moved', 'https://a.test'), {}, { status: '302', ...FROM_A, reached: false }],
    ['those of the listener on other routes', request('GET', '/', 'https://b.test'), { cors: OF_LISTENER }, { status: '200', 'allow-origin': 'https://b.test', reached: true }],
    ['those of the app when nobody else says any', request('GET', '/', 'https://a.test'), {}, { status: '200', 'allow-origin': 'app', reached: true }],
  ])('%s', async (_, text, edge, expected) => {
    expect(await ask(text, edge)).toEqual(expected);
  });
});

describe('a preflight request is answered by the route of the request that it asks about', () => {
  const granted = { status: '200', ...FROM_A, 'allow-methods': 'PUT', 'max-age': '5', reached: false };

  test.each<[string, string, EdgeConfig, object]>([
    ['by its path', preflight('/own', 'https://a.test', 'PUT'), {}, granted],
    ['by its method', preflight('/by-method', 'https://a.test', 'PUT'), {}, granted],
    ['not for another method: the app answers', preflight('/by-method', 'https://a.test', 'POST'), {}, { status: '200', 'allow-origin': 'app', reached: true }],
    ['not for another method: the listener answers', preflight('/by-method', 'https://b.test', 'POST'), { cors: OF_LISTENER },
      { status: '200', 'allow-origin': 'https://b.test', 'allow-methods': 'DELETE', 'max-age': '5', reached: false }],
    ['in place of the listener', preflight('/own', 'https://b.test', 'DELETE'), { cors: OF_LISTENER }, { status: '200', reached: false }],
    ['not by fields, which it does not have', preflight('/own', 'https://a.test', 'PUT', 'Access-Control-Request-Headers: x-beta'), {}, granted],
  ])('%s', async (_, text, edge, expected) => {
    expect(await ask(text, edge)).toEqual(expected);
  });

  test('before it is asked who may send what', async () => {
    const test = await startEdge(cleanups, {}, {
      direction: 'inbound', routes: ROUTES as RouteConfig[], authorization: { rules: [{ name: 'paid', plain: true, matches: [{ headers: [{ name: 'x-paid' }] }] }] },
    }, () => APP);
    expect(said(await test.ask(preflight('/own', 'https://a.test', 'PUT')))).toEqual({ ...granted, reached: undefined });
    expect(said(await test.ask(request('PUT', '/own', 'https://a.test', 'Content-Length: 0')))).toEqual({ status: '403' });
    expect(test.metrics()).toMatch(/mesh_requests_total\{[^}]*route="own"[^}]*reason="cors_preflight"\} 1/);
  });

  test('unless the listener redirects it', async () => {
    expect(await ask(preflight('/own', 'https://a.test', 'PUT'), { httpsRedirect: {} })).toEqual({ status: '308', reached: false });
  });
});
