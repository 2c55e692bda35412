/** The server of the live page, over real sockets: who gets what. */
import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { ScrapedMesh } from '../../../src/cli/live';
import { documentOf, readPage } from '../../../src/cli/page/document';
import { Action, LiveMessage } from '../../../src/cli/page/protocol';
import { PageServer, PageServerOptions } from '../../../src/cli/page/server';
import { systemClock } from '../../../src/proxy/runtime/clock';
import { PROGRAMS } from '../up/programs';
import { shop } from '../live/support';

const PAGE = documentOf('<style>a{}</style><script>1</script>');
const opened: PageServer[] = [];
afterEach(() => Promise.all(opened.splice(0).map((server) => server.close())));

async function open(options: Partial<PageServerOptions> = {}) {
  const mesh = shop();
  const proxies = { proxies: () => Promise.resolve(mesh.all) };
  const server = new PageServer({
    title: 'dist', source: new ScrapedMesh(proxies, { clock: systemClock }), proxies, document: PAGE, periodMs: 20, ...options,
  });
  opened.push(server);
  const address = new URL(await server.open());
  const token = address.hash.slice('#token='.length);
  return { mesh, port: Number(address.port), token, authorization: `Bearer ${token}` };
}

interface Answer { readonly status: number; readonly headers: NodeJS.Dict<string | string[]>; readonly body: string }

function ask(port: number, path: string, headers: Record<string, string> = {}, method = 'GET', body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => { text += chunk; })
        .on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body: text }));
    }).on('error', reject).end(body);
  });
}

/** The first messages of a stream. */
async function messages(port: number, authorization: string, wanted: (message: LiveMessage) => boolean): Promise<LiveMessage> {
  const response = await fetch(`http://127.0.0.1:${port}/api/live`, { headers: { authorization } });
  let rest = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    const found = lines.map((line) => JSON.parse(line) as LiveMessage).find(wanted);
    if (found) return found;
  }
  throw new Error('the stream has ended');
}

describe('the page itself', () => {
  test('is not shaken by a path that is none', async () => {
    const { port } = await open();
    expect((await ask(port, '//')).status).toBe(400);
    expect((await ask(port, '/')).status).toBe(200);
  });

  test('comes without a token, and allows its own script and style only', async () => {
    const { port } = await open();
    const { status, headers, body } = await ask(port, '/');
    const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    expect([status, body]).toEqual([200, PAGE.html]);
    expect(headers['content-security-policy']).toBe(`default-src 'none'; script-src ${hash('1')}; style-src ${hash('a{}')}; connect-src 'self'; base-uri 'none'; `
      + "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'");
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cross-origin-resource-policy': 'same-origin' });
  });

  test('as it is built, is one script and one style, and names nothing that is elsewhere', () => {
    const { html, policy } = readPage(PROGRAMS.page);
    expect(policy.match(/sha256-/g)).toHaveLength(2);
    expect(html.match(/\b(src|href)=|@import|url\(/g)).toBeNull();
    expect(html.match(/https?:\/\/[^"'`\s]+/g)).toEqual(['http://www.w3.org/2000/svg']);
    expect(html).not.toMatch(/innerHTML|insertAdjacentHTML|document\.write|\beval\(/);
  });
});

describe('requests are refused', () => {
  test.each([
    ['another name that leads here', { host: 'evil.example' }, 403],
    ['another port', { host: '127.0.0.1:1' }, 403],
    ['another website', { origin: 'https://evil.example' }, 403],
    ['another website, as the browser says', { 'sec-fetch-site': 'cross-site' }, 403],
    ['a sandboxed frame', { origin: 'null' }, 403],
    ['no token', { authorization: '' }, 401],
    ['a wrong token', { authorization: 'Bearer x' }, 401],
  ])('of %s', async (_, headers: Record<string, string>, status) => {
    const performed: Action[] = [];
    const { port, authorization } = await open({
      actions: { controls: () => ({ traffic: 0, zones: [], versions: [] }), perform: (action) => { performed.push(action); return Promise.resolve(''); } },
    });
    for (const [path, method] of [['/api/tap', 'GET'], ['/api/live', 'GET'], ['/api/act', 'POST']]) {
      expect((await ask(port, path, { authorization, ...headers }, method, '{"type":"kill","pod":"a"}')).status).toBe(status);
    }
    expect(performed).toEqual([]);
  });

  test('a name that leads here does not even get the page', async () => {
    const { port } = await open();
    expect((await ask(port, '/', { host: 'evil.example' })).status).toBe(403);
  });

  test('other paths and methods', async () => {
    const { port, authorization } = await open();
    expect((await ask(port, '/other')).status).toBe(404);
    expect((await ask(port, '/', {}, 'POST')).status).toBe(404);
    expect((await ask(port, '/api/act', { authorization })).status).toBe(404);
  });
});

describe('with the token', () => {
  test('the stream has a snapshot, then events as they come', async () => {
    const { mesh, port, authorization } = await open();
    const first = await messages(port, authorization, ({ snapshot }) => snapshot !== undefined);
    expect(first.snapshot!.services.map(({ id }) => id)).toEqual(['shop/catalog', 'shop/web']);
    expect([first.title, first.controls]).toEqual(['dist', undefined]);
    mesh.web[0].endpoints['catalog-v1'] = [{ address: '10.0.2.1:15006', state: 'ejected' }];
    const told = await messages(port, authorization, ({ events }) => events.length > 0);
    expect(told.events[0].text).toBe('catalog-v1-a is ejected (a pod of shop/web says so)');
  });

  test('a mesh that can not be found is told', async () => {
    const { port, authorization } = await open({ source: { look: () => Promise.reject(new Error('no cluster')) } });
    expect((await messages(port, authorization, ({ problem }) => problem !== undefined)).problem).toBe('no cluster');
  });

  test('an action is performed, or refused in words', async () => {
    const { port, authorization } = await open({
      actions: { controls: () => ({ traffic: 0, zones: [], versions: [] }), perform: (action) => Promise.resolve(`did ${action.type}`) },
    });
    const act = (body: string) => ask(port, '/api/act', { authorization }, 'POST', body);
    expect(await act('{"type":"kill","pod":"a"}')).toMatchObject({ status: 200, body: '{"done":"did kill"}' });
    expect(await act('{"type":"kill"}')).toMatchObject({ status: 400, body: JSON.stringify({ problem: "'pod' must be a name, got undefined" }) });
    expect(await act(JSON.stringify({ type: 'kill', pod: 'x'.repeat(5_000) }))).toMatchObject({ status: 400 });
  });

  test('a page that only looks performs nothing', async () => {
    const { port, authorization } = await open();
    expect(await ask(port, '/api/act', { authorization }, 'POST', '{"type":"kill","pod":"a"}')).toMatchObject({ status: 403 });
  });

  test('a tap has the requests of the pods of one service, newest first', async () => {
    const { mesh, port, authorization } = await open();
    await messages(port, authorization, ({ snapshot }) => snapshot !== undefined);
    for (const [index, proxy] of mesh.catalog.entries()) {
      const get = proxy.get.bind(proxy);
      proxy.get = (path) => (path === '/requests' ? Promise.resolve(JSON.stringify({ requests: [{ id: `${index}`, time: `2026-01-0${index + 1}` }] })) : get(path));
    }
    const { requests } = JSON.parse((await ask(port, '/api/tap?service=shop%2Fcatalog', { authorization })).body);
    expect(requests.map(({ pod }: { pod: string }) => pod)).toEqual(['catalog-v2-a', 'catalog-v1-a']);
    expect(JSON.parse((await ask(port, '/api/tap?service=other', { authorization })).body)).toEqual({ requests: [] });
  });
});
